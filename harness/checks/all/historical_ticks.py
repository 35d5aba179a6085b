"""Checks ticks of the past: trades, quotes and midpoints of a stock."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from adapters.base import LIQUID_STOCK
from adapters.records_feeds import WantedTicks
from harness.checks.check import EVERYTHING, Check, Client, plain
from harness.checks.expected import Records, decimal, number, records, text, whole
from harness.checks.heard import NotHeardError
from harness.checks.quoted import where_subscribed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth, Values

ASKED = {"trades": "TRADES", "quotes": "BID_ASK", "midpoints": "MIDPOINT"}
TOLD = {"trades": "historical_ticks_last", "quotes": "historical_ticks_bid_ask", "midpoints": "historical_ticks"}
COUNT = 3
SIMULATED_END = dt.datetime(2026, 11, 20, 20, 31, tzinfo=dt.timezone.utc)
"""After the newest tick of a simulated gateway whose market stands still."""


def ask(client: Client) -> dict[str, Any]:
    """Ask the newest ticks of each kind; each cell has an end of its own, as the same request soon after is refused."""
    now = dt.datetime.now(dt.timezone.utc) - dt.timedelta(seconds=client.turn)
    end = f"{SIMULATED_END if client.simulated else now:%Y%m%d-%H:%M:%S}"
    feeds, timeout = client.connection.feeds, client.request_timeout
    with where_subscribed(client):
        return {
            name: plain(feeds.historical_ticks(LIQUID_STOCK, WantedTicks(shown, end, COUNT), timeout))
            for name, shown in ASKED.items()
        }


def expected(truth: Truth) -> Mapping[str, Records]:
    """Return the newest ticks of the truth."""
    past = truth.market.past[LIQUID_STOCK.con_id]
    told = {"trades": past.trades, "quotes": past.quotes, "midpoints": [_midpoint(quote) for quote in past.quotes]}
    return {name: records(("time",), map(_tick, rows[-COUNT:])) for name, rows in told.items()}


def _midpoint(quote: Values) -> Values:
    middle = (float(str(quote["bid"])) + float(str(quote["ask"]))) / 2
    return {"time": quote["time"], "price": middle, "size": "0"}  # the size is always 0 (captured)


def heard(said: Heard) -> Mapping[str, Records]:
    """Return the ticks that the gateway sent to each request."""
    answers = said.answers("req_historical_ticks")
    if len(answers) != len(ASKED):
        raise NotHeardError(f"{len(answers)} requests for ticks were sent, not {len(ASKED)}")
    given = zip(TOLD.items(), answers, strict=True)
    return {name: _sent(answer.only(message)) for (name, message), answer in given}


def _sent(message: Values) -> Records:
    ticks = message["ticks"]
    assert isinstance(ticks, (list, tuple))  # noqa: S101 - so the catalogue has it
    return Records(("time",), tuple(map(_tick, ticks)), repeats=True)


QUOTE_FLAGS, TRADE_FLAGS = ("ask_past_high", "bid_past_low"), ("past_limit", "unreported")
"""In the order of their bits in the mask, which is how they are written as text."""


def _tick(row: Values) -> Mapping[str, Expected]:
    return {
        "time": whole(row, "time"),
        **{name: number(row, name) for name in ("price", "bid", "ask")},
        **{name: decimal(row, name) for name in ("size", "bid_size", "ask_size")},
        **{name: text(row, name) for name in ("exchange", "conditions")},
        "flags": _flags(row, QUOTE_FLAGS if "bid" in row else TRADE_FLAGS),
    }


def _flags(row: Values, names: tuple[str, ...]) -> tuple[str, ...]:
    mask = int(str(row.get("mask") or 0))
    return tuple(name for bit, name in enumerate(names) if row.get(name) or mask & 1 << bit)


CHECK = Check(
    name="historical_ticks",
    asks="req_historical_ticks",
    proves="trades, quotes and midpoints of the past are decoded, with their flags",
    ask=ask,
    expected=expected,
    heard=heard,
    varies=(EVERYTHING,),
    requests=len(ASKED),
)
