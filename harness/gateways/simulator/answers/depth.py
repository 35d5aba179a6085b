"""Answers requests for a market's depth.

Sources: recordings of a Gateway 10.40 (one exchange, and SMART with its notice), a refusal at server version 225.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from harness.gateways.simulator.answers import limits
from harness.gateways.simulator.answers.contracts import meant_one
from harness.gateways.simulator.answers.market_lines import is_rerouted, rerouted
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.answers.refusals import not_done, refuse
from harness.gateways.simulator.client import Answer, Client
from harness.gateways.simulator.made_depth import MOST_ROWS, depth_of
from harness.gateways.simulator.market_truth import Depth, Row
from harness.gateways.simulator.streams import Kind, Tell
from harness.gateways.simulator.truth import SMART, Values
from harness.wire.message import Message

NO_DEPTH, NOT_WATCHED, EXCHANGES = 10092, 310, 2152
NO_DEPTH_TEXT = "Deep market data is not supported for this combination of security type/exchange"
_INSERT, _UPDATE = 0, 1
_ASK, _BID = 0, 1


def _market_depth(request: Message, client: Client) -> Iterator[Message]:
    """Yield every row of the book, bids first; while the market moves, rows that change are told again."""
    req_id = request.number("req_id")
    if client.streams.has(Kind.DEPTH, req_id):
        yield not_done(request, client, "Duplicate ticker id")
        return
    contract = meant_one(request, client)
    if is_rerouted(contract):
        yield rerouted("reroute_market_depth", request, contract)
        return
    depth = _depth(request, contract, client)
    smart = request["exchange"] == SMART
    if depth is None or smart is not bool(request["smart_depth"]):
        yield error(NO_DEPTH, NO_DEPTH_TEXT, req_id)
        return
    refuse(limits.of_depth(request, client))
    rows = _rows(depth, request)
    yield from (_told(req_id, place, row, _INSERT, smart=smart) for place, row in rows.items())
    if smart:
        yield error(EXCHANGES, _exchanges(depth), req_id)
    tell = _teller(request, contract, client, rows) if client.prices.moves else None
    client.streams.watch(Kind.DEPTH, req_id, tell)


def _depth(request: Message, contract: Values, client: Client) -> Depth | None:
    if client.prices.moves:
        return depth_of(client.prices, contract, request.text("exchange"))
    return client.truth.market.depth.get(int(str(contract["con_id"])))


def _rows(depth: Depth, request: Message) -> dict[tuple[int, int], Row]:
    """Return the rows that are asked for, by side and position."""
    exchange, asked = request.text("exchange"), request.number("rows")
    most = min(asked, MOST_ROWS) if asked > 0 else MOST_ROWS
    found = {}
    for side, rows in ((_BID, depth.bids), (_ASK, depth.asks)):
        there = [row for row in rows if exchange in {SMART, row.exchange}]
        found.update({(side, place): row for place, row in enumerate(there[:most])})
    return found


def _teller(request: Message, contract: Values, client: Client, rows: dict[tuple[int, int], Row]) -> Tell:
    """Return what yields the rows that have changed: whole rows, as the book shifts (captured at IEX)."""
    req_id, smart = request.number("req_id"), request["exchange"] == SMART
    known = rows

    def tell(_moment: float) -> Iterator[Message]:
        nonlocal known
        depth = _depth(request, contract, client)
        if depth is None:
            return
        before, known = known, _rows(depth, request)
        for place, row in known.items():
            if before.get(place) != row:
                yield _told(req_id, place, row, _UPDATE, smart=smart)

    return tell


def _told(req_id: int, place: tuple[int, int], row: Row, operation: int, *, smart: bool) -> Message:
    side, position = place
    where: Values = {"req_id": req_id, "position": position, "operation": operation, "side": side}
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
