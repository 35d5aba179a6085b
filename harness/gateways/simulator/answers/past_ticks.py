"""Answers requests for what is past: historical ticks, histograms, and since when there is data.

Sources: recordings of a Gateway 10.40 (server version 215) of October 2026 for ticks, their refusals and the first
moment; IBKR's documentation for histograms.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from harness.gateways.simulator.answers import moments
from harness.gateways.simulator.answers.clock_and_ids import nothing
from harness.gateways.simulator.answers.contracts import no_such_contract
from harness.gateways.simulator.answers.historical_bars import no_data
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.answers.refusals import no_permissions, not_valid
from harness.gateways.simulator.bars import EPOCH_SECONDS
from harness.gateways.simulator.client import Answer, Client
from harness.gateways.simulator.prices import midpoint
from harness.gateways.simulator.truth import Values, meant
from harness.wire.message import Message

NO_TICKS = 10187
MOST_TICKS = 1000
"""Most that may be asked for (IBKR's documentation)."""

_SHOWN = frozenset({"TRADES", "BID_ASK", "MIDPOINT"})


def _head_timestamp(request: Message, client: Client) -> Iterator[Message]:
    """Yield the first moment: UTC with a dash, or seconds since 1970, whatever the setting of times (captured)."""
    contract = next(meant(request, client.truth.contract_details), None)
    if contract is None:
        yield no_such_contract(request)
        return
    first = client.truth.market.head_timestamps.get(int(str(contract["con_id"])))
    if first is None:
        yield no_data(request, contract)
        return
    in_seconds = request["format_date"] == EPOCH_SECONDS
    text = str(int(first.timestamp())) if in_seconds else f"{first:%Y%m%d-%H:%M:%S}"
    yield Message("head_timestamp", {"req_id": request["req_id"], "head_timestamp": text})


def _histogram(request: Message, client: Client) -> Iterator[Message]:
    """Yield all that was traded, for whatever period: the truth has one day."""
    contract = next(meant(request, client.truth.contract_details), None)
    if contract is None:
        yield no_such_contract(request)
        return
    entries = client.truth.market.histograms.get(int(str(contract["con_id"])))
    if entries is None:
        yield no_data(request, contract)
        return
    yield Message("histogram", {"req_id": request["req_id"], "entries": entries})


def _historical_ticks(request: Message, client: Client) -> Iterator[Message]:
    refused = _refusal(request, client)
    if refused is not None:
        yield refused
        return
    contract = next(meant(request, client.truth.contract_details), None)
    if contract is None:
        yield no_such_contract(request)
        return
    past = client.truth.market.past.get(int(str(contract["con_id"])))
    if past is None:
        text = f"Failed to request historical ticks:{no_permissions(contract)}"
        yield error(NO_TICKS, text, request.number("req_id"))
        return
    shown = request["what_to_show"]
    if shown == "BID_ASK":
        yield _told("historical_ticks_bid_ask", request, past.quotes)
    elif shown == "MIDPOINT" or contract["sec_type"] == "CASH":  # a pair has no trades: midpoints (captured)
        yield _told("historical_ticks", request, [_midpoint(quote) for quote in past.quotes])
    else:
        yield _told("historical_ticks_last", request, past.trades)


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


def _told(name: str, request: Message, ticks: Sequence[Values]) -> Message:
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
