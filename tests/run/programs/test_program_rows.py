"""Programs of a matrix file are run with each of their gateways."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest

from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.server import SimulatedGateway
from harness.plan.build_plan import build_plan
from harness.plan.matrix.expect import Verdict
from harness.plan.matrix.load import load_matrix
from harness.plan.matrix.program_spec import ProgramSpec
from harness.plan.matrix.rows import Row
from harness.programs.program import Ran
from harness.results.program_results import ProgramSeen
from harness.run.programs import clock
from harness.run.programs.program_rows import Told, run_program_row
from harness.shared.errors import UsageError
from harness.shared.status import Finding, Status
from harness.wire.catalogue import catalogue
from harness.wire.codec import Codec
from harness.wire.framing import encode_frame
from harness.wire.message import Message, Value
from tests.run.programs.bots import needs_networks, write_bot

Run = Callable[..., ProgramSeen]

GATEWAYS = """
[[gateway]]
kind = "simulator"
product = "gateway"
version = "10.19"

[[gateway]]
kind = "simulator"
product = "gateway"
version = "10.30"
"""


@pytest.fixture(scope="module", autouse=True)
def networks_for_programs() -> None:
    needs_networks()


def _told_nothing(spec: ProgramSpec, ran: Ran) -> None:
    del spec, ran


@pytest.fixture(name="run")
def run_in_a_folder(tmp_path: Path) -> Run:
    def run(name: str, more: str = "", tell: Told = _told_nothing) -> ProgramSeen:
        bot = write_bot(tmp_path, name)
        command = json.dumps([sys.executable, bot.name])
        file = tmp_path / "m.toml"
        file.write_text(f'[[program]]\nname = "bot"\ncommand = {command}\n{more}\n{GATEWAYS}', encoding="utf-8")
        (spec,) = load_matrix(file).programs
        return asyncio.run(run_program_row(spec, tmp_path, tmp_path / "run", build=_no_build, tell=tell))

    return run


async def _no_build(rows: Sequence[Row]) -> None:
    raise AssertionError(rows)


TODAY, THEN = "bot/gateway-10.19-paper", "bot/gateway-10.30-paper"


def test_a_program_that_does_the_same_passes_and_leaves_what_it_wrote_and_asked(run: Run, tmp_path: Path) -> None:
    cells = run("asks", 'asks = "req_positions"\nsays = "done"').cells
    assert [(cell.today, cell.finding, cell.status) for cell in cells.values()] == [
        (True, Finding.SAME, Status.PASS),
        (False, Finding.SAME, Status.PASS),
    ]
    output, asked = (tmp_path / "run" / file for file in cells[THEN].artifacts)
    assert output.read_text("utf-8") == "done\n"
    assert [each["name"] for each in json.loads(asked.read_text("utf-8"))] == ["req_positions"]


def test_every_cell_keeps_what_the_program_was_and_none_if_it_was_edited_meanwhile(run: Run, tmp_path: Path) -> None:
    seen = run("asks")
    (one,) = {cell.itself for cell in seen.cells.values()}
    assert one is not None
    assert one.known
    assert {cell.itself for cell in run("asks").cells.values()} == {one}

    def edit(spec: ProgramSpec, ran: Ran) -> None:
        del spec, ran
        (tmp_path / "more.py").write_text("", "utf-8")

    edited = run("asks", tell=edit)
    assert {cell.itself for cell in edited.cells.values()} == {None}
    assert {any("edited" in each for each in cell.cautions) for cell in edited.cells.values()} == {True}
    assert not any(cell.cautions for cell in seen.cells.values())


def test_a_program_that_does_something_else_says_what_and_what_was_changed(run: Run) -> None:
    cell = run("asks_more_of_newer_ones").cells[THEN]
    assert (cell.finding, cell.status, cell.expected) == (Finding.DIFFERENT, Status.FAIL, Verdict.UNEXPECTED_FAIL)
    assert [each.where for each in cell.differences] == ["req_current_time"]
    assert cell.changed == ("gateway",)


@pytest.mark.parametrize("where", ['gateway = "*10.30*"', ""])
def test_a_known_difference_is_expected_of_all_but_todays(run: Run, where: str) -> None:
    expect = f'[[program.expect]]\n{where}\nfinding = "different"\nreason = "so it is"\n'
    cells = run("asks_more_of_newer_ones", f"{expect}since = 2026-11-01\nreview = 2027-01-01").cells
    assert (cells[THEN].expected, cells[THEN].rule, cells[TODAY].rule) == (Verdict.AS_EXPECTED, 1, None)
    assert (cells[THEN].because, cells[THEN].review) == ("so it is", date(2027, 1, 1))


def test_what_is_not_as_expected_today_tells_nothing(run: Run) -> None:
    cells = run("asks", 'says = "all is well"').cells
    assert {cell.finding for cell in cells.values()} == {Finding.FAILS}


def test_a_program_that_cannot_be_run_is_an_error_of_its_own(run: Run) -> None:
    cells = run("asks", 'gateways = "*"\nrequirements = "m.toml"').cells
    assert {cell.status for cell in cells.values()} == {Status.ERROR}
    assert "m.toml" in cells[TODAY].reason


def test_a_program_that_runs_on_is_ended_where_it_is_done(run: Run) -> None:
    cells = run("runs_on", 'ends = { says = "ready" }').cells
    assert {(cell.finding, cell.end[:8]) for cell in cells.values()} == {(Finding.SAME, "was done")}
    cells = run("runs_on", 'ends = { asked = "req_positions" }').cells
    assert {cell.finding for cell in cells.values()} == {Finding.SAME}


@pytest.mark.parametrize("ends", ['{ says = "done" }', '{ asked = "req_positions" }'])
def test_a_program_that_ends_by_itself_once_it_is_done_was_done(run: Run, ends: str) -> None:
    """Whether one looks before or after its end is chance."""
    cells = run("asks", f"ends = {ends}").cells
    assert {(cell.finding, cell.end[:8]) for cell in cells.values()} == {(Finding.SAME, "was done")}


@pytest.mark.parametrize("ends", ['{ says = "done at last" }', '{ asked = "req_executions" }'])
def test_a_program_that_ends_well_before_it_is_done_fails(run: Run, ends: str) -> None:
    cells = run("asks", f"ends = {ends}").cells
    assert {(cell.finding, cell.end) for cell in cells.values()} == {(Finding.FAILS, "exit code 0")}


def test_what_it_asks_just_before_it_is_done_is_compared(run: Run) -> None:
    cells = run("runs_on_after_it_asked_more_of_newer_ones", 'ends = { says = "ready" }').cells
    assert cells[THEN].finding is Finding.DIFFERENT
    assert cells[THEN].end[:8] == "was done"


def test_a_program_that_should_run_on_and_ends_fails(run: Run) -> None:
    cells = run("asks", "ends = { after = 5 }").cells
    assert {cell.finding for cell in cells.values()} == {Finding.FAILS}


DAY = """
says = "a farm breaks"

