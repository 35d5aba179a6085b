"""A gateway during a run: how it is met, and when its cells are passed over."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from harness.diagnose.gateway_met import diagnose_met
from harness.gateways.opened import Opening
from harness.run.column import PATIENCE_HEALTHY, PATIENCE_SICK, Column
from harness.run.column_limits import Pace
from harness.shared.evidence import Ended, GatewayOutcome
from harness.shared.status import Fault
from tests.diagnose.control.listeners import (
    ACCOUNTS,
    NEXT_ID,
    TIME,
    Behaviour,
    close_after_hello,
    frame,
    listening,
    saying,
)
from tests.gateways.docker.bringing import docker
from tests.gateways.simulator.talk import connected, run, simulated
from tests.gateways.test_kinds import spec
from tests.hostile.servers import SERVERS
from tests.virtual import run_virtually

pytestmark = pytest.mark.slow

HEALTHY = saying(frame(176, TIME), ACCOUNTS + NEXT_ID)
IN_USE = frame(
    4, 2, -1, 326, "Unable to connect as the client id is already in use. Retry with a unique client id.", ""
)


async def opened(stack: AsyncExitStack, **changes: Any) -> Column:
    """A column that is open and was met by the control."""
    column = Column(spec(**changes), probe_timeout=0.3)
    await column.open(stack, Opening())
    await column.probe("before")
    return column


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
            return (await opened(stack, kind="replay")).error

    assert run(scenario()) == "gateway gateway-10.37-paper: kind 'replay' is not one of address, docker, simulator"


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


def test_a_gateway_that_survives_a_red_cell_goes_on() -> None:
    async def scenario() -> None:
        async with simulated() as gateway, AsyncExitStack() as stack:
            column = await opened(stack, kind="address", port=gateway.port)
            await column.check_after("some/cell")
            assert column.passed_over is None
            assert [probe.when for probe in column.outcome().probes] == ["before", "between"]

    run(scenario())


async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say all that a healthy one says, when the control has waited in vain, as through a network that lost a packet."""
    await asyncio.sleep(2.0)
    await HEALTHY(reader, writer)


@pytest.mark.parametrize(
    ("once", "ended", "client_id", "code"),
    [
        (close_after_hello, Ended.CLOSED, 7399, "faltered"),
        (late, Ended.SILENT, 7399, "faltered"),
        (saying(frame(176, TIME), IN_USE, stay=False), Ended.CLOSED, 7398, "client-id-taken-meanwhile"),
    ],
    ids=["closed", "late", "our own client id"],
)
def test_a_gateway_that_falters_once_is_looked_at_again_and_asked_on(
    once: Behaviour, ended: Ended, client_id: int, code: str
) -> None:
    behaviours = iter([HEALTHY, once, HEALTHY, HEALTHY])

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await next(behaviours)(reader, writer)

    async def scenario() -> Column:
        async with listening(behave) as listener, AsyncExitStack() as stack:
            column = await opened(stack, kind="address", port=listener.port, client_ids=(7300, 7399))
            await column.check_after("the/cell")
            await column.probe("after")
            return column

    column = run_virtually(scenario())
    outcome = column.outcome()
    first, failed, again, _ = outcome.probes
    assert (first.passed, failed.ended, again.passed, again.client_id) == (True, ended, True, client_id)
    assert column.passed_over is None
    verdict = diagnose_met(column.spec, outcome)
    assert verdict is not None
    assert (verdict.code, verdict.fault) == (code, Fault.UNKNOWN)


LIVE = frame(15, 1, "U9000001,")


