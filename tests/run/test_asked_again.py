"""Cells that others at the gateway, or our own lateness, made red: each is asked again, alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnose.cell_verdict import LATE
from harness.diagnose.control.attention import TICK, Attention
from harness.plan.build_plan import build_plan
from harness.plan.matrix.load import load_matrix
from harness.results.judge import Judgement, judge
from harness.run import cell_asking as asking
from harness.run.again import AT_ONCE, Again, may_be_of_others, unexpectedly_red
from harness.run.tap.end import End
from harness.run.tap.link import Link
from harness.run.tap.recorder import Clocks, now_by_both_clocks
from harness.shared.evidence import CellOutcome, CheckRecord, WireFacts
from harness.shared.status import Fault, Status
from harness.wire.message import Sender
from tests.limits import PATIENCE
from tests.run.test_real_rows import Rows, rows  # noqa: F401 - a fixture
from tests.virtual import run_virtually

if TYPE_CHECKING:
    from tests.conftest import Maker
    from tests.run.fakes import Seen

pytestmark = pytest.mark.slow

FEW = """
[[gateway]]
name = "few"
product = "gateway"
version = "10.45"
kind = "simulator"
scenario = "few-clients"
"""

OLDER = """
[[gateway]]
name = "older"
product = "gateway"
version = "10.45"
kind = "simulator"
scenario = "answers-older-clients"

[[gateway]]
name = "old"
product = "gateway"
version = "10.45"
kind = "simulator"
scenario = "old-version"
"""


def judged(rows: Rows, seen: Seen) -> dict[str, Judgement]:  # noqa: F811
    plan = build_plan(load_matrix(rows.folder / "matrix.toml"))
    return {cell.id: judge(cell, seen.cells[cell.id], seen.gateways[cell.gateway.name]) for cell in plan.cells}


def red(check: str, status: Status = Status.FAIL, **more: Any) -> CellOutcome:
    return replace(CellOutcome(cell="a/b/c", checks=(CheckRecord(name=check, status=status),)), **more)


def test_what_others_at_a_gateway_may_have_done() -> None:
    assert may_be_of_others(red("version"))
    assert may_be_of_others(red("second_client"))
    assert may_be_of_others(red("positions", wire=WireFacts(ended_by_gateway=True)))
    assert not may_be_of_others(red("positions", Status.TIMEOUT, wire=WireFacts()))
    assert not may_be_of_others(red("second_client", Status.UNSUPPORTED))


def test_a_red_that_the_matrix_file_expects_is_not_asked_again(make: Maker) -> None:
    rule = """
