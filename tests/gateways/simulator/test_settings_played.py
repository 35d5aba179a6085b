"""Settings that a user of a Gateway makes: what it does differently, and that it says so."""

from __future__ import annotations

import pytest

from harness.gateways.simulator import server
from harness.gateways.simulator.timing import SteppedTime
from harness.known.scenarios import Behaviour
from harness.wire.message import Message
from tests.gateways.simulator.talk import Client, connected, run, simulated, until_gone
from tests.gateways.simulator.test_moving_market import AAPL, FRIDAY
from tests.gateways.simulator.test_orders import CANCEL, ORDER, PLACE, PLACED, told

SIZES = {0: "bid", 3: "ask", 5: "last", 8: "volume"}
PRICES = {1: "bid", 2: "ask", 4: "last"}
BY_NIGHT = Message("place_order", {**ORDER, "time_in_force": "OVERNIGHT"})


@pytest.mark.parametrize("downloads", [None, True, False])
def test_working_orders_come_at_the_start_unless_that_is_switched_off(downloads: bool | None) -> None:  # noqa: FBT001
    async def scenario() -> tuple[str, object]:
        behaviour = Behaviour() if downloads is None else Behaviour(download_open_orders=downloads)
        async with simulated(behaviour=behaviour) as gateway:
            async with connected(gateway, 5) as client:
                await told(client, PLACE)
            await until_gone(gateway, 5)
            client = await Client.connect(gateway.port)
            await client.greet()
            first = (await client.start(5))[0].name
            says = (await client.ask(Message("req_config", {"req_id": 1}), end="config"))[-1]
            await client.leave()
            return first, says["download_open_orders"]

    expected = ("managed_accounts", False) if downloads is False else ("open_order", True)
    assert run(scenario()) == expected


@pytest.mark.parametrize(
    ("address", "played", "served"),
    [
        ("192.0.2.7", Behaviour(), True),
        ("192.0.2.7", Behaviour(localhost_only=True), False),
        ("192.0.2.7", Behaviour(localhost_only=True, trusted_ips=("192.0.2.7",)), False),
        ("192.0.2.7", Behaviour(localhost_only=False), True),
        ("192.0.2.7", Behaviour(localhost_only=False, trusted_ips=("192.0.2.7",)), True),
        ("192.0.2.8", Behaviour(localhost_only=False, trusted_ips=("192.0.2.7",)), False),
        ("127.0.0.1", Behaviour(localhost_only=True, trusted_ips=()), True),
        ("::1", Behaviour(localhost_only=False, trusted_ips=("192.0.2.7",)), True),
    ],
)
def test_a_machine_that_is_not_trusted_is_closed_without_a_word(
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    played: Behaviour,
    served: bool,  # noqa: FBT001
) -> None:
    monkeypatch.setattr(server, "address_of", lambda _writer: address)

    async def scenario() -> bool:
        async with simulated(behaviour=played) as gateway:
            client = await Client.connect(gateway.port)
            if not served:
                client.writer.write(client.side.greet())
                assert await client.ended()
                await client.leave()
                return False
            await client.greet()
            answers = bool(await client.start(5))
            await client.leave()
            return answers

    assert run(scenario()) is served


def test_a_connection_comes_from_where_its_client_is() -> None:
    seen: list[str] = []

    async def scenario() -> None:
        async with simulated(behaviour=Behaviour(localhost_only=True)) as gateway, connected(gateway, 5):
            seen.extend(server.address_of(writer) for writer in gateway._connections.values())

    run(scenario())
    assert seen == ["127.0.0.1"]


def sizes(symbol: str, *, lots: bool, version: int = 226) -> dict[str, list[int]]:
    """The sizes of the first batch of quotes, as they come with prices and alone."""

    async def scenario() -> list[Message]:
        played = {"behaviour": Behaviour(sends_lots=lots), "timing": SteppedTime(FRIDAY), "seed": 1}
        async with simulated("10.45", **played) as gateway, connected(gateway, 7, version) as client:
            stock = {**AAPL, "con_id": 0, "symbol": symbol, "currency": "EUR" if symbol == "BMW" else "USD"}
            request = Message("req_market_data", {**stock, "generic_ticks": "", "snapshot": True})
            return await client.ask(request, end="tick_snapshot_end")

    found: dict[str, list[int]] = {}
    for message in run(scenario()):
        names = {"tick_price": PRICES, "tick_size": SIZES}.get(message.name, {})
        if (name := names.get(message.number("tick_type") if names else -1)) is not None:
            found.setdefault(name, []).append(int(message.text("size")))
    return found


@pytest.mark.parametrize("version", [178, 226])
def test_with_lots_sizes_of_stocks_of_the_united_states_are_in_hundreds(version: int) -> None:
    shares = sizes("AAPL", lots=False)
    assert set(shares) == {"bid", "ask", "last", "volume"}
    assert max(shares["bid"] + shares["ask"]) >= 100
    assert sizes("AAPL", lots=True, version=version) == {
        name: [size // 100 for size in told] for name, told in shares.items()
    }


def test_an_order_that_a_precaution_stops_is_discarded_and_counts_for_the_next_valid_id() -> None:
    async def scenario() -> tuple[list[list[tuple[str, object]]], object]:
        async with simulated() as gateway, connected(gateway, 5) as client:
            heard = [await told(client, each) for each in (BY_NIGHT, CANCEL)]
            return heard, (await client.ask(Message("req_ids"), end="next_valid_id"))[-1]["order_id"]

    (stopped, cancelled), next_id = run(scenario())
    assert stopped == [("error", 10329), ("order_status", "Cancelled"), ("error", 201)]
    assert (cancelled, next_id) == ([("error", 10147)], 102)


def test_precautions_can_be_bypassed_and_the_gateway_says_so() -> None:
    async def scenario() -> tuple[list[tuple[str, object]], object]:
        behaviour = Behaviour(bypass_order_precautions=True)
        async with simulated(behaviour=behaviour) as gateway, connected(gateway, 5) as client:
            taken = await told(client, BY_NIGHT)
            config = (await client.ask(Message("req_config", {"req_id": 1}), end="config"))[-1]
            return taken, config["bypass_order_precautions"]

    assert run(scenario()) == (PLACED, True)
