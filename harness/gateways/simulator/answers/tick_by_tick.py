"""Answers requests for ticks one by one, of four kinds.

Sources: IBKR's documentation for kinds and the ticks of the past before the stream, a recording at server version 225
for the refusals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from harness.gateways.simulator.answers import limits, past_ticks
from harness.gateways.simulator.answers.contracts import meant_one
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.answers.refusals import SUBSCRIBE, needs_subscription, no_permissions, not_valid, refuse
from harness.gateways.simulator.client import Answer, Client
from harness.gateways.simulator.prices import Entitlement, midpoint
from harness.gateways.simulator.streams import MADE_UP, Kind, Tell
from harness.gateways.simulator.truth import Values
from harness.wire.message import Message, Value

NOT_PERMITTED = 10189
BAG_CAUSE = "'BAG' security type is not supported for tick-by-tick data."
"""Captured up to "supported"; the rest is ours."""
LAST, ALL_LAST, BID_ASK, MIDPOINT = 1, 2, 3, 4
"""Numbers of the kinds in the answer."""


def _tick_by_tick(request: Message, client: Client) -> Iterator[Message]:
    """Yield ticks of the past, if some were asked for; then the newest, or while the market moves each from now on."""
    kind = _KINDS.get(request.text("tick_type"))
    if kind is None:
        yield not_valid(request, client, "Tick-by-tick data type is incorrect/not set.")
        return
    if request["sec_type"] == "BAG":
        yield not_valid(request, client, BAG_CAUSE)
        return
    refuse(limits.of_ticks(request, client))
    contract = meant_one(request, client)
    number, newest = kind
    values = newest(contract, client)
    if values is None or client.prices.entitlement(contract) is not Entitlement.LIVE:
        yield _refused(request, contract)
        return
    if request.number("number_of_ticks") > 0:
        yield from past_ticks.before_a_stream(request, contract, client)
    if not client.prices.moves:
        yield Message("tick_by_tick", {"req_id": request["req_id"], "tick_type": number, **values})
        return
    client.streams.watch(Kind.TICKS, request.number("req_id"), _teller(request, number, contract, client))


def _teller(request: Message, number: int, contract: Values, client: Client) -> Tell:
    """Return what yields the ticks that came up since the last moment: each one, and each once."""
    told = client.now()

    def tell(moment: float) -> Iterator[Message]:
        nonlocal told
        since, told = max(told, moment - MADE_UP), moment
        for values in _SINCE[number](contract, client, since, moment):
            yield Message("tick_by_tick", {"req_id": request["req_id"], "tick_type": number, **values})

    return tell


def _trades(contract: Values, client: Client, begins: float, ends: float) -> Iterator[Values]:
    return (_as_trade(trade) for trade in client.prices.trades(contract, begins, ends))


def _quotes(contract: Values, client: Client, begins: float, ends: float) -> Iterator[Values]:
    return (_as_quote(quote, quote["time"]) for quote in client.prices.quotes(contract, begins, ends))


def _middles(contract: Values, client: Client, begins: float, ends: float) -> Iterator[Values]:
    told = None
    for quote in client.prices.quotes(contract, begins, ends):
        if (price := midpoint(quote)) != told:
            yield {"midpoint_time": quote["time"], "midpoint_price": price}
        told = price


_SINCE: Mapping[int, Callable[[Values, Client, float, float], Iterator[Values]]] = {
    LAST: _trades,
    ALL_LAST: _trades,
    BID_ASK: _quotes,
    MIDPOINT: _middles,
}


def _refused(request: Message, contract: Values) -> Message:
    """Refuse what the account may not see; that a pair's trades, which there are none of, are so, too, is inferred."""
    if request["tick_type"] != "Last":
        return needs_subscription(request)
    text = f"Failed to request tick-by-tick data.{no_permissions(contract)}. {SUBSCRIBE}"
    return error(NOT_PERMITTED, text, request.number("req_id"))


def _trade(contract: Values, client: Client) -> Values | None:
    trade = client.prices.trade(contract)
    if trade is None:
        return None
    return _as_trade({"time": int(client.now()), **trade})


def _as_trade(trade: Values) -> Values:
    return {"last_mask": 0, **{f"last_{name}": value for name, value in trade.items()}}


def _quote(contract: Values, client: Client) -> Values | None:
    quote = _sides(contract, client)
    return None if quote is None else _as_quote(quote, int(client.now()))


def _sides(contract: Values, client: Client) -> Values | None:
    """Return a contract's quote; ``None`` of an index, which has neither bid nor ask."""
    quote = client.prices.quote(contract)
    return quote if quote is not None and {"bid", "ask"} <= quote.keys() else None


def _as_quote(quote: Values, when: Value) -> Values:
    sides = {f"quote_{name}": quote[name] for name in ("bid", "ask", "bid_size", "ask_size")}
    return {"quote_time": when, "quote_mask": 0, **sides}


def _middle(contract: Values, client: Client) -> Values | None:
    quote = _sides(contract, client)
    return None if quote is None else {"midpoint_time": int(client.now()), "midpoint_price": midpoint(quote)}


_KINDS: Mapping[str, tuple[int, Callable[[Values, Client], Values | None]]] = {
    "Last": (LAST, _trade),
    "AllLast": (ALL_LAST, _trade),
    "BidAsk": (BID_ASK, _quote),
    "MidPoint": (MIDPOINT, _middle),
}
"""Number and newest tick of a kind, by its name in the request."""


def _cancel(request: Message, client: Client) -> Iterator[Message]:
    """End them, in silence (inferred where there are none)."""
    client.streams.cancel(Kind.TICKS, request.number("req_id"))
    return iter(())


ANSWERS: Mapping[str, Answer] = {"cancel_tick_by_tick": _cancel, "req_tick_by_tick": _tick_by_tick}
"""By request."""
