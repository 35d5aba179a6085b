"""Answers requests for a market's depth.

Sources: recordings of a Gateway 10.40 (one exchange, and SMART with its notice), a refusal at server version 225.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from harness.gateways.simulator.answers import limits, moving_depth
from harness.gateways.simulator.answers.contracts import meant_first
from harness.gateways.simulator.answers.market_lines import is_rerouted, rerouted
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.answers.refusals import not_done, refuse
from harness.gateways.simulator.client import Answer, Client
from harness.gateways.simulator.market_truth import Depth, Row
from harness.gateways.simulator.streams import Kind
from harness.gateways.simulator.truth import SMART, Values
from harness.wire.message import Message

NO_DEPTH, NOT_WATCHED, EXCHANGES = 10092, 310, 2152
NO_DEPTH_TEXT = "Deep market data is not supported for this combination of security type/exchange"
_INSERT = 0
_ASK, _BID = 0, 1
_MOST_ROWS = 20
"""Of each side, also for who asks for none or fewer (inferred from scans)."""


def _market_depth(request: Message, client: Client) -> Iterator[Message]:
    """Yield every row of the book, bids first. It stands still, so that nothing follows."""
    req_id = request.number("req_id")
    if client.streams.has(Kind.DEPTH, req_id):
        yield not_done(request, client, "Duplicate ticker id")
        return
    contract = meant_first(request, client)
    if is_rerouted(contract):
        yield rerouted("reroute_market_depth", request, contract)
        return
    if client.prices.moves:
        yield from moving_depth.begin(request, contract, client)
        return
    exchange = request.text("exchange")
    smart = exchange == SMART
    depth = client.truth.market.depth.get(int(str(contract["con_id"])))
    if depth is None or smart is not bool(request["smart_depth"]):
        yield error(NO_DEPTH, NO_DEPTH_TEXT, req_id)
        return
    refuse(limits.of_depth(request, client))
    client.streams.watch(Kind.DEPTH, req_id, None)
    asked = request.number("rows")
    most = min(asked, _MOST_ROWS) if asked > 0 else _MOST_ROWS
    for side, rows in ((_BID, depth.bids), (_ASK, depth.asks)):
        there = [row for row in rows if smart or row.exchange == exchange]
        yield from (_row(req_id, side, place, row, smart=smart) for place, row in enumerate(there[:most]))
    if smart:
        yield error(EXCHANGES, _exchanges(depth), req_id)


def _row(req_id: int, side: int, position: int, row: Row, *, smart: bool) -> Message:
    where: Values = {"req_id": req_id, "position": position, "operation": _INSERT, "side": side}
    told = {**where, "price": row.price, "size": row.size}
    if smart:
        return Message("market_depth_l2", {**told, "market_maker": row.exchange, "smart_depth": True})
    return Message("market_depth", told)


def _exchanges(depth: Depth) -> str:
    """Name the exchanges as the notice does, its last space included."""
    deep = "; ".join(dict.fromkeys(row.exchange for row in chain(depth.bids, depth.asks)))
    need = f"Need additional market data permissions - Depth: {depth.need}; "
    return f"Exchanges - Depth: {deep}; Top: {depth.top}; {need}"


def _cancel(request: Message, client: Client) -> Iterator[Message]:
    req_id = request.number("req_id")
    if not client.streams.cancel(Kind.DEPTH, req_id):
        yield error(NOT_WATCHED, f"Can't find the subscribed market depth with tickerId:{req_id}", req_id)


ANSWERS: Mapping[str, Answer] = {"cancel_market_depth": _cancel, "req_market_depth": _market_depth}
"""By request."""
