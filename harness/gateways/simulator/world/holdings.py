"""Moves the holdings, orders and fills of the built-in truth into a world: to contracts and days that it has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.gateways.simulator.trading.margins import margin_taken
from harness.gateways.simulator.world.account import account_values
from harness.gateways.simulator.world.listing import Listing

if TYPE_CHECKING:
    from harness.gateways.simulator.world.world import World

_LONGEST = 14 * 24 * 3600
"""Seconds in which there is a trading day."""
_LASTS = 14 * 24 * 3600
"""Seconds that an option which is held lasts at least."""
_TIMES = ("time", "completed_time")


def moved(world: World, document: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the tables of a truth with contracts that a world has at a moment.

    A future becomes the one of the same place among the months that trade, an option one of the same class and right,
    near the price of its underlying. Everything else stays, and can be asked for if the world has its con id. Prices
    are the world's, and costs differ from them by the same part as before; fills are of the last trading day.
    The account has more values, and its margin is that of what it holds.
    """
    found = {name: _counterpart(world, contract, document, now) for name, contract in document["contract"].items()}
    contracts = {name: listing.contract if listing else document["contract"][name] for name, listing in found.items()}
    numbers = {document["contract"][name]["con_id"]: contract["con_id"] for name, contract in contracts.items()}
    daily = {str(numbers.get(int(con_id), con_id)): pnl for con_id, pnl in document["reference"]["daily_pnl"].items()}
    day = _last_day(world, now)
    held = [_valued(world, row, found[row["contract"]], now) for row in document["position"]]
    margin = sum(margin_taken({**contracts[row["contract"]], **row}) for row in held)
    return {
        **document,
        "account_value": account_values(document["account_value"], document["pnl"], margin),
        "contract": contracts,
        "position": held,
        "execution": [_of_day(row, day) for row in document["execution"]],
        "completed_order": [_of_day(row, day) for row in document["completed_order"]],
        "reference": {**document["reference"], "daily_pnl": daily},
    }


def _counterpart(world: World, contract: Mapping[str, Any], document: Mapping[str, Any], now: float) -> Listing | None:
    match contract["sec_type"]:
        case "FUT":
            return _future(world, contract, document, now)
        case "OPT":
            return _option(world, contract, now)
        case _:
            return world.lasting.get(contract["con_id"])


def _future(world: World, contract: Mapping[str, Any], document: Mapping[str, Any], now: float) -> Listing | None:
    dates = sorted(
        other["last_trade_date"]
        for other in document["contract"].values()
        if (other["sec_type"], other["symbol"]) == ("FUT", contract["symbol"])
    )
    for future in world.futures:
        if future.table.symbol == contract["symbol"]:
            months = future.listed(now)
            return future.listing(months[min(dates.index(contract["last_trade_date"]), len(months) - 1)])
    return None


def _option(world: World, contract: Mapping[str, Any], now: float) -> Listing | None:
    for chain in world.chains:
        if chain.table.trading_class == contract["trading_class"]:
            ends = next((day for day in chain.listed(now) if chain.expires(day) > now + _LASTS), chain.listed(now)[-1])
            price = world.price(chain.underlying_con_id(ends), now)
            strike = min(chain.strikes, key=lambda known: abs(known - price))
            return chain.listing(ends, strike, contract["right"])
    return None


def _valued(world: World, row: Mapping[str, Any], listing: Listing | None, now: float) -> Mapping[str, Any]:
    if listing is None:
        return row
    price = round(world.price(listing.con_id, now), 6)
    cost = round(row["average_cost"] * price / row["market_price"], 6)
    return {**row, "market_price": price, "average_cost": cost}


def _last_day(world: World, now: float) -> str:
    """Return the newest day whose regular hours are over, by the first instrument's session."""
    session = next(iter(world.lasting.values())).session
    days = [span.day for span in session.spans(now - _LONGEST, now, liquid=True) if span.ends <= now]
    return f"{days[-1] if days else dt.datetime.fromtimestamp(now, dt.UTC).date():%Y%m%d}"


def _of_day(row: Mapping[str, Any], day: str) -> Mapping[str, Any]:
    return {**row, **{name: f"{day}{row[name][len(day) :]}" for name in _TIMES if name in row}}
