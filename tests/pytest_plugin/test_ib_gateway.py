"""What a test does to its gateway, as a client of the real protocol sees it: its clock, its lines, its life."""

from __future__ import annotations

import datetime as dt
import re
import socket
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from harness.pytest_plugin.factory import Factory, settings_of
from harness.pytest_plugin.ib_gateway import IBGateway
from harness.wire.message import Message
from tests.gateways.simulator.market import brief, heard, limit, pair, told
from tests.gateways.simulator.talk import Client, connected, garbage_of_its_own
from tests.pytest_plugin.talking import LINE, talking


def test_it_says_what_and_where_it_is(ib_gateway: IBGateway) -> None:
    assert (ib_gateway.host, ib_gateway.version, ib_gateway.server_version) == ("127.0.0.1", "10.45", 223)
    assert (ib_gateway.mode, ib_gateway.accounts, ib_gateway.clients, ib_gateway.orders) == (
        *("paper", ("DU9000001",)),
        *((), ()),
    )
    assert repr(ib_gateway) == f"<IBGateway gateway-10.45 paper at 127.0.0.1:{ib_gateway.port}>"
    socket.create_connection((ib_gateway.host, ib_gateway.port)).close()


def test_its_clock_stands_until_it_is_stepped(ib_gateway: IBGateway) -> None:
    begins = ib_gateway.now
    assert begins == dt.datetime(2026, 12, 2, 15, tzinfo=dt.UTC)
    ib_gateway.step(90.5)
    assert ib_gateway.now - begins == dt.timedelta(seconds=90.5)
    ib_gateway.step_to("2026-12-02T16:00:00-05:00")
    assert ib_gateway.now == dt.datetime(2026, 12, 2, 21, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda gateway: gateway.step(-1), "step(-1): expected seconds from 0 on"),
        (
            lambda gateway: gateway.step_to("2026-12-02T09:00-05:00"),
            "expected a moment from 2026-12-02T15:00:00+00:00 on",
        ),
        (lambda gateway: gateway.step_to("noon"), "step_to('noon'): expected a moment with its zone"),
        (lambda gateway: gateway.drop(7), "client 7 is not connected; connected: no client"),
        (lambda gateway: gateway.say(1100, "", 8), "client 8 is not connected; connected: no client"),
        (lambda gateway: gateway.set_price("AAPL", 2, 1), "expected a bid above 0 and at most the ask"),
        (lambda gateway: gateway.set_price("NONE", 1, 2), "no contract of this gateway has the local symbol 'NONE'"),
        (lambda gateway: gateway.set_price(1, 1, 2), "no contract of this gateway has the con id 1"),
    ],
)
def test_what_cannot_be_done_is_told(ib_gateway: IBGateway, call: Callable[[IBGateway], object], text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        call(ib_gateway)


@pytest.mark.ib_gateway(clock="wall", speed=1000, at="2026-12-02T10:00-05:00")
def test_a_clock_that_goes_by_itself_cannot_be_stepped(ib_gateway: IBGateway) -> None:
    with pytest.raises(ValueError, match="only one with clock='stepped' can be stepped"):
        ib_gateway.step(1)
    assert ib_gateway.now >= dt.datetime(2026, 12, 2, 15, tzinfo=dt.UTC)


def test_all_that_is_due_was_sent_when_a_step_returns(ib_gateway: IBGateway) -> None:
    """Each second's bar of a minute is in the client's hands, though its loop did not turn meanwhile."""

    async def scenario(client: Client) -> list[Message]:
        await heard(client, Message("req_real_time_bars", {**LINE.values, "what_to_show": "TRADES"}))
        ib_gateway.step(60)
        return await heard(client)

    bars = talking(ib_gateway, scenario)
    assert [bar["time"] - bars[0]["time"] for bar in bars] == [5 * number for number in range(12)]


def test_nothing_is_left_out_however_much_a_client_has_not_read(ib_gateway: IBGateway) -> None:
    """More than all buffers of the system hold: the client's loop stands still while its test lets time pass."""

    async def scenario(client: Client) -> list[Message]:
        await heard(client, Message("req_real_time_bars", {**LINE.values, "what_to_show": "TRADES"}))
        for _ in range(400):
            ib_gateway.say(2100, "x" * 50_000)
        ib_gateway.step(60)
        return await heard(client)

    came = talking(ib_gateway, scenario)
    assert [message.name for message in came] == ["error"] * 400 + ["real_time_bar"] * 12


def test_a_step_of_no_time_waits_for_what_clients_have_sent(ib_gateway: IBGateway) -> None:
    async def scenario(client: Client) -> tuple[int, ...]:
        client.say(limit())
        ib_gateway.step(0)
        return tuple(each.id for each in ib_gateway.orders)

    assert talking(ib_gateway, scenario) == (101,)


def test_a_line_is_dropped_and_the_client_comes_back(ib_gateway: IBGateway) -> None:
    async def scenario(client: Client) -> list[Any]:
        assert ib_gateway.wait_for_client() == ib_gateway.wait_for_client(5) == 5
        await told(client, limit())
        ib_gateway.drop(5)
        assert ib_gateway.clients == ()
        with pytest.raises(TimeoutError, match=r"^client 5 never connected within 0.01 s$"):
            ib_gateway.wait_for_client(5, timeout=0.01)
        return [await client.ended()]

    async def again(client: Client) -> list[Any]:
        return [brief(each) for each in await heard(client, Message("req_open_orders"))]

    assert talking(ib_gateway, scenario) == [True]
    assert talking(ib_gateway, again) == [*pair("Submitted"), ("open_orders_end", None)]


def test_a_restart_ends_all_lines_and_keeps_port_and_orders(ib_gateway: IBGateway) -> None:
    port = ib_gateway.port

    async def scenario(client: Client) -> bool:
        client.say(limit())
        ib_gateway.restart()
        return await client.ended()

    assert not talking(ib_gateway, scenario)  # what it was answered is still to be read
    assert ib_gateway.port == port
    assert [each.status for each in ib_gateway.orders] == ["Submitted"]
    with ib_gateway.down(), pytest.raises(ConnectionRefusedError):
        socket.create_connection((ib_gateway.host, port))
    socket.create_connection((ib_gateway.host, port)).close()


@pytest.mark.ib_gateway(day="weekday", at="2026-12-02T23:44:50-05:00")
def test_a_day_passes_with_the_steps_of_the_test(ib_gateway: IBGateway) -> None:
    async def scenario(client: Client) -> bool:
        ib_gateway.step(9)
        assert await client.answers()
        ib_gateway.step(2)
        return await client.ended()

    assert talking(ib_gateway, scenario)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((ib_gateway.host, ib_gateway.port))
    ib_gateway.step_to("2026-12-03T00:00-05:00")
    assert talking(ib_gateway, lambda client: client.answers())


def test_a_notice_is_said_to_all_or_to_one(ib_gateway: IBGateway) -> None:
    async def scenario(client: Client) -> tuple[list[Any], list[Any]]:
        async with connected(ib_gateway, 6) as other:  # type: ignore[arg-type]
            await heard(other)
            ib_gateway.say(1100, "Connectivity has been lost.")
            ib_gateway.say(2110, "Broken.", client_id=6)
            return await told(client), await told(other)

    assert talking(ib_gateway, scenario) == ([("error", 1100)], [("error", 1100), ("error", 2110)])


def test_several_gateways_run_at_once_and_the_marker_holds_for_all(ib_gateway_factory: Factory) -> None:
    one, other = ib_gateway_factory("10.37"), ib_gateway_factory(gateway="10.50", seed=2)
    assert (one.server_version, other.server_version) == (203, 226)
    assert one.port != other.port
    one.step(10)
    assert one.now > other.now
    with pytest.raises(ValueError, match=r"^ib_gateway_factory: mode='real': expected 'paper' or 'live'$"):
        ib_gateway_factory(mode="real")
    with pytest.raises(ValueError, match="the port is in use"):
        ib_gateway_factory(port=one.port)


def test_a_gateway_that_has_ended_says_so(request: pytest.FixtureRequest) -> None:
    with ExitStack() as stack:
        gateway = Factory(settings_of(request.config), stack)()
    with pytest.raises(RuntimeError, match="this ib_gateway has ended with its test"):
        gateway.step(1)


def test_who_connects_as_the_test_ends_leaves_nothing_behind(request: pytest.FixtureRequest) -> None:
    """The gateway ends while it accepts; a warning of a socket that nobody closed would fail this test."""
    for _ in range(20):
        with ExitStack() as stack, garbage_of_its_own():
            gateway = Factory(settings_of(request.config), stack)(market="still")
            socket.create_connection((gateway.host, gateway.port)).close()
