"""Glyphs and colour only where they can be shown."""

from __future__ import annotations

import io

import pytest

from harness.plan.matrix.expect import Verdict
from harness.shared.amounts import counted
from harness.shared.status import Status
from harness.views.terminal.style import MEANINGS, Style, cut, paragraph, style_of


class Terminal(io.TextIOWrapper):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def stream(encoding: str, *, terminal: bool) -> io.TextIOWrapper:
    return (Terminal if terminal else io.TextIOWrapper)(io.BytesIO(), encoding=encoding)


@pytest.mark.parametrize(
    ("terminal", "environ", "colour"),
    [
        (True, {}, True),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
        (False, {}, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(*, terminal: bool, environ: dict[str, str], colour: bool) -> None:
    assert style_of(stream("utf-8", terminal=terminal), environ).colour is colour


@pytest.mark.parametrize(
    ("encoding", "unicode"), [("utf-8", True), ("ascii", False), ("cp1252", False), ("cp437", False)]
)
def test_glyphs_are_for_encodings_that_have_them(encoding: str, *, unicode: bool) -> None:
    style = style_of(stream(encoding, terminal=False), {})

    assert style.unicode is unicode
    for status in Status:
        style.glyph(status).encode(encoding)
    style.plain("≤ 223 … ✓ Ω").encode(encoding)


@pytest.mark.parametrize("unicode", [True, False])
def test_every_status_has_a_glyph_of_its_own_and_a_meaning(*, unicode: bool) -> None:
    style = Style(unicode=unicode)

    assert len({style.glyph(status) for status in Status}) == len(Status)
    assert all(len(style.glyph(status)) == 1 for status in Status)
    assert set(MEANINGS) == set(Status)


@pytest.mark.parametrize(
    ("status", "verdict", "mark"),
    [
        (Status.PASS, Verdict.AS_EXPECTED, "✓"),
        (Status.PASS, Verdict.UNEXPECTED_PASS, "✓*"),
        (Status.FAIL, Verdict.UNEXPECTED_FAIL, "✗"),
        (Status.FAIL, Verdict.AS_EXPECTED, "(✗)"),
        (Status.SKIPPED, Verdict.AS_EXPECTED, "·"),
    ],
)
def test_expected_reds_look_different(status: Status, verdict: Verdict, mark: str) -> None:
    assert Style().mark(status, verdict) == mark


def test_a_line_is_cut_by_the_columns_that_it_takes() -> None:
    assert cut("注文は拒否されました", 20) == "注文は拒否されました"
    assert cut("注文は拒否されました", 19) == "注文は拒否されまし…"
    assert cut("rejected", 8) == "rejected"
    assert cut("rejected", 7) == "reject…"


@pytest.mark.parametrize(("number", "words"), [(0, "0 cells"), (1, "1 cell"), (2, "2 cells")])
def test_only_one_is_singular(number: int, words: str) -> None:
    assert counted(number, "cell") == words


def test_what_is_wrapped_can_be_copied() -> None:
    address = "https://example.org/a-path-that-is-longer-than-the-line"

    lines = paragraph(f"see\x1b {address} for more", 24, indent=2)

    assert lines == ["  see\ufffd", f"    {address}", "    for more"]
