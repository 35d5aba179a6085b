"""Checks market depth: the book of all exchanges at SMART, and that of one exchange.

IEX is the exchange whose book the fewest accounts lack (captured from a paper account without subscriptions). If the
account has no depth at all, or the book is empty, the check is skipped, unless the gateway is simulated.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from adapters.base import LIQUID_STOCK
from adapters.records_feeds import ASK, BID, INSERT, whole_after
from harness.checks.check import EVERYTHING, Check, Client, plain
from harness.checks.expected import Records, decimal, number, records, text, whole
from harness.checks.heard import NotHeardError
from harness.checks.quoted import where_traded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from adapters.records_market import Wanted
    from harness.checks.expected import Expected
    from harness.checks.heard import Answer, Heard
    from harness.checks.truth import Row, Truth, Values

BOOKS: Mapping[str, tuple[Wanted, int]] = {
    "smart": (LIQUID_STOCK, 4),
    "exchange": (replace(LIQUID_STOCK, exchange="IEX"), 1),
}
"""The contract of each book, and how many rows of each side are asked for."""

ROWS = ("market_depth", "market_depth_l2")
"""The messages that tell a row: of one exchange, and of several."""

KEY = ("side", "position", "operation")


def ask(client: Client) -> dict[str, Any]:
    """Subscribe to one book after the other until it came once, and end the subscription."""
    feeds, timeout = client.connection.feeds, client.request_timeout
    with where_traded(client):
        return {name: plain(feeds.market_depth(wanted, rows, timeout)) for name, (wanted, rows) in BOOKS.items()}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Return the true rows, each of which is inserted once."""
    book = truth.market.depth[LIQUID_STOCK.con_id]
    sides = {BID: book.bids, ASK: book.asks}
    return {
        name: records(KEY, (row for side, rows in sides.items() for row in _true(side, rows, wanted.exchange, most)))
        for name, (wanted, most) in BOOKS.items()
    }


def _true(side: int, rows: Sequence[Row], exchange: str, most: int) -> Iterator[Mapping[str, Expected]]:
    smart = exchange == LIQUID_STOCK.exchange
    there = [row for row in rows if smart or row.exchange == exchange]
    for position, row in enumerate(there[:most]):
        where = {"side": side, "position": position, "operation": INSERT}
        maker = row.exchange if smart else ""
        yield {**where, "market_maker": maker, **_shown({"price": row.price, "size": row.size})}


def _shown(row: Values) -> Mapping[str, Expected]:
    return {"price": number(row, "price"), "size": decimal(row, "size")}


def heard(said: Heard) -> Mapping[str, Records]:
    """Return the rows that the gateway sent: those of the whole book must have been read, later ones may have been."""
    feeds = said.feeds("req_market_depth", "cancel_market_depth")
    if not 0 < len(feeds) <= len(BOOKS):  # after a book that does not come no other is asked for
        raise NotHeardError(f"{len(feeds)} books were asked for, not {len(BOOKS)}")
    return {name: _sent(feed, most) for (name, (_, most)), feed in zip(BOOKS.items(), feeds, strict=False)}


def _sent(feed: Answer, most: int) -> Records:
    own, late = ([_row(row) for name in ROWS for row in rows.get(name, ())] for rows in (feed.rows, feed.beside))
    enough = whole_after(((row["side"], row["position"], row["operation"]) for row in own), most)
    if enough is None:
        raise NotHeardError("not so many rows came as were asked for")
    return Records(KEY, tuple(own[:enough]), (*own[enough:], *late), repeats=True)


def _row(row: Values) -> Mapping[str, Expected]:
    return {**{name: whole(row, name) for name in KEY}, "market_maker": text(row, "market_maker"), **_shown(row)}


CHECK = Check(
    name="market_depth",
    asks="req_market_depth",
    proves="every row of a book arrives, at SMART and on one exchange, and the subscriptions end",
    ask=ask,
    expected=expected,
    heard=heard,
    varies=(EVERYTHING,),
    requests=len(BOOKS),
)
