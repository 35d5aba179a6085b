"""Gateways that are brought up for the run: one at a time where they share a login, each once, all rows against it."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from harness.gateways import kinds
from harness.gateways.kinds import simulated
from harness.gateways.opened import BootError, OpenGateway, Opening
from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.plan.matrix.rows import Row
from harness.plan.plan_model import Plan
from harness.run.scheduler import Build, Told
from harness.shared.errors import GatewayError, UsageError
from harness.shared.evidence import BootRecord, What
from tests.run.fakes import HOST, SIMULATED, FakeRuns, Seen, plan_of, run_plan

LOGINS = {"a1": "A", "a2": "A", "a3": "A", "b": "B"}
Kind = Callable[[GatewaySpec, Opening], AbstractAsyncContextManager[OpenGateway]]


@dataclass
class Engine:
    """Brings up simulated gateways as if each took its time, and knows who was up beside whom."""

    up: set[str] = field(default_factory=set)
    boots: list[str] = field(default_factory=list)
    beside: dict[str, set[str]] = field(default_factory=dict)
    broken: str = ""
    ends: BootRecord | None = None
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def open(self, spec: GatewaySpec, opening: Opening) -> AsyncIterator[OpenGateway]:
        self.boots.append(spec.name)
        self.up.add(spec.name)
        for name in self.up:
            self.beside.setdefault(name, set()).update(self.up - {name})
        opening.progress("starts", None)
        try:
            if spec.name == self.broken:
                record = BootRecord(image="an-image:1", failure="login-refused")
                raise BootError("wrong password", record=record, artifacts=("gateways/a2/container.log",))
            async with simulated(spec, opening) as gateway:
                self.opened.set()
                yield replace(gateway, delicate=True, boot=BootRecord(image="an-image:1"), again=self._again)
        finally:
            self.up.remove(spec.name)

    async def _again(self) -> BootRecord:
        return self.ends or BootRecord(image="an-image:1")


def booted(plan: Plan, logins: dict[str, str | None]) -> Plan:
    """The plan with a gateway for each name that is brought up for the run."""
    (first,) = plan.gateways
    specs = {
        name: replace(first, name=name, kind="docker", credential=login, concurrency=1)
        for name, login in logins.items()
    }
    return replace(
        plan,
        cells=tuple(
            replace(cell, id=f"{cell.row.id}/{name}", gateway=spec)
            for name, spec in specs.items()
            for cell in plan.cells
        ),
    )


def run_with(
    runs: FakeRuns,
    monkeypatch: pytest.MonkeyPatch,
    engine: Engine,
    logins: dict[str, str | None],
    *,
    build: Build | None = None,
    **changes: int,
) -> Seen:
    monkeypatch.setitem(kinds._KINDS, "docker", engine.open)
    runs.run(versions=("1", "2"))  # puts the fake worker in place
    plan = booted(plan_of(runs.folder, versions=("1", "2"), gateways=SIMULATED), logins)
    return run_plan(replace(plan, **changes), runs.environments, runs.folder, build)  # type: ignore[arg-type]


@pytest.fixture
def built(runs: FakeRuns) -> FakeRuns:
    for version in ("1", "2"):
        runs.build(version)
    return runs


@pytest.mark.slow
def test_those_that_share_a_login_are_never_up_together_and_each_is_booted_once(
    built: FakeRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine()
    seen = run_with(built, monkeypatch, engine, dict(LOGINS))
    assert sorted(engine.boots) == ["a1", "a2", "a3", "b"]
    assert not any(engine.beside[name] & {"a1", "a2", "a3"} for name in ("a1", "a2", "a3"))
    assert "a1" in engine.beside["b"]  # the independent one did not wait
    assert len(seen.cells) == 8
    assert {cell.exit_code for cell in seen.cells.values()} == {0}
    assert not engine.up


@pytest.mark.slow
def test_each_is_met_before_its_first_cell_between_and_after_its_last(
    built: FakeRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = run_with(built, monkeypatch, Engine(), dict(LOGINS))
    for gateway in seen.gateways.values():
        assert [probe.when for probe in gateway.probes] == ["before", "between", "between", "after"]
        assert gateway.boot == BootRecord(image="an-image:1")


@pytest.mark.slow
def test_the_timeline_says_who_waited_for_what(built: FakeRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = run_with(built, monkeypatch, Engine(), dict(LOGINS))
    steps = [What.BOOTS, What.ASKED, What.STOPS, What.GONE]
    told = {name: [each.what for each in seen.outcome.timeline if each.gateway == name] for name in LOGINS}
    assert told == {"a1": steps, "a2": [What.WAITS, *steps], "a3": [What.WAITS, *steps], "b": steps}
    waits = [each.why for each in seen.outcome.timeline if each.what is What.WAITS]
    assert waits == ["the login A is in use"] * 2
    times = [each.at for each in seen.outcome.timeline]
    assert times == sorted(times)


@pytest.mark.slow
def test_one_that_does_not_come_up_leaves_its_turn_to_the_next(
    built: FakeRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(broken="a2")
    seen = run_with(built, monkeypatch, engine, dict(LOGINS))
    assert engine.boots.count("a2") == 1
    lost = seen.gateways["a2"]
    assert (lost.error, lost.probes) == ("wrong password", ())
    assert lost.boot is not None
    assert lost.boot.failure == "login-refused"
    assert lost.artifacts == ("gateways/a2/container.log",)
    assert [each.why for each in seen.outcome.timeline if (each.gateway, each.what) == ("a2", What.ASKED)] == [
        lost.error
    ]
    assert seen.recorder.notes == ["a2 could not be started: wrong password"]
    assert str(seen.cells[f"ib_async==1/py{HOST}/a2"].worker_error) == "gateway a2: wrong password"
    assert seen.cells[f"ib_async==1/py{HOST}/a3"].exit_code == 0


def test_one_that_ended_while_it_was_asked_says_how(built: FakeRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = BootRecord(image="an-image:1", line="Java heap space", exit_code=137)
    seen = run_with(built, monkeypatch, Engine(ends=ended), {"b": "B"})
    assert seen.gateways["b"].boot == ended


@pytest.mark.slow
def test_no_more_are_up_than_the_file_allows(built: FakeRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine()
    seen = run_with(built, monkeypatch, engine, {"a": "A", "b": "B", "c": None}, gateways_at_once=1)
    assert not any(engine.beside.values())
    waits = [(each.gateway, each.why) for each in seen.outcome.timeline if each.what is What.WAITS]
    assert waits == [("b", "1 gateway is up already"), ("c", "1 gateway is up already")]


@pytest.mark.skipif(sys.platform == "win32", reason="asyncio takes no signals there")
def test_an_interrupted_run_takes_down_what_is_up_and_boots_nothing_more(
    built: FakeRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine()

    @asynccontextmanager
    async def interrupted(spec: GatewaySpec, opening: Opening) -> AsyncIterator[OpenGateway]:
        async with engine.open(spec, opening) as gateway:
            signal.raise_signal(signal.SIGTERM)
            yield gateway

    monkeypatch.setitem(kinds._KINDS, "docker", interrupted)
    built.run(versions=("1", "2"))
    plan = booted(plan_of(built.folder, versions=("1", "2"), gateways=SIMULATED), {"a1": "A", "a2": "A"})
    seen = run_plan(plan, built.environments, built.folder)
    assert seen.outcome.interrupted
    assert engine.boots == ["a1"]
    assert not engine.up


def test_what_a_gateway_says_while_it_comes_up_is_shown(built: FakeRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = run_with(built, monkeypatch, Engine(), {"b": "B"})
    assert seen.recorder.steps == [("b", "starts", None)]


def test_a_gateway_that_fails_otherwise_is_kept_too(built: FakeRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(_: GatewaySpec, __: Opening) -> AbstractAsyncContextManager[OpenGateway]:
        raise GatewayError("no engine answers", hint="Start Docker.")

    monkeypatch.setitem(kinds._KINDS, "docker", unreachable)
    built.run(versions=("1", "2"))
    plan = booted(plan_of(built.folder, versions=("1", "2"), gateways=SIMULATED), {"a": "A"})
    seen = run_plan(plan, built.environments, built.folder)
    assert seen.gateways["a"].error == "no engine answers (Start Docker.)"


def test_gateways_come_up_while_the_environments_are_built(built: FakeRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are there when the gateway is up, which it would never be if the run waited for them first."""
    engine = Engine()

    async def when_it_is_up(rows: Sequence[Row], told: Told) -> None:
        assert [row.version for row in rows] == ["1", "2"]
        told(0, 2, None)
        await engine.opened.wait()
        told(2, 2, rows[0])

    seen = run_with(built, monkeypatch, engine, {"a": "A"}, build=when_it_is_up)
    assert ("environments", "building 2", 0.0) in seen.recorder.steps
    assert seen.recorder.steps[-1] == ("environments", "", 1.0)
    assert {cell.exit_code for cell in seen.cells.values()} == {0}


def test_where_no_environment_can_be_built_the_run_ends_with_the_reason(
    built: FakeRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine()

    async def nowhere(*_: object) -> None:
        raise UsageError("the folder cannot be written")

    with pytest.raises(UsageError, match="cannot be written"):
        run_with(built, monkeypatch, engine, {"a": "A"}, build=nowhere)
    assert not engine.up
