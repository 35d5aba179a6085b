"""A gateway is looked at again after a red cell: it goes on, falters once, or its other cells are passed over."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnose.gateway_met import diagnose_met
from harness.shared.evidence import Ended
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
from tests.gateways.simulator.talk import run, simulated
from tests.run.columns import HEALTHY, IN_USE, LIVE, LOST, opened
from tests.virtual import run_virtually

if TYPE_CHECKING:
    from harness.run.column import Column

pytestmark = pytest.mark.slow


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