@pytest.mark.parametrize(
    ("once", "looks", "why"),
    [
        (saying(frame(176, TIME), LIVE, stay=False), 2, "not a paper account"),
        (saying(frame(-1, "192.0.2.7:4000"), stay=False), 1, "no longer answers"),
    ],
    ids=["a live account", "redirected"],
)
def test_what_a_failed_look_told_counts_though_the_next_would_pass(once: Behaviour, looks: int, why: str) -> None:
    behaviours = iter([HEALTHY, once, HEALTHY])

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await next(behaviours)(reader, writer)

    async def scenario() -> Column:
        async with listening(behave) as listener, AsyncExitStack() as stack:
            column = await opened(stack, kind="address", port=listener.port)
            await column.check_after("the/cell")
            return column

    column = run_virtually(scenario())
    assert why in str(column.passed_over)
    assert len(column.outcome().probes) == 1 + looks


def test_a_gateway_that_does_not_survive_a_cell_is_passed_over_from_then_on() -> None:
    async def scenario() -> Column:
        wedged = asyncio.Event()

        async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if not wedged.is_set():
                await HEALTHY(reader, writer)

        async with listening(behave) as listener, AsyncExitStack() as stack:
            column = await opened(stack, kind="address", port=listener.port)
            assert column.passed_over is None
            wedged.set()
            await column.check_after("the/cell")
            await column.check_after("a/later/cell")
            assert listener.served == 3
            return column

    column = run(scenario())
    assert str(column.passed_over).startswith(
        "the gateway no longer answers the reference client since the/cell: the gateway"
    )
    looks = [(probe.when, probe.passed) for probe in column.outcome().probes]
    assert looks == [("before", True), ("between", False), ("between", False)]


LOST = frame(4, 2, -1, 1100, "Connectivity between IBKR and Trader Workstation has been lost.", "")


@pytest.mark.parametrize(
    ("later", "why"),
    [
        (saying(frame(176, TIME), ACCOUNTS + NEXT_ID + LOST), "has lost IBKR"),
        (saying(frame(176, TIME), frame(15, 1, "U9000001,") + NEXT_ID), "not a paper account"),
        (HEALTHY, None),
    ],
)
def test_what_the_look_after_a_cell_finds_counts_for_those_that_are_left(later: Any, why: str | None) -> None:
    async def scenario() -> Column:
        behaviours = iter([HEALTHY, later])

        async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await next(behaviours)(reader, writer)

        async with listening(behave) as listener, AsyncExitStack() as stack:
            column = await opened(stack, kind="address", port=listener.port)
            assert column.passed_over is None
            await column.check_after("the/cell")
            return column

    column = run(scenario())
    assert column.outcome().passed_over == column.passed_over
    assert (why is None) if column.passed_over is None else (why or "nothing") in column.passed_over


def test_a_gateway_that_has_lost_ibkr_before_its_cells_is_asked_none() -> None:
    async def scenario() -> str | None:
        lost = saying(frame(176, TIME), ACCOUNTS + NEXT_ID + LOST)
        async with listening(lost) as listener, AsyncExitStack() as stack:
            return (await opened(stack, kind="address", port=listener.port)).passed_over

    assert "has lost IBKR" in str(run(scenario()))


@pytest.mark.parametrize(
    ("wanted", "refused"), [("DU*", False), ("DU900000?", False), ("U*", True), ("DU9000001", True)]
)
def test_a_gateway_that_shows_an_account_nobody_named_is_passed_over(wanted: str, refused: bool) -> None:  # noqa: FBT001
    async def scenario() -> str | None:
        async with listening(HEALTHY) as listener, AsyncExitStack() as stack:
            column = await opened(stack, kind="address", port=listener.port, account=wanted)
            assert column.remark == (f"gateway-10.37-paper is skipped: {column.passed_over}" if refused else None)
            return column.passed_over

    told = run(scenario())
    assert (told is not None) is refused
    if refused:
        assert told == f"the gateway shows an account that is not {wanted}, as the matrix file wants it"