[[expect]]
library = "ib_async"
check = "positions"
status = "fail"
reason = "known"
link = "https://example.org/"
since = 2020-01-01
review = 2099-01-01
"""
    (cell,), (expected,) = make.plan().cells, make.plan(rule).cells
    failed = make.outcome(cell, checks=make.checks(cell, positions=CheckRecord(name="positions", status=Status.FAIL)))

    assert unexpectedly_red(cell, failed)
    assert not unexpectedly_red(expected, failed)
    assert unexpectedly_red(expected, replace(failed, killed=True))
    assert not unexpectedly_red(cell, make.outcome(cell))


def test_cells_are_asked_again_one_by_one_when_all_others_are_over() -> None:
    async def two() -> list[str]:
        again, told, inside = Again(2), list[str](), asyncio.Event()

        async def one(name: str) -> None:
            async with again.alone("gateway") as there_is_time:
                assert there_is_time
                told.append(f"{name} in")
                inside.set()
                await asyncio.sleep(0)
                told.append(f"{name} out")

        again.one_over()
        asking = [asyncio.create_task(one(name)) for name in "ab"]
        await asyncio.sleep(0)
        assert not inside.is_set(), "one is still asked for the first time"
        again.one_over()
        await asyncio.gather(*asking)
        return told

    assert asyncio.run(two()) == ["a in", "a out", "b in", "b out"]


def test_cells_of_other_gateways_are_asked_again_beside_them() -> None:
    async def together() -> int:
        again, places = Again(0), asyncio.Barrier(AT_ONCE)

        async def one(gateway: str) -> None:
            async with again.alone(gateway):
                await places.wait()

        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(one(f"gateway {number}") for number in range(2 * AT_ONCE)))
        return places.n_waiting

    assert asyncio.run(together()) == 0


def test_where_there_is_no_time_to_ask_again_nobody_is_blamed_for_what_others_may_have_done(
    rows: Rows,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("harness.run.again.SECONDS", 0.0)
    seen = rows.run(FEW, 'checks = ["current_time", "second_client"]\nconnect_timeout = 10.0')
    codes = {each.diagnosis.code for each in judged(rows, seen).values() if each.diagnosis is not None}
    assert "others-were-there" in codes
    assert codes <= {"others-were-there", "gateway-ends-further-connections"}


def test_a_cell_that_is_asked_again_finds_the_account_as_it_was_before_its_first_orders(
    rows: Rows,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("harness.run.row.LATE", -1.0)
    monkeypatch.setattr("harness.run.row.unexpectedly_red", lambda *_: True)
    ordinary = FEW.replace('scenario = "few-clients"\n', "")
    seen = rows.run(ordinary, 'checks = ["positions", "fills", "order_id_after_reconnect"]\norders = true')
    assert seen.cells
    for cell in seen.cells.values():
        assert {check.name: check.status for check in cell.checks}["positions"] is Status.PASS


def test_asking_again_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    async def later() -> list[bool]:
        again, told = Again(0), list[bool]()
        for _ in range(2):
            async with again.alone("gateway") as there_is_time:
                told.append(there_is_time)
        return told

    assert asyncio.run(later()) == [True, True]
    monkeypatch.setattr("harness.run.again.SECONDS", 0.0)
    assert asyncio.run(later()) == [False, False]


def test_a_loop_that_is_held_up_turns_late() -> None:
    async def held_up() -> list[float]:
        async with Attention() as attention:
            await asyncio.sleep(TICK)
            began = attention.moment()
            asyncio.get_running_loop().call_soon(held_up_for, 2 * LATE)
            await asyncio.sleep(0)
            at_once = attention.latest(began)
            await asyncio.sleep(2 * TICK)
            return [at_once, attention.latest(began), attention.latest(attention.moment()), attention.lag]

    def held_up_for(seconds: float) -> None:
        asyncio.get_running_loop().passed(seconds)  # type: ignore[attr-defined]

    at_once, kept, after, lag = run_virtually(held_up())
    assert at_once >= 2 * LATE - TICK  # before the loop got to tell itself
    assert kept >= 2 * LATE - TICK
    assert after == 0.0
    assert lag >= LATE


@pytest.mark.parametrize("status", [Status.TIMEOUT, Status.FAIL])
def test_what_was_seen_while_we_were_late_is_nobodys_fault_but_ours(make: Maker, status: Status) -> None:
    (cell,) = make.plan().cells
    slow = CheckRecord(name="positions", status=status, reason="no answer within 5 s")
    wire = WireFacts(hello=True, reply=True, reply_pieces=1, started=True, accounts=True, next_valid_id=True)
    outcome = make.outcome(cell, checks=make.checks(cell, positions=slow), exit_code=1, wire=wire)

    assert judge(cell, outcome, make.gateway()).fault is Fault.LIBRARY
    assert judge(cell, replace(outcome, late=LATE), make.gateway()).fault is Fault.HARNESS


def test_a_gateway_that_takes_one_client_is_at_fault_for_what_the_second_meets(
    rows: Rows,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where our process waited: between two readings of the clock, or before it read what a client had said.

    The gateway ends the connection at once, so that a client may know of it, and its check be over, before the tap has
    its hello.
    """

    def apart() -> Clocks:
        steady, now = now_by_both_clocks()
        return steady, now + timedelta(seconds=0.5)

    read_on = End.read_on

    def late(end: End) -> None:
        if isinstance(end._owner, Link) and end._owner._who(end) is Sender.CLIENT:
            asyncio.get_running_loop().call_later(0.3, read_on, end)
        else:
            read_on(end)

    monkeypatch.setattr(asking, "now_by_both_clocks", apart)
    monkeypatch.setattr(End, "read_on", late)
    seen = rows.run(FEW, 'checks = ["current_time", "second_client"]\nconnect_timeout = 10.0')

    reds = [each for each in judged(rows, seen).values() if each.diagnosis is not None]
    told = {(each.stage, each.diagnosis and each.diagnosis.code, each.fault) for each in reds}
    assert told == {("second_client", "gateway-ends-further-connections", Fault.GATEWAY)}, [
        (each.reason, seen.cells[name].wire) for name, each in judged(rows, seen).items()
    ]


def test_no_library_is_blamed_for_a_gateway_of_another_age(rows: Rows) -> None:  # noqa: F811
    seen = rows.run(OLDER, 'checks = ["current_time"]\nconnect_timeout = 10.0')

    told = judged(rows, seen)
    older = {each.status for cell, each in told.items() if cell.endswith("/older")}
    old = {each.fault for cell, each in told.items() if cell.endswith("/old")} - {None}
    assert Status.ERROR not in older
    assert old <= {Fault.GATEWAY}
    assert old
