"""Answers the scanner: its parameters, and the stocks of a location that pass a scan's filters, by its kind's order.

Codes and texts: 162 and 165 are captured, 365, 385 and the most rows documented. Names of filters and kinds are those
of real parameters (a notebook that comes with ib_async prints them); what they count is inferred from the names.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.gateways.simulator.answers import limits
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.answers.refusals import refuse
from harness.gateways.simulator.client import Answer, Client
from harness.gateways.simulator.streams import Kind
from harness.gateways.simulator.truth import Values
from harness.wire.message import Message

SCAN_MESSAGE = 165
NOTHING_SCANNED_TEXT = "Historical Market Data Service query message:no items retrieved"
SCAN_ENDED = 162
SCAN_ENDED_TEXT = "Historical Market Data Service error message:API scanner subscription cancelled: {}"
NO_SUCH_SCAN = 365
NO_SUCH_SCAN_TEXT = "No scanner subscription found for ticker id:{}"
SAME_SCAN_ID = 385
SAME_SCAN_ID_TEXT = "Duplicate ticker id for API scanner subscription."
MOST_ROWS = 50

_PRICE, _CHANGE, _SINCE_OPEN, _VOLUME, _TRADES = "price", "change", "since_open", "volume", "trades"

_RANKED: Mapping[str, tuple[str, bool]] = {
    "TOP_PERC_GAIN": (_CHANGE, True),
    "TOP_PERC_LOSE": (_CHANGE, False),
    "TOP_OPEN_PERC_GAIN": (_SINCE_OPEN, True),
    "TOP_OPEN_PERC_LOSE": (_SINCE_OPEN, False),
    "MOST_ACTIVE": (_VOLUME, True),
    "HOT_BY_VOLUME": (_VOLUME, True),
    "TOP_TRADE_COUNT": (_TRADES, True),
}
"""By the kind of a scan: what it ranks by, and whether the most comes first."""

_FIELDS: Mapping[str, tuple[str, bool]] = {
    "above_price": (_PRICE, True),
    "below_price": (_PRICE, False),
    "above_volume": (_VOLUME, True),
}
"""By the field of a request: what it bounds, and whether from below."""

_TAGS: Mapping[str, tuple[str, bool]] = {
    f"{tag}{side}": (name, side == "Above")
    for tag, name in (
        ("price", _PRICE),
        ("volume", _VOLUME),
        ("changePerc", _CHANGE),
        ("changeOpenPerc", _SINCE_OPEN),
        ("tradeCount", _TRADES),
    )
    for side in ("Above", "Below")
}


@dataclass(frozen=True, slots=True)
class _Bound:
    """What a filter lets pass.

    Args:
        name: what it looks at.
        value: the least or the most of it.
        least: whether it is the least.
    """

    name: str
    value: float
    least: bool

    def passes(self, figures: Mapping[str, float]) -> bool:
        """Return whether figures are known, and within it."""
        figure = figures.get(self.name)
        return figure is not None and (figure >= self.value if self.least else figure <= self.value)


def _parameters(_request: Message, client: Client) -> Iterator[Message]:
    yield Message("scanner_parameters", {"xml": client.truth.reference["scanner_parameters"]})


def _scan(request: Message, client: Client) -> Iterator[Message]:
    """Yield what a scan finds now, and again while the market moves. Unknown filters and kinds change nothing."""
    req_id = request.number("req_id")
    if req_id in client.scans:
        yield error(SAME_SCAN_ID, SAME_SCAN_ID_TEXT, req_id)
        return
    refuse(limits.of_scans(request, client))
    client.scans.add(req_id)
    found = _result(request, client)
    if not found["rows"]:
        yield error(SCAN_MESSAGE, NOTHING_SCANNED_TEXT, req_id)
    yield found
    if client.prices.moves:
        client.streams.watch(Kind.SCANS, req_id, lambda _moment: iter((_result(request, client),)))


def _result(request: Message, client: Client) -> Message:
    asked = request.number("number_of_rows")
    most = min(asked, MOST_ROWS) if asked > 0 else MOST_ROWS
    found = [_found(rank, row) for rank, row in enumerate(_scanned(request, client)[:most])]
    return Message("scanner_data", {"req_id": request["req_id"], "rows": found})


def _scanned(request: Message, client: Client) -> list[Values]:
    there = [row for row in client.truth.reference["scanned"] if request["location_code"] in row["locations"]]
    bounds = list(_bounds(request))
    known = [(row, _figures(row, client)) for row in there]
    passed = [(row, figures) for row, figures in known if all(bound.passes(figures) for bound in bounds)]
    if request["scan_code"] in _RANKED:
        name, most_first = _RANKED[request.text("scan_code")]
        last = -math.inf if most_first else math.inf
        passed.sort(key=lambda one: one[1].get(name, last), reverse=most_first)
    return [row for row, _ in passed]


def _figures(row: Values, client: Client) -> dict[str, float]:
    """Return what is known of a stock: its price, its changes in per cent, its volume and its trades of the day."""
    quote = client.prices.quote(row) or {}
    known = {name: float(str(value)) for name, value in quote.items() if name in _QUOTED}
    price = known.get("last", known.get("close"))
    if price is None:
        return {}
    changes = {
        name: 100 * (price / before - 1)
        for name, before in ((_CHANGE, known.get("close")), (_SINCE_OPEN, known.get("open")))
        if before
    }
    return {_PRICE: price, **changes, **{name: known[name] for name in (_VOLUME, _TRADES) if name in known}}


_QUOTED = frozenset({"last", "close", "open", _VOLUME, _TRADES})


def _bounds(request: Message) -> Iterator[_Bound]:
    for field, (name, least) in _FIELDS.items():
        if (value := request[field]) is not None:
            yield _Bound(name, float(str(value)), least)
    for tag, text in _pairs(request):
        if tag in _TAGS and (number := _number(text)) is not None:
            yield _Bound(_TAGS[tag][0], number, _TAGS[tag][1])


def _pairs(request: Message) -> Iterator[tuple[str, str]]:
    """Yield tags and values: as text ``priceAbove=5;priceBelow=50;``, as protobuf a map."""
    for pair in request.text("filter_options_text").split(";"):
        tag, _, value = pair.partition("=")
        yield tag, value
    options = request["filter_options"]
    for option in options if isinstance(options, list | tuple) else ():
        yield str(option["tag"]), str(option["value"])


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _found(rank: int, row: Values) -> Values:
    told = {key: value for key, value in row.items() if key != "locations"}
    return {**told, "rank": rank, "market_name": row["trading_class"]}


def _cancel(request: Message, client: Client) -> Iterator[Message]:
    req_id = request.number("req_id")
    if req_id not in client.scans:
        yield error(NO_SUCH_SCAN, NO_SUCH_SCAN_TEXT.format(req_id), req_id)
        return
    client.scans.remove(req_id)
    client.streams.cancel(Kind.SCANS, req_id)
    yield error(SCAN_ENDED, SCAN_ENDED_TEXT.format(req_id), req_id)


ANSWERS: Mapping[str, Answer] = {
    "cancel_scanner_subscription": _cancel,
    "req_scanner_parameters": _parameters,
    "req_scanner_subscription": _scan,
}
"""By request."""
