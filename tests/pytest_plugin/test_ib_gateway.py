"""What a test does to its gateway, as a client of the real protocol sees it; the client's loop is not the gateway's."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import pytest

from harness.pytest_plugin.factory import Factory, settings_of
from harness.pytest_plugin.ib_gateway import IBGateway
from harness.wire.message import Message, Value
from tests.gateways.simulator.market import ENDED, brief, cancel, fill, heard, limit, order, pair, told
from tests.gateways.simulator.talk import Client, connected, garbage_of_its_own, run

LINE = Message(
    "req_market_data",
    {"req_id": 3, "con_id": 265598, "symbol": "AAPL", "sec_type": "STK", "exchange": "SMART", "currency": "USD"},
)


def talking(gateway: IBGateway, scenario: Callable[[Client], Any], client_id: int = 5) -> Any:
    """Run a scenario with a client that has started."""

    async def talk() -> Any:
        async with connected(gateway, client_id) as client:  # type: ignore[arg-type]  # it needs the port alone
            await heard(client)  # the notice that a 10.45 has besides
            return await scenario(client)

    return run(talk())


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


def test_an_order_is_shown_as_it_was_sent(ib_gateway: IBGateway) -> None:
    async def scenario(client: Client) -> None:
        await told(client, limit(price=1.25, total_quantity="40", time_in_force="GTC"))

    talking(ib_gateway, scenario)
    (shown,) = ib_gateway.orders
    facts = (shown.id, shown.client, shown.account, shown.action, shown.quantity, shown.type, shown.limit, shown.stop)
    assert facts == (101, 5, "DU9000001", "BUY", Decimal(40), "LMT", 1.25, None)
    rest = (shown.time_in_force, shown.parent, shown.transmitted, shown.status, shown.filled, shown.remaining)
    assert rest == ("GTC", 0, True, "Submitted", Decimal(0), Decimal(40))
    contract = shown.contract
    named = (contract.con_id, contract.symbol, contract.sec_type, contract.exchange, contract.currency)
    assert named == (265598, "AAPL", "STK", "SMART", "USD")
    assert str(shown) == "order 101 of client 5 (BUY 40 AAPL LMT at 1.25, Submitted)"
    assert not hasattr(shown, "__dict__")


@pytest.mark.parametrize(
    ("kind", "limit_price", "stop"), [("MKT", None, None), ("STP", None, 9.5), ("STP LMT", 9.0, 9.5)]
)
def test_prices_that_an_order_does_not_have_are_none(
    ib_gateway: IBGateway, kind: str, limit_price: float | None, stop: float | None
) -> None:
    sent: dict[str, Any] = {"limit_price": limit_price, "aux_price": stop}

    async def scenario(client: Client) -> None:
        await told(client, order(order_type=kind, **{key: value for key, value in sent.items() if value is not None}))

    talking(ib_gateway, scenario)
    (shown,) = ib_gateway.orders
    assert (shown.limit, shown.stop) == (limit_price, stop)


def test_each_order_is_waited_for_once(ib_gateway: IBGateway) -> None:
    async def scenario(client: Client) -> list[int]:
        waiting = asyncio.create_task(asyncio.to_thread(ib_gateway.wait_for_order, action="BUY"))
        await told(client, limit(101), limit(102, action="SELL", price=900.0), limit(103))
        first = await waiting
        return [
            each.id for each in (first, ib_gateway.wait_for_order(), ib_gateway.wait_for_order(client=5, symbol="AAPL"))
        ]

    assert talking(ib_gateway, scenario) == [101, 102, 103]
    with pytest.raises(TimeoutError) as caught:
        ib_gateway.wait_for_order(symbol="AAPL", timeout=0.01)
    assert str(caught.value).startswith(
        "no such order (came: order 101 of client 5 (BUY 100 AAPL LMT at 90, Submitted); "
    )
    assert str(caught.value).endswith("connected: no client) within 0.01 s")


def test_an_order_is_filled_in_parts_at_its_limit_or_at_any_price(ib_gateway: IBGateway) -> None:
    async def scenario(client: Client) -> list[Any]:
        await told(client, limit(price=1.25))
        placed = ib_gateway.wait_for_order()
        part = ib_gateway.fill(placed, shares=40)
        assert (part.status, part.filled, part.remaining, part.average_price) == (
            "Submitted",
            Decimal(40),
            Decimal(60),
            1.25,
        )
        whole = ib_gateway.fill(placed, price=1.5)
        assert (whole.status, whole.filled, whole.average_price) == ("Filled", Decimal(100), 1.4)
        assert placed.filled == 0
        return await told(client)

    assert talking(ib_gateway, scenario) == [*fill("40", "Submitted"), *fill("60")]


@pytest.mark.ib_gateway(at="2026-12-06T12:00-05:00")
def test_an_order_is_filled_on_a_sunday_if_the_test_says_so(ib_gateway: IBGateway) -> None:
    async def scenario(client: Client) -> None:
        await told(client, order())

    talking(ib_gateway, scenario)
    (waits,) = ib_gateway.orders
    assert waits.status == "PreSubmitted"
    assert ib_gateway.fill(waits, price=9).status == "Filled"


@pytest.mark.ib_gateway(fills="by hand")
def test_no_quote_fills_an_order_that_is_filled_by_hand(ib_gateway: IBGateway) -> None:
    async def scenario(client: Client) -> None:
        await told(client, order())
        ib_gateway.set_price("AAPL", 10, 11)
        ib_gateway.step(60)
        placed = ib_gateway.wait_for_order()
        assert placed.status == "Submitted"
        assert ib_gateway.fill(placed).average_price == 11

    talking(ib_gateway, scenario)


def test_what_has_ended_cannot_be_changed_and_says_so(ib_gateway: IBGateway, ib_gateway_factory: Factory) -> None:
    async def scenario(client: Client) -> None:
        await told(client, limit(), limit(102, transmit=False))

    talking(ib_gateway, scenario)
    works, waits = ib_gateway.orders
    with pytest.raises(ValueError, match="cannot fill 101: 100 remain"):
        ib_gateway.fill(works, shares=101)
    with pytest.raises(ValueError, match="cannot fill 0: 100 remain"):
        ib_gateway.fill(works, shares=0)
    ended = ib_gateway.cancel(works)
    assert ended.status == "Cancelled"
    for change in (ib_gateway.fill, ib_gateway.reject, ib_gateway.cancel):
        with pytest.raises(ValueError, match=r"\(BUY 100 AAPL LMT at 90, Cancelled\) does not work any more"):
            change(ended)
    with pytest.raises(ValueError, match=r"not transmitted\) does not work yet"):
        ib_gateway.fill(waits)
    with pytest.raises(ValueError, match="this gateway has no such order"):
        ib_gateway_factory().fill(works)


def test_an_order_is_rejected_and_cancelled_by_the_test(ib_gateway: IBGateway) -> None:
    async def scenario(client: Client) -> list[Any]:
        await told(client, limit(), limit(102))
        first, second = ib_gateway.orders
        assert ib_gateway.reject(first, 460, "No trading permissions.").status == "Inactive"
        assert ib_gateway.cancel(second).status == "Cancelled"
        return await told(client)

    assert talking(ib_gateway, scenario) == [*pair("Inactive"), ("error", 460), *pair("Inactive"), *ENDED]


def test_a_status_is_waited_for(ib_gateway: IBGateway) -> None:
    async def scenario(client: Client) -> str:
        client.say(limit())
        placed = ib_gateway.wait_for_order()
        waiting = asyncio.create_task(asyncio.to_thread(ib_gateway.wait_for_status, placed, "Cancelled"))
        await told(client, cancel())
        with pytest.raises(TimeoutError, match=r"AAPL LMT at 90, Cancelled\) did not become Filled within 0.01 s"):
            ib_gateway.wait_for_status(placed, "Filled", timeout=0.01)
        return (await waiting).status

    assert talking(ib_gateway, scenario) == "Cancelled"


def test_a_price_that_is_set_is_quoted_and_fills_orders_at_once(ib_gateway: IBGateway) -> None:
    async def scenario(client: Client) -> tuple[list[Any], list[Message]]:
        await told(client, LINE)
        await told(client, limit(price=90.0, total_quantity="150"))
        ib_gateway.set_price("AAPL", bid=89.5, ask=90, size=100)
        filled = [each for each in await heard(client) if each.name == "execution_details"]
        ib_gateway.step(0.25)
        return [(each["shares"], each["price"]) for each in filled], await heard(client)

    filled, ticks = talking(ib_gateway, scenario)
    assert filled == [("100", 90.0)]
    prices = {tick["tick_type"]: tick["price"] for tick in ticks if tick.name == "tick_price"}
    assert {1: 89.5, 2: 90.0, 4: 89.5}.items() <= prices.items()


@pytest.mark.parametrize("market", ["moving", "still"])
@pytest.mark.parametrize(("contract", "con_id"), [("EUR.USD", 12087792), (12087792, 12087792)])
def test_a_contract_is_meant_by_its_local_symbol_or_con_id(
    ib_gateway_factory: Factory, market: str, contract: str | int, con_id: int
) -> None:
    gateway = ib_gateway_factory(market=market)
    gateway.set_price(contract, 1.5, 1.5001, last=1.6)
    wanted: dict[str, Any] = {
        "con_id": con_id,
        "symbol": "EUR",
        "sec_type": "CASH",
        "exchange": "IDEALPRO",
        "currency": "USD",
    }

    async def scenario(client: Client) -> None:
        await told(client, order(total_quantity="30", **wanted))

    talking(gateway, scenario)
    (placed,) = gateway.orders
    assert (placed.status, placed.average_price) == ("Filled", 1.5001)


@pytest.mark.ib_gateway(at="2026-12-02T10:00-05:00")
def test_a_contract_may_be_one_that_is_traded_only_by_now(ib_gateway: IBGateway) -> None:
    """An option that expires in a year and a half is none of those that there were at the start."""
    call = "SPY   280616C00600000"
    with pytest.raises(ValueError, match="no contract of this gateway has the local symbol"):
        ib_gateway.set_price(call, 1, 2)
    ib_gateway.step_to("2028-06-01T10:00-04:00")
    ib_gateway.set_price(call, 1, 2)


def test_an_account_is_empty_unless_it_is_to_hold_something(ib_gateway_factory: Factory) -> None:
    async def scenario(client: Client) -> tuple[set[str], dict[str, str]]:
        positions = await client.ask(Message("req_positions"), end="position_end")
        executions = await client.ask(Message("req_executions", {"req_id": 4}), end="execution_details_end")
        completed = await client.ask(Message("req_completed_orders"), end="completed_orders_end")
        working = await client.ask(Message("req_all_open_orders"), end="open_orders_end")
        tags: Mapping[str, Value] = {
            "req_id": 5,
            "group": "All",
            "tags": "NetLiquidation,TotalCashValue,GrossPositionValue",
        }
        summary = await client.ask(Message("req_account_summary", tags), end="account_summary_end")
        named = {each.name for each in (*positions, *executions, *completed, *working)}
        return named, {str(row["tag"]): str(row["value"]) for row in summary[:-1]}

    ends = {"position_end", "execution_details_end", "completed_orders_end", "open_orders_end"}
    cash = {"NetLiquidation": "976234.50", "TotalCashValue": "976234.50", "GrossPositionValue": "0.00"}
    for market in ("moving", "still"):
        assert talking(ib_gateway_factory(market=market), scenario) == (ends, cash)
        held, _ = talking(ib_gateway_factory(market=market, account="held"), scenario)
        assert held >= ends | {"position", "execution_details", "completed_order", "open_order"}


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


def test_a_quantity_is_exact(ib_gateway: IBGateway) -> None:
    async def scenario(client: Client) -> None:
        await told(client, limit(total_quantity="0.3"))

    talking(ib_gateway, scenario)
    (placed,) = ib_gateway.orders
    assert ib_gateway.fill(placed, shares=0.1).remaining == Decimal("0.2")
