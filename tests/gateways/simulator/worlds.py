"""The built-in world, and moments to look at it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import cache

from hypothesis import strategies as st

from harness.gateways.simulator.truth import Values, meant
from harness.gateways.simulator.world import World
from harness.gateways.simulator.world.contracts import Contracts
from harness.wire.message import Message, Value

FRIDAY = dt.datetime(2026, 12, 4, 15, tzinfo=dt.UTC).timestamp()

CLOCKS = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2040, 12, 31), timezones=st.just(dt.UTC)).map(  # noqa: DTZ001
    dt.datetime.timestamp
)
"""Any second for which the world is made."""

_EMPTY: dict[str, Value] = {
    **dict.fromkeys(("symbol", "sec_type", "last_trade_date", "right", "multiplier", "exchange"), ""),
    **dict.fromkeys(("primary_exchange", "currency", "local_symbol", "trading_class", "sec_id_type", "sec_id"), ""),
    "con_id": 0,
    "strike": 0.0,
    "include_expired": False,
}


@cache
def world() -> World:
    return World()


def contracts(now: float = FRIDAY) -> Contracts:
    return Contracts(world(), now)


def found(known: Iterable[Values], **asked: Value) -> list[Values]:
    """What a request gets."""
    return list(meant(Message("req_contract_data", {**_EMPTY, **asked}), known))


def told(now: float = FRIDAY, **asked: Value) -> list[Value]:
    """The local symbols of what a request gets."""
    return [row["local_symbol"] for row in found(contracts(now), **asked)]
