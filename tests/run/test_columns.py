"""A gateway during a run: how it is brought up and met."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from harness.gateways.opened import Opening
from harness.run.column import PATIENCE_HEALTHY, PATIENCE_SICK, Column
from harness.run.column_limits import Pace
from harness.shared.evidence import Ended, GatewayOutcome
from tests.gateways.docker.bringing import docker
from tests.gateways.simulator.talk import connected, run, simulated
from tests.run.columns import opened
from tests.virtual import run_virtually

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def test_a_healthy_gateway_is_met_before_the_first_cell() -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            column = await opened(stack)
            await column.probe("after")
            outcome = column.outcome()
            assert (outcome.name, outcome.host, outcome.port) == ("gateway-10.37-paper", *column.address)
            assert outcome.port
            assert outcome.server_version == 203
            assert outcome.server_version_evidence.startswith("measured")
            assert [(probe.when, probe.passed) for probe in outcome.probes] == [("before", True), ("after", True)]
            assert (column.remark, column.passed_over, column.error, outcome.error) == (None, None, None, None)
            assert (column.patience, column.delicate) == (PATIENCE_HEALTHY, False)

    run(scenario())


@pytest.mark.parametrize(("scenario", "taps"), [(None, 1), ("drops", 1), ("restarts", 0)])
def test_no_tap_listens_for_a_gateway_that_will_refuse(scenario: str | None, taps: int) -> None:
    async def tapped() -> int:
        async with AsyncExitStack() as stack:
            return len((await opened(stack, scenario=scenario)).tapped)

    assert run(tapped()) == taps


def test_a_gateway_that_cannot_be_brought_up_is_kept_with_the_reason() -> None:
    async def scenario(port: int) -> None:
        async with AsyncExitStack() as stack:
            column = await opened(stack, port=port)
            await column.probe("after")
            outcome = column.outcome()
            assert outcome.error == column.error
            assert f"127.0.0.1:{port}: the port is in use (another program has it" in str(column.error)
            assert str(column.remark).startswith("gateway-10.37-paper could not be started: ")
            assert (outcome.probes, outcome.server_version) == ((), None)
            assert (outcome.host, outcome.port) == ("127.0.0.1", port)
            assert (column.patience, column.delicate) == (PATIENCE_SICK, False)

    with socket.create_server(("127.0.0.1", 0)) as taken:
        run(scenario(taken.getsockname()[1]))


def test_an_error_without_a_hint_is_kept_as_it_is() -> None:
    async def scenario() -> str | None:
        async with AsyncExitStack() as stack:
            return (await opened(stack, kind="pigeon")).error

    error = "gateway gateway-10.37-paper: kind 'pigeon' is not one of address, docker, replay, simulator"
    assert run(scenario()) == error


def test_how_far_a_gateway_came_that_we_bring_up_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOBODY_USERID", raising=False)

    async def scenario() -> GatewayOutcome:
        async with AsyncExitStack() as stack:
            column = Column(docker(credential="NOBODY"), probe_timeout=0.3)
            await column.open(stack, Opening())
            return column.outcome()

    outcome = run(scenario())
    assert outcome.boot is not None
    assert (outcome.boot.failure, outcome.artifacts) == ("no-credential", ())
    assert "NOBODY_USERID is not set" in str(outcome.error)


def test_a_silent_gateway_is_remarked_on_and_its_cells_are_not_asked() -> None:
    """It may keep every connection that it leaves unanswered, and each cell would add one."""

    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            async with AsyncExitStack() as stack:
                column = await opened(stack, kind="address", port=silent.getsockname()[1])
                assert "does not answer the reference client (no answer within 0.3 s)" in (column.remark or "")
                assert (column.patience, column.delicate) == (PATIENCE_SICK, True)
                assert column.outcome().server_version is None
                await column.check_after("some/cell")  # it was sick before
                assert len(column.outcome().probes) == 1

    run(scenario())


@pytest.mark.parametrize("late", [False, True], ids=["on time", "late"])
def test_what_is_said_of_a_simulated_gateway_does_not_hang_on_how_often_the_control_came(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, late: bool
) -> None:
    """Where we were late the control comes again, and each time leaves a connection that this gateway keeps."""
    monkeypatch.setenv("IB_COMPAT_CACHE", str(tmp_path))
    monkeypatch.setattr(Column, "_is_ours", lambda *_: late)

    async def scenario() -> set[Ended | None]:
        async with AsyncExitStack() as stack:
            column = await opened(stack, scenario="deaf")
            await column.probe("after")
            search = column.outcome().search
            assert search is not None
            return {each.ended for each in search.attempts}

    assert run_virtually(scenario()) == {Ended.SILENT}


@pytest.mark.parametrize(("taken", "passed"), [(7300, True), (7399, False)])
def test_the_control_is_the_last_client_id_of_the_range(taken: int, passed: bool) -> None:  # noqa: FBT001
    async def scenario() -> bool:
        async with simulated() as gateway, connected(gateway, taken), AsyncExitStack() as stack:
            column = await opened(stack, kind="address", port=gateway.port, client_ids=(7300, 7399))
            return column.outcome().probes[0].passed

    assert run(scenario()) is passed


@pytest.mark.parametrize("kind", ["address", "simulator"])
def test_a_gateway_that_another_run_has_is_left_to_it_unless_it_is_ours(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IB_COMPAT_CACHE", str(tmp_path))

    async def scenario() -> list[str | None]:
        async with simulated() as gateway, AsyncExitStack() as stack:
            port = gateway.port if kind == "address" else 0
            return [(await opened(stack, kind=kind, port=port)).error for _ in range(2)]

    first, second = run(scenario())
    assert first is None
    assert (second is None) is (kind == "simulator")
    assert second is None or str(os.getpid()) in second


@pytest.mark.parametrize("kind", ["address", "simulator"])
def test_the_control_keeps_the_pace_of_the_cells_where_the_gateway_is_not_ours(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[int]()

    async def take(_: Pace, count: int) -> None:
        asked.append(count)
        await asyncio.sleep(0)

    monkeypatch.setattr(Pace, "take", take)

    async def scenario() -> int:
        async with simulated("10.45") as gateway, AsyncExitStack() as stack:
            port = gateway.port if kind == "address" else 0
            column = await opened(stack, kind=kind, port=port)
            return column.outcome().server_version or 0

    assert run(scenario()) > 0
    assert sum(asked) >= (8 if kind == "address" else 0), "hello, START_API, what libraries ask, and its settings"
    assert bool(asked) is (kind == "address")
