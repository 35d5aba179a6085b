"""Which changes concern a program."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from harness.changes.change import SIGNATURES, Change, Group
from harness.changes.code_reading import Place
from harness.changes.concern import concerns, names_of_situation
from harness.changes.signatures import public_names
from tests.commands import environment, ib_compat
from tests.rows import VARIABLE, need_row

PUBLIC = frozenset(
    {"IB", "whatIfOrder", "whatIfOrderAsync", "placeOrder", "orderStatus", "connect", "openTrades", "status", "bid"}
)
SITUATIONS = {"refused": frozenset({"placeOrder", "orderStatus", "openTrades"}), "greeks": frozenset("abcd")}


def change(what: str, *situations: str) -> Change:
    return Change(group=Group.VALUE, what=what, before="1", after="2", situations=situations or ("refused",))


@pytest.mark.parametrize(
    ("found", "uses", "concerned"),
    [
        pytest.param(change("whatIfOrder() that is refused"), {"whatIfOrder"}, True, id="its words have the name"),
        pytest.param(change("whatIfOrderAsync()"), {"whatIfOrder"}, True, id="awaited"),
        pytest.param(change("whatIfOrder() that is refused"), {"placeOrder"}, False, id="another name"),
        pytest.param(change("IB().whatIfOrder()"), {"IB"}, False, id="everybody has an IB"),
        pytest.param(change("ib.connect() in a thread"), {"connect"}, True, id="one word"),
        pytest.param(change("the state"), {"placeOrder"}, None, id="its situation has the name"),
        pytest.param(change("the state", "greeks", "refused"), {"placeOrder"}, None, id="the second has it"),
        pytest.param(change("the state"), {"whatIfOrder"}, False, id="its situation has not"),
        pytest.param(change("the state", "greeks"), {"a"}, False, id="too little of it"),
        pytest.param(change("the state", SIGNATURES), {"placeOrder"}, False, id="no situation"),
        pytest.param(change("status of the order"), {"placeOrder"}, None, id="a word of English that is a name, too"),
        pytest.param(change("status of the order"), {"status"}, False, id="likewise, and nothing of the situation"),
        pytest.param(change("orderStatus.status"), {"status"}, True, id="written as code"),
        pytest.param(change("connect() after whatIfOrder()"), {"whatIfOrder"}, False, id="it is about the first"),
        pytest.param(change("IB.connect.__init__: gone", SIGNATURES), {"connect"}, True, id="of a signature"),
    ],
)
def test_a_change_concerns_who_uses_what_it_is_about(found: Change, uses: set[str], *, concerned: bool | None) -> None:
    """``None``: perhaps."""
    used = {name: (Place(Path("bot.py"), 1),) for name in uses}
    told = list(concerns([found], used, {}, PUBLIC, lambda name: SITUATIONS.get(name, frozenset())))
    assert [each.perhaps for each in told] == ([] if concerned is False else [concerned is None])


def test_a_situation_has_the_names_of_the_script_for_the_library_alone() -> None:
    names = names_of_situation("smart_components", ibapi=False)
    assert "reqSmartComponentsAsync" in names
    assert "reqFamilyCodes" not in names
    names = names_of_situation("smart_components", ibapi=True)
    assert "reqSmartComponentsAsync" not in names
    assert "reqFamilyCodes" in names


def test_what_follows_something_of_unknown_origin_perhaps_concerns() -> None:
    places = {"bid": (Place(Path("bot.py"), 1),)}
    (told,) = concerns([change("ticker.bid")], {}, places, PUBLIC, lambda _: frozenset())
    assert told.perhaps
    assert told.words == "your code perhaps: bid (bot.py:1)"


def test_events_are_public_names(tmp_path: Path) -> None:
    """Objects get them when they are made, so the source has only this list of them."""
    (tmp_path / "a_library.py").write_text(
        "class Trade:\n    events = ('statusEvent', 'fillEvent')\n", encoding="utf-8"
    )
    assert public_names(tmp_path, "a_library") == {"Trade", "events", "statusEvent", "fillEvent"}


@pytest.mark.slow
@pytest.mark.parametrize(("uses", "code"), [("qualifyContracts", 1), ("reqNewsBulletins", 0)])
def test_only_what_concerns_the_code_is_told(uses: str, code: int, tmp_path: Path) -> None:
    need_row("ib_async==1.0.3")
    need_row("ib_async==2.1.0")
    (tmp_path / "bot.py").write_text(f"from ib_async import IB\nIB().{uses}()\n", encoding="utf-8")
    both = ["ib_async==1.0.3", "ib_async==2.1.0", "--situation", "unknown_symbol_is_qualified"]
    words = [*both, "--code", str(tmp_path), "--environments", os.environ[VARIABLE]]
    command = ib_compat("changes", *words)
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert ("bot.py:2" in done.stdout) is bool(code)


def test_an_overridden_callback_of_ibapi_is_a_use_of_it_whatever_its_package_is_called(tmp_path: Path) -> None:
    both = ["nautilus-ibapi==10.30.1", "ibapi-latest==10.51.1"]
    for library in both:
        need_row(library)
    source = "from ibapi.wrapper import EWrapper\nclass App(EWrapper):\n    def error(self, *said): print(said)\n"
    (tmp_path / "bot.py").write_text(source, encoding="utf-8")
    words = [*both, "--situation", "signatures", "--code", str(tmp_path), "--environments", os.environ[VARIABLE]]
    done = subprocess.run(ib_compat("changes", *words), env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "bot.py:3" in done.stdout
    assert "reqGlobalCancel" not in done.stdout
