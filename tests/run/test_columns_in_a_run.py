"""Columns in a run: what goes wrong with one gateway stays with its cells."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.shared.status import Status
from tests.gateways.simulator.test_standalone import simulating
from tests.run.fakes import HOST, OBEDIENT, SIMULATED, TWO_GATEWAYS, WRONG, FakeRuns


@contextmanager
def _another_gateway() -> Iterator[tuple[int, int]]:
    """A simulated gateway in a process of its own, as a real one is: its process id and its port."""
    with simulating("--gateway", "10.45", "--port", "0", "--quiet") as (process, _, port):
        yield process.pid, port


def test_a_gateway_that_cannot_start_is_its_cells_error_while_the_others_run(runs: FakeRuns) -> None:
    runs.build()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        more = f'[[gateway]]\nproduct = "tws"\nversion = "10.37"\nkind = "simulator"\nport = {port}\n'
        seen = runs.run(gateways=f"{SIMULATED}{more}")
    lost = seen.cells[f"ib_async==1/py{HOST}/tws-10.37-paper"]
    assert str(lost.worker_error).startswith(f"gateway tws-10.37-paper: tws-10.37 cannot listen on 127.0.0.1:{port}")
    assert {check.name for check in lost.checks} - {"import"} == {"install"}  # the import is known where it is shared
    assert seen.gateways["tws-10.37-paper"].error
    assert seen.cells[f"ib_async==1/py{HOST}/gateway-10.45-paper"].exit_code == 0
    assert [note[:40] for note in seen.recorder.notes] == ["tws-10.37-paper could not be started: tw"]


def test_a_gateways_and_the_plans_concurrency_are_never_exceeded(runs: FakeRuns) -> None:
    versions = [str(number) for number in range(8)]
    for version in versions:
        runs.build(version)
    gateways = TWO_GATEWAYS.replace('kind = "simulator"', 'kind = "simulator"\nconcurrency = 3')
    seen = runs.run(versions=versions, gateways=gateways)
    assert len(seen.cells) == 16
    assert max(seen.recorder.most[name] for name in seen.gateways) == 3
    assert runs.run(versions=versions, gateways=gateways, concurrency=2).recorder.most["all"] == 2


ADDRESS = """
[[gateway]]
product = "gateway"
version = "10.45"
kind = "address"
port = {port}
{more}
"""


@pytest.mark.slow
def test_a_delicate_gateway_is_probed_after_a_cell_that_went_wrong_and_passed_over_when_it_is_wedged(
    runs: FakeRuns,
) -> None:
    """The first cell takes the gateway down: it is a simulator of another process, which the cell kills."""
    for version in ("1", "2", "3"):
        runs.build(version)
    port_file = runs.folder / "port"
    wedges = f"""
ready()
job = hear()["run"]
os.kill(int(open({str(port_file)!r}).read()), 9)
write(job, check("tcp", "fail", reason="it fell over"))
done(job, 1)
"""
    with _another_gateway() as (pid, port):
        port_file.write_text(str(pid), encoding="utf-8")
        gateways = ADDRESS.format(port=port, more="")
        seen = runs.run(wedges, versions=("1", "2", "3"), gateways=gateways, isolation="fresh")
    first, *rest = seen.outcome.outcomes
    assert [check.status for check in first.checks] == [Status.PASS, Status.PASS, Status.FAIL]
    assert len(rest) == 2
    for cell in rest:
        assert str(cell.skipped).startswith(f"the gateway no longer answers the reference client since {first.cell}: ")
    assert [probe.when for probe in seen.outcome.gateways[0].probes] == ["before", "between", "between", "after"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "probes"),
    [
        (OBEDIENT, ["before", "between", "after"]),
        ("ready()\njob = hear()['run']\ntime.sleep(600)", ["before", "between", "after"]),
        ("ready()\nhear()\nsys.exit(1)", ["before", "between", "after"]),
        ("sys.exit(1)", ["before", "after"]),
        ("ready(**{'import': {'name': 'import', 'status': 'fail'}})\nhear()", ["before", "after"]),
    ],
    ids=["passes", "killed", "dies", "does not start", "no import"],
)
def test_a_delicate_gateway_is_probed_after_every_cell_that_came_as_far_as_it(
    runs: FakeRuns, script: str, probes: list[str]
) -> None:
    runs.build()
    with _another_gateway() as (_, port):
        seen = runs.run(
            script,
            gateways=ADDRESS.format(port=port, more=""),
            isolation="fresh",
            defaults="cell_deadline = 0.5",
        )
    assert [probe.when for probe in seen.outcome.gateways[0].probes] == probes


@pytest.mark.slow
def test_a_gateway_that_shows_another_account_is_not_asked(runs: FakeRuns) -> None:
    runs.build()
    with _another_gateway() as (_, port):
        seen = runs.run(gateways=ADDRESS.format(port=port, more='account = "DF*"'))
    assert "an account that is not DF*" in str(seen.only.skipped)
    assert seen.recorder.notes == [f"gateway-10.45-paper is skipped: {seen.only.skipped}"]


@pytest.mark.slow
def test_where_the_gateway_is_not_ours_nothing_is_compared(runs: FakeRuns) -> None:
    runs.build()
    with _another_gateway() as (_, port):
        gateways = SIMULATED.replace('"simulator"', f'"address"\nport = {port}')
        seen = runs.run(WRONG, gateways=gateways, isolation="fresh")
    assert {check.status for check in seen.only.checks} == {Status.PASS}
