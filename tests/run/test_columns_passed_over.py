"""Why no cell of a gateway is asked: real money, an account that nobody named, IBKR out of reach, nobody there."""

from __future__ import annotations

import socket
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.diagnose.control.listeners import ACCOUNTS, NEXT_ID, TIME, frame, listening, saying
from tests.gateways.simulator.talk import connected, run, simulated
from tests.hostile.servers import SERVERS
from tests.run.columns import HEALTHY, LOST, opened

if TYPE_CHECKING:
    from harness.run.column import Column

pytestmark = pytest.mark.slow


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
