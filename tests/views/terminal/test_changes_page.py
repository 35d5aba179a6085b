"""What ``ib-compat changes`` says of the two versions themselves."""

from __future__ import annotations

import io
from dataclasses import replace

from harness.changes.change import Change, Changes, Group
from harness.situations.situation import About, Situation
from harness.views.terminal.changes_page import changes_document, draw_changes, markdown_of
from harness.views.terminal.style import style_of

ALIKE = Changes(
    before="ib_async==1.0.3",
    after="ib_async==2.1.0",
    pythons=("3.11", "3.11"),
    gateways=("gateway-10.45", "gateway-10.45"),
    played=(),
    changes=(),
)
APART = replace(ALIKE, packages=(("eventkit 1.0.3",), ("aeventkit 2.1.0", "tzdata 2025.3")))


def test_what_only_one_of_both_has_installed_is_said_since_a_change_may_be_its() -> None:
    said = "Not installed with both: 1.0.3 has eventkit 1.0.3, 2.1.0 has aeventkit 2.1.0 and tzdata 2025.3."
    assert said in markdown_of(APART)
    assert said in draw_changes(APART, width=200, style=style_of(io.StringIO()))
    assert changes_document(APART)["after"]["packages"] == ["aeventkit 2.1.0", "tzdata 2025.3"]


def test_of_what_both_have_nothing_is_said() -> None:
    assert "nstalled" not in markdown_of(ALIKE)
    text = draw_changes(ALIKE, width=200, style=style_of(io.StringIO()))
    assert text.splitlines()[-1] == "0 situations: 0 changes, 0 with changes, 0 alike."


def test_a_situation_whose_changes_do_not_concern_the_code_is_not_called_alike() -> None:
    told, other = (
        Change(group=Group.VALUE, what=name, before="1", after="2", situations=(name,))
        for name in ("news", "disconnect")
    )
    played = tuple(Situation(about=About.MARKET, name=name) for name in ("news", "disconnect", "scanner"))
    text = markdown_of(replace(ALIKE, played=played, changes=(told,), of_no_concern=(other,)))
    said = "3 situations: 2 changes, 2 with changes, 1 alike. Only what concerns your code is told: 1 change."
    assert said in text.replace("\n", " ")
    assert "- news" in text
    assert "- disconnect" not in text
