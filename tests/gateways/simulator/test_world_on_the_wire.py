"""A gateway with the world's truth tells all kinds of contracts, their chains and rules, at old and new versions."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from harness.gateways.simulator.truth import Values
from harness.wire.message import Message, Value
from tests.gateways.simulator.talk import Client, connected, run, simulated
from tests.gateways.simulator.test_contracts_on_the_wire import as_listed, not_told
from tests.gateways.simulator.worlds import FRIDAY, contracts, found, world

TRUTH = world().truth("paper", FRIDAY)


def some_contracts() -> list[Values]:
    """All that lasts, the front month of each future, and one option of each chain."""
    fronts = [future.listing(future.listed(FRIDAY)[0]) for future in world().futures]
    options = [chain.listing(chain.listed(FRIDAY)[1], chain.strikes[7], "P") for chain in world().chains]
    return [listing.told(FRIDAY) for listing in (*world().lasting.values(), *fronts, *options)]


async def details(client: Client, con_id: object) -> Message:
    request = Message("req_contract_data", {"req_id": 9, "con_id": int(str(con_id))})
    told, end = await client.ask(request, end="contract_data_end")
    name = "bond_contract_data" if told["sec_type"] == "BOND" else "contract_data"
    assert (told.name, end["req_id"]) == (name, 9)
    return told


@pytest.mark.parametrize("version", [157, 163, 176, 182, 203, 226])
def test_every_kind_of_contract_is_told_as_it_is(version: int) -> None:
    async def scenario() -> None:
        async with simulated(truth=TRUTH) as gateway, connected(gateway, 7, version) as client:
            for contract in some_contracts():
                told = await details(client, contract["con_id"])
                hidden = not_told(version) | (not_told_of_bonds(version) if contract["sec_type"] == "BOND" else set())
                expected = {key: value for key, value in contract.items() if key not in hidden}
                assert {key: as_listed(told[key]) for key in expected} == expected, contract["local_symbol"]

    run(scenario())


def not_told_of_bonds(version: int) -> set[str]:
    """Name what a bond has and its message does not."""
    hours = {"time_zone_id", "trading_hours", "liquid_hours"} if version < 188 else set()
    return hours | {"issuer_id", "local_symbol", "last_trade_date", "price_magnifier", "size_min_tick"}


def items(message: Message, name: str) -> Sequence[Values]:
    value = message[name]
    assert isinstance(value, tuple)
    return value


def test_a_walk_through_a_chain_ends_at_an_option_that_exists() -> None:
    """Underlying, parameters, and each option of an expiration: as programs that trade options go about it."""

    async def scenario() -> list[Message]:
        async with simulated(truth=TRUTH) as gateway, connected(gateway, 7) as client:
            asked: dict[str, Value] = {"underlying_symbol": "SPY", "underlying_con_id": 756733}
            request = Message("req_sec_def_opt_params", {"req_id": 4, "underlying_sec_type": "STK", **asked})
            *chains, _ = await client.ask(request, end="sec_def_opt_params_end")
            (smart,) = [chain for chain in chains if chain["exchange"] == "SMART"]
            wanted: dict[str, Value] = {"symbol": "SPY", "sec_type": "OPT", "exchange": "SMART"}
            date = items(smart, "expirations")[0]["date"]
            request = Message("req_contract_data", {"req_id": 5, "last_trade_date": date, **wanted})
            *options, _ = await client.ask(request, end="contract_data_end")
            assert len(options) == 2 * len(items(smart, "strikes"))
            return options

    assert {option["under_con_id"] for option in run(scenario())} == {756733}


def test_a_market_rule_of_the_world_is_told() -> None:
    async def scenario() -> Message:
        async with simulated(truth=TRUTH) as gateway, connected(gateway, 7) as client:
            (told,) = await client.ask(Message("req_market_rule", {"market_rule_id": 90009}), end="market_rule")
            return told

    assert run(scenario())["increments"] == ({"low_edge": 0.0, "increment": 0.005},)


def test_a_combination_has_no_details() -> None:
    assert found(contracts(), symbol="SPY", sec_type="BAG", exchange="SMART", currency="USD") == []
