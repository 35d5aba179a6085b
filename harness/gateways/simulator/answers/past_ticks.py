"""Answers requests for what is past: historical ticks, histograms, and since when there is data.

Sources: recordings of a Gateway 10.40 (server version 215) of October 2026 for ticks, their refusals and the first
moment; IBKR's documentation for histograms.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence

from harness.gateways.simulator.answers import histogram, moments
from harness.gateways.simulator.answers.clock_and_ids import nothing
from harness.gateways.simulator.answers.contracts import meant_one
from harness.gateways.simulator.answers.historical_refusals import no_data
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.answers.refusals import (
    AGGREGATED,
    TRADES,
    no_permissions,
    not_valid,
    other_trades,
    refuse,
)
from harness.gateways.simulator.bar_times import BEGAN
from harness.gateways.simulator.bars import EPOCH_SECONDS
from harness.gateways.simulator.client import Answer, Client
from harness.gateways.simulator.market_truth import Past
from harness.gateways.simulator.prices import midpoint
from harness.gateways.simulator.truth import Values
from harness.wire.message import Message

NO_TICKS = 10187
MOST_TICKS = 1000
"""Most that may be asked for (IBKR's documentation)."""


_SHOWN = frozenset({TRADES, AGGREGATED, "BID_ASK", "MIDPOINT"})


def _head_timestamp(request: Message, client: Client) -> Iterator[Message]:
    """Yield the first moment: UTC with a dash, or seconds since 1970, whatever the setting of times (captured)."""
    contract = meant_one(request, client)
    first = client.truth.market.head_timestamps.get(int(str(contract["con_id"])))
    if first is None and client.prices.moves and client.prices.quote(contract) is not None:
        first = dt.datetime.fromtimestamp(BEGAN, dt.UTC)
    if first is None:
        yield no_data(request, contract)
        return
    in_seconds = request["format_date"] == EPOCH_SECONDS
    text = str(int(first.timestamp())) if in_seconds else f"{first:%Y%m%d-%H:%M:%S}"
    yield Message("head_timestamp", {"req_id": request["req_id"], "head_timestamp": text})


def _histogram(request: Message, client: Client) -> Iterator[Message]:
    """Yield how much was traded at each price of the period. The truth has one day, whatever the period."""
    contract = meant_one(request, client)
    known = client.truth.market.histograms.get(int(str(contract["con_id"])))
    entries = histogram.entries(request, contract, client) if client.prices.moves else known
    if not entries:
        yield no_data(request, contract)
        return
    yield Message("histogram", {"req_id": request["req_id"], "entries": entries})


def _historical_ticks(request: Message, client: Client) -> Iterator[Message]:
    refuse(_refusal(request, client))
    contract = meant_one(request, client)
    past = _past(request, contract, client)
    if past is None:
        text = f"Failed to request historical ticks:{no_permissions(contract)}"
        yield error(NO_TICKS, text, request.number("req_id"))
        return
    warnings = (moments.warning(request, "start" if request["start"] else "end"), other_trades(request, contract))
    yield from (warned for warned in warnings if warned is not None)
    shown = request.text("what_to_show")
    if shown in {TRADES, AGGREGATED} and contract["sec_type"] == "CASH":  # a pair has no trades: midpoints (captured)
        shown = "MIDPOINT"
    yield _told(request, *_of_kind(past, shown))


def before_a_stream(request: Message, contract: Values, client: Client) -> Iterator[Message]:
    """Yield the newest ticks of the past, as a tick-by-tick request may ask for them; none if nothing is known."""
    count = min(request.number("number_of_ticks"), MOST_TICKS)
    past = _until(contract, client, client.now(), count) if client.prices.moves else _still(contract, client)
    if past is None:
        return
    shown = {"BidAsk": "BID_ASK", "MidPoint": "MIDPOINT"}.get(request.text("tick_type"), "TRADES")
    name, ticks = _of_kind(past, shown)
    yield Message(name, {"req_id": request["req_id"], "ticks": tuple(ticks[-count:]), "done": True})


def _past(request: Message, contract: Values, client: Client) -> Past | None:
    """Return ticks among which are those that a request means; ``None`` if the account may see none."""
    if not client.prices.moves:
        return _still(contract, client)
    if client.prices.quote(contract) is None:
        return None
    count = min(request.number("number_of_ticks"), MOST_TICKS)
    if not request["start"]:
        until = min(client.now(), moments.read(request.text("end")).timestamp() + 1)
        return _until(contract, client, until, count)
    return _since(contract, client, moments.read(request.text("start")).timestamp(), count)


def _still(contract: Values, client: Client) -> Past | None:
    return client.truth.market.past.get(int(str(contract["con_id"])))


_LOOK, _LONGEST_LOOK = 300.0, 14 * 86400.0
"""Seconds that are looked at together, and altogether: longer than any time without trading."""


def _until(contract: Values, client: Client, ends: float, count: int) -> Past:
    """Return at least so many of the newest ticks before a moment, if there are so many in two weeks."""
    found: list[Past] = []
    seen = 0
    while seen < count and len(found) * _LOOK < _LONGEST_LOOK:
        since = max(BEGAN, ends - (len(found) + 1) * _LOOK)
        found.append(_between(contract, client, since, ends - len(found) * _LOOK))
        seen += len(found[-1].quotes) or len(found[-1].trades)
    return _joined(reversed(found))


def _since(contract: Values, client: Client, begins: float, count: int) -> Past:
    """Return at least so many of the first ticks from a moment on, if there are so many in two weeks, and until now."""
    found: list[Past] = []
    seen, now = 0, client.now()
    begins = max(BEGAN, begins)
    while seen < count and len(found) * _LOOK < _LONGEST_LOOK and begins + len(found) * _LOOK < now:
        since = begins + len(found) * _LOOK
        found.append(_between(contract, client, since, min(now, since + _LOOK)))
        seen += len(found[-1].quotes) or len(found[-1].trades)
    return _joined(found)


def _joined(parts: Iterable[Past]) -> Past:
    known = list(parts)
    trades = tuple(trade for part in known for trade in part.trades)
    return Past(trades=trades, quotes=tuple(quote for part in known for quote in part.quotes))


def _between(contract: Values, client: Client, begins: float, ends: float) -> Past:
    trades = ({"mask": 0, "unreported": False, **trade} for trade in client.prices.trades(contract, begins, ends))
    return Past(trades=tuple(trades), quotes=tuple(client.prices.quotes(contract, begins, ends)))


def _of_kind(past: Past, shown: str) -> tuple[str, Sequence[Values]]:
    """Return the message that tells ticks of a kind, and the ticks."""
    match shown:
        case "BID_ASK":
            return "historical_ticks_bid_ask", past.quotes
        case "MIDPOINT":
            return "historical_ticks", [_midpoint(quote) for quote in past.quotes]
        case _:
            return "historical_ticks_last", past.trades


def _refusal(request: Message, client: Client) -> Message | None:
    """Return why a request is refused; ``None`` if it is not. Texts and codes are captured, or IBKR's."""
    if request["what_to_show"] not in _SHOWN:
        return not_valid(request, client, "Invalid source price")
    if request.number("number_of_ticks") <= 0:
        return not_valid(request, client, "Number of ticks must be > 0")
    if bool(request["start"]) is bool(request["end"]):
        text = "2 out of startTime/endTime/timeLength parameters have to be specified"
        return error(NO_TICKS, f"Failed to request historical ticks:{text}", request.number("req_id"))
    return moments.refusal(request, "start", "Start") or moments.refusal(request, "end", "End")


def _told(request: Message, name: str, ticks: Sequence[Values]) -> Message:
    """Return the ticks that were asked for: the first from a start on, or the last before an end."""
    most = min(request.number("number_of_ticks"), MOST_TICKS)
    if request["start"]:
        since = moments.read(request.text("start"))
        chosen = [tick for tick in ticks if _time(tick) >= since][:most]
    else:
        until = moments.read(request.text("end"))
        chosen = [tick for tick in ticks if _time(tick) <= until][-most:]
    return Message(name, {"req_id": request["req_id"], "ticks": tuple(chosen), "done": True})


def _time(tick: Values) -> dt.datetime:
    return dt.datetime.fromtimestamp(int(str(tick["time"])), dt.UTC)


def _midpoint(quote: Values) -> Values:
    """Return the midpoint of a quote; its size is always 0 (captured)."""
    return {"time": quote["time"], "price": midpoint(quote), "size": "0"}


ANSWERS: Mapping[str, Answer] = {
    "cancel_head_timestamp": nothing,  # silent, whatever it cancels (captured)
    "cancel_histogram": nothing,
    "cancel_historical_ticks": nothing,
    "req_head_timestamp": _head_timestamp,
    "req_histogram": _histogram,
    "req_historical_ticks": _historical_ticks,
}
