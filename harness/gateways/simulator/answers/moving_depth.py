"""Answers requests for the depth of a market that moves: rows around the quote, told again where they change.

Rows are inserted bids first, later ones replace whole rows as the book shifts (captured at IEX). Prices, sizes and
exchanges of the rows below the best are ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.gateways.simulator.answers import limits
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.answers.refusals import refuse
from harness.gateways.simulator.client import Client
from harness.gateways.simulator.price_path import mixed, part
from harness.gateways.simulator.streams import Kind
from harness.gateways.simulator.truth import SMART, Values
from harness.wire.message import Message

NO_DEPTH, SHOWN = 10092, 2152
_NO_DEPTH = "Deep market data is not supported for this combination of security type/exchange"
_KINDS = frozenset({"STK", "FUT", "CONTFUT", "CASH", "CRYPTO"})
"""Of which there is depth (ours)."""

_EXCHANGES = ("NASDAQ", "ARCA", "IEX", "BATS", "EDGX")
_INSERT, _UPDATE, _ASK, _BID = 0, 1, 0, 1
_MOST_ROWS = 20
_LOTS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One row of a side."""

    price: float
    size: str
    exchange: str


def begin(request: Message, contract: Values, client: Client) -> Iterator[Message]:
    """Yield the book, bids first, and watch it."""
    req_id, smart = request.number("req_id"), request["exchange"] == SMART
    book = _book(request, contract, client)
    if book is None or smart is not bool(request["smart_depth"]):
        yield error(NO_DEPTH, _NO_DEPTH, req_id)
        return
    refuse(limits.of_depth(request, client))
    yield from (_told(req_id, place, row, _INSERT, smart=smart) for place, row in book.items())
    if smart:
        text = f"Exchanges - Depth: {'; '.join(_EXCHANGES)}; Top: BYX; AMEX; MEMX; "
        yield error(SHOWN, f"{text}Need additional market data permissions - Depth: NYSE; ", req_id)

    known = book

    def tell(_moment: float) -> Iterator[Message]:
        nonlocal known
        before, known = known, _book(request, contract, client) or known
        for place, row in known.items():
            if before[place] != row:
                yield _told(req_id, place, row, _UPDATE, smart=smart)

    client.streams.watch(Kind.DEPTH, req_id, tell)


def _book(request: Message, contract: Values, client: Client) -> dict[tuple[int, int], _Row] | None:
    """Return the rows by side and position; ``None`` if there is no depth."""
    quote = client.prices.quote(contract)
    if quote is None or "bid" not in quote or contract["sec_type"] not in _KINDS:
        return None
    count = min(request.number("rows"), _MOST_ROWS) if request.number("rows") > 0 else _MOST_ROWS
    sides = ((_BID, "bid", -1), (_ASK, "ask", 1))
    return {(side, at): _row(quote, name, at, away) for side, name, away in sides for at in range(count)}


def _row(quote: Values, name: str, at: int, away: int) -> _Row:
    """Return a row: the best is the quote, further ones are a tick apart."""
    tick = float(str(quote["min_tick"]))
    price = round(float(str(quote[name])) + away * at * tick, 10)
    size = int(str(quote[f"{name}_size"]))
    if at:
        size = max(1, size) * (1 + int(part(mixed(round(price / tick)), at % 4) * _LOTS))
    return _Row(price=price, size=str(size), exchange=_EXCHANGES[at % len(_EXCHANGES)])


def _told(req_id: int, place: tuple[int, int], row: _Row, operation: int, *, smart: bool) -> Message:
    side, position = place
    where: Values = {"req_id": req_id, "position": position, "operation": operation, "side": side}
    told = {**where, "price": row.price, "size": row.size}
    if smart:
        return Message("market_depth_l2", {**told, "market_maker": row.exchange, "smart_depth": True})
    return Message("market_depth", told)