@pytest.mark.parametrize(
    ("account", "mode", "passed_over"),
    [
        ("DU9000001", "paper", False),
        ("DF9000001", "paper", False),
        ("U9000001", "paper", True),
        ("DUBAI-LIVE-1", "paper", True),
        ("DU9000001;U1234567", "paper", True),
        ("DU", "paper", True),
        ("DU9000001,U9000001", "paper", True),
        ("U9000001", "live", False),
    ],
)
def test_real_money_behind_a_gateway_that_is_called_paper_is_left_alone(
    account: str,
    mode: str,
    passed_over: bool,  # noqa: FBT001
) -> None:
    shown = saying(frame(176, TIME), frame(15, 1, account) + NEXT_ID)

    async def scenario() -> str | None:
        async with listening(shown) as listener, AsyncExitStack() as stack:
            return (await opened(stack, kind="address", port=listener.port, mode=mode)).passed_over

    told = run(scenario())
    assert (told is not None) is passed_over
    if passed_over:
        assert "--allow-live" in str(told)


@pytest.mark.parametrize("account", ["DU9000001", "U9000001"])
def test_a_gateway_of_which_nothing_was_asked_is_not_looked_at_once_more(account: str) -> None:
    """Each look is a connection that a real one may keep, and there is nothing after which to look."""
    shown = saying(frame(176, TIME), frame(15, 1, account) + NEXT_ID)

    async def scenario() -> list[str]:
        async with listening(shown) as listener, AsyncExitStack() as stack:
            column = await opened(stack, kind="address", port=listener.port)
            await column.probe("after")
            return [probe.when for probe in column.outcome().probes]

    assert run(scenario()) == (["before", "after"] if account.startswith("D") else ["before"])


@pytest.mark.parametrize("optional", [True, False])
def test_where_nothing_listens_an_optional_gateway_is_passed_over_and_another_is_looked_into(
    optional: bool,  # noqa: FBT001
) -> None:
    async def scenario(port: int) -> Column:
        async with AsyncExitStack() as stack:
            column = await opened(stack, kind="address", port=port, optional=optional)
            await column.probe("after")
            return column

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    column = run(scenario(port))
    assert (column.passed_over or "").startswith(f"nothing listens at 127.0.0.1:{port}") is optional
    assert column.outcome().passed_over is None, "that it may be absent is the user's own choice"
    assert (column.outcome().search is None) is optional


async def passed_over(scenario: str, **changes: Any) -> str | None:
    """Why the cells of a gateway at an address are not asked, which plays a scenario."""
    async with simulated(scenario=scenario) as gateway, AsyncExitStack() as stack:
        return (await opened(stack, kind="address", port=gateway.port, **changes)).passed_over


def test_an_optional_gateway_that_fails_otherwise_is_no_less_red() -> None:
    assert run(passed_over("closes-after-hello", optional=True)) is None


def test_a_gateway_that_shows_the_control_no_account_is_not_asked_for_want_of_consent() -> None:
    """Libraries read an account while they connect, and it may be a live one."""
    assert (run(passed_over("no-accounts")) or "").startswith("the gateway shows the reference client no account")
    assert run(passed_over("no-accounts", mode="live")) is None


@pytest.mark.parametrize("name", ["notices after ready", "20,000 accounts"])
def test_a_gateway_that_sends_the_control_more_than_any_does_is_passed_over_for_that(name: str) -> None:
    async def scenario() -> str | None:
        async with listening(SERVERS[name]()) as listener, AsyncExitStack() as stack:
            return (await opened(stack, kind="address", port=listener.port)).passed_over

    assert (run(scenario()) or "").startswith("the gateway sends the reference client more than any gateway does")


def test_a_gateway_that_shows_its_accounts_to_another_client_id_only_is_judged_by_those() -> None:
    async def scenario(mode: str) -> str | None:
        async with simulated(mode=mode) as gateway, connected(gateway, 7399), AsyncExitStack() as stack:
            return (await opened(stack, kind="address", port=gateway.port)).passed_over

    assert run(scenario("paper")) is None
    assert (run(scenario("live")) or "").startswith("the gateway shows an account that is not a paper account")


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