[[event]]
at = "+1s"
what = "farms-break"
farms = ["usfarm"]
lasts = "1h"
"""


def test_its_gateways_live_through_a_day(run: Run, tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text(DAY, encoding="utf-8")
    cells = run("waits_for_a_broken_farm", 'day = "broken.toml"\nsays = "broken"').cells
    assert {cell.finding for cell in cells.values()} == {Finding.SAME}
    cells = run("asks", 'day = "no-such-day"').cells
    assert {cell.status for cell in cells.values()} == {Status.ERROR}
    assert "no-such-day" in cells[TODAY].reason


def test_files_tell_it_where_its_gateway_is(run: Run, tmp_path: Path) -> None:
    (tmp_path / "where.in").write_text("{host} {port}", encoding="utf-8")
    assert run("reads_a_file", 'files = { "in/where" = "where.in" }').cells[THEN].finding is Finding.SAME
    assert not (tmp_path / "in").exists()


def test_it_is_told_the_account_that_it_finds(run: Run, tmp_path: Path) -> None:
    (tmp_path / "account.in").write_text("{account}", encoding="utf-8")
    told = 'environment = { ACCOUNT = "{account}" }\nfiles = { account = "account.in" }'
    assert run("tells_its_account", f'{told}\nsays = "DU9000001 DU9000001"').cells[THEN].finding is Finding.SAME


def test_it_sees_the_moment_of_its_gateway_and_nothing_is_left_of_that(run: Run, tmp_path: Path) -> None:
    try:
        clock.moved_clock(0)
    except UsageError as problem:
        pytest.skip(str(problem))
    moment = 'at = 2026-11-27T10:00:00-05:00\nclock = "gateway"\nends = { exit = [-9] }'
    cell = run("tells_its_day", moment).cells[THEN]
    assert cell.finding is Finding.SAME
    said = (tmp_path / "run" / cell.artifacts[0]).read_text("utf-8")
    day, process, lasts = said[:16], *said[16:].split()
    assert (day, lasts) == ("27 November 2026", "True")
    assert not list(clock.SHARED.glob(f"*faketime*_{process}"))


@pytest.mark.parametrize(("there", "why"), [((), "not installed"), ((Path("nonsense.so"),), "cannot sleep")])
def test_a_program_whose_clock_cannot_be_moved_is_an_error_of_its_own(
    run: Run, monkeypatch: pytest.MonkeyPatch, there: tuple[Path, ...], why: str
) -> None:
    monkeypatch.setattr(clock, "found_libraries", lambda: there)
    monkeypatch.setattr(clock, "_SLEEPS", "import sys; sys.exit(1)")
    cell = run("asks", 'at = 2026-11-27T10:00:00-05:00\nclock = "gateway"').cells[THEN]
    assert (cell.status, why in cell.reason) == (Status.ERROR, True)


def test_what_never_shows_that_it_is_done_fails(run: Run) -> None:
    cells = run("runs_on", 'ends = { says = "finished" }\nseconds = 2').cells
    assert {cell.finding for cell in cells.values()} == {Finding.FAILS}


ELSEWHERE = """
[[gateway]]
kind = "address"
product = "gateway"
version = "10.30"
port = {port}
name = "mine"
account = "{account}"
"""


@pytest.fixture(name="run_at")
def run_at_an_address(tmp_path: Path) -> Run:
    """Run a bot at a simulated gateway that counts as somebody's own, and at one of ours."""

    def run_at(
        name: str, *, mode: str = "paper", account: str = "DU*", orders: bool = False, more: str = ""
    ) -> ProgramSeen:
        bot = write_bot(tmp_path, name)
        table = f'[[program]]\nname = "bot"\ncommand = {json.dumps([sys.executable, bot.name])}\ngateways = "*"\n{more}'

        async def ran() -> ProgramSeen:
            async with SimulatedGateway(find("10.30"), mode=mode) as gateway:
                text = table + ELSEWHERE.format(port=gateway.port, account=account) + GATEWAYS
                file = tmp_path / "m.toml"
                file.write_text(text, encoding="utf-8")
                (spec,) = build_plan(load_matrix(file), orders=orders).programs
                return await run_program_row(spec, tmp_path, tmp_path / "run", build=_no_build, tell=lambda *_: None)

        return asyncio.run(ran())

    return run_at


