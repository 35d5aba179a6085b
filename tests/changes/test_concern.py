"""Which changes concern a program."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from harness.changes.change import SIGNATURES, Change, Group
from harness.changes.code_names import Place
from harness.changes.concern import concerns
from tests.commands import environment, ib_compat
from tests.rows import VARIABLE, need_row

PUBLIC = frozenset({"IB", "whatIfOrder", "whatIfOrderAsync", "placeOrder", "orderStatus", "connect", "openTrades"})
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
    ],
)
def test_a_change_concerns_who_uses_what_it_is_about(found: Change, uses: set[str], *, concerned: bool | None) -> None:
    """``None``: perhaps."""
    used = {name: (Place(Path("bot.py"), 1),) for name in uses}
    told = list(concerns([found], used, PUBLIC, lambda name: SITUATIONS.get(name, frozenset())))
    assert [each.perhaps for each in told] == ([] if concerned is False else [concerned is None])


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