def test_a_gateway_of_one_s_own_is_not_compared_with_a_simulated_one(run_at: Run) -> None:
    cells = run_at("asks").cells
    assert [(name, cell.today) for name, cell in cells.items()] == [("bot/mine", True), (TODAY, True), (THEN, False)]
    assert {cell.finding for cell in cells.values()} == {Finding.SAME}


@pytest.mark.parametrize(("account", "known"), [("DU9000001", True), ("DU*", False)])
def test_at_a_gateway_of_one_s_own_the_account_is_known_if_it_was_named(
    run_at: Run, tmp_path: Path, *, account: str, known: bool
) -> None:
    (tmp_path / "account.in").write_text("{account}", encoding="utf-8")
    told = 'environment = { ACCOUNT = "{account}" }\nfiles = { account = "account.in" }\n'
    cell = run_at("tells_its_account", account=account, more=told).cells["bot/mine"]
    assert (cell.finding is Finding.SAME, "{account}" in cell.reason) == (known, not known)


@pytest.mark.parametrize(("mode", "account"), [("live", "*"), ("paper", "DF*")])
def test_a_live_account_or_another_one_is_kept_from_a_program(run_at: Run, mode: str, account: str) -> None:
    cells = run_at("asks", mode=mode, account=account).cells
    assert [cells[name].status for name in ("bot/mine", THEN)] == [Status.ERROR, Status.PASS]
    assert "account" in cells["bot/mine"].reason


def write_orders(folder: Path) -> None:
    """Write an order as a bot sends it, for each version."""
    values: dict[str, Value] = {
        "order_id": 900,
        "symbol": "AAPL",
        "sec_type": "STK",
        "exchange": "SMART",
        "currency": "USD",
        "action": "BUY",
        "total_quantity": "1",
        "order_type": "LMT",
        "limit_price": 1.0,
        "transmit": True,
    }
    order = Message("place_order", catalogue().by_name["place_order"].complete(values))
    for version in (find(name).server_version for name in ("10.19", "10.30")):
        spoken = min(version, 187)
        (folder / f"order-{spoken}").write_text(encode_frame(Codec(spoken).encode(order)).hex(), encoding="utf-8")


@pytest.mark.parametrize(("orders", "outcome"), [(False, "refused"), (True, "answered")])
def test_orders_reach_a_gateway_that_is_not_ours_only_if_asked_for(
    tmp_path: Path, run_at: Run, *, orders: bool, outcome: str
) -> None:
    write_orders(tmp_path)
    cells = run_at("places_an_order", orders=orders).cells
    assert [each.outcome for each in cells["bot/mine"].requests if each.name == "place_order"] == [outcome]
    assert [each.outcome for each in cells[THEN].requests if each.name == "place_order"] == ["answered"]


def test_a_gateway_that_is_not_there_costs_only_its_own_cells(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    more = f'gateways = "*"\n{ELSEWHERE.format(port=port, account="*")}'
    cells = run("asks", more).cells
    assert [cells[name].status for name in ("bot/mine", THEN)] == [Status.ERROR, Status.PASS]
