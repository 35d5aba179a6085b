"""Answers requests for quotes, ticks, profit and loss.

In a market that stands still a subscription sends everything at once and then nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from harness.gateways.simulator.answers import market_lines
from harness.gateways.simulator.answers.contracts import no_such_contract
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.answers.refusals import RefusedError, no_such_account, refuse
from harness.gateways.simulator.client import Answer, Client, DataType
from harness.gateways.simulator.streams import Kind
from harness.gateways.simulator.trading.account import profit
from harness.gateways.simulator.truth import Values
from harness.wire.message import Message

_PRICES = {"bid": (1, 66), "ask": (2, 67), "last": (4, 68), "high": (6, 72), "low": (7, 73), "close": (9, 75)}
_SIZES = {"bid_size": (0, 69), "ask_size": (3, 70), "last_size": (5, 71), "volume": (8, 74)}
"""Tick types of a field, live and delayed (IBKR's documentation)."""


def _market_data_type(request: Message, client: Client) -> Iterator[Message]:
    """Take it, in silence; a number that is none changes nothing (captured as silence, the rest inferred)."""
    with suppress(ValueError):
        client.data_type = DataType(request.number("market_data_type"))
    return iter(())


def _market_data(request: Message, client: Client) -> Iterator[Message]:
    if client.prices.moves:
        yield from market_lines.begin(request, client)
        return
    refuse(market_lines.refusal(request, client))
    req_id = request.number("req_id")
    quote = client.truth.quote_of(request.text("symbol"), request.number("con_id"))
    if quote is None:
        raise RefusedError(no_such_contract(request))
    delayed = client.data_type is DataType.DELAYED and not quote.get("always_live")
    if delayed:
        yield market_lines.delayed_shown(req_id)
    yield Message("market_data_type", {"req_id": req_id, "market_data_type": 3 if delayed else 1})
    params = {"min_tick": quote["min_tick"], "bbo_exchange": "9c0001", "snapshot_permissions": 3}
    params |= market_lines.precisions(client)
    yield Message("tick_req_params", {"req_id": req_id, **params})
    yield from _ticks(req_id, quote, delayed=delayed)
    if request["snapshot"]:
        yield Message("tick_snapshot_end", {"req_id": req_id})
    else:
        client.streams.watch(Kind.QUOTES, req_id, None)


def _ticks(req_id: int, quote: Values, *, delayed: bool) -> Iterator[Message]:
    """Yield what a quote consists of; a price carries the size that belongs to it, as on the wire."""
    for name, types in _PRICES.items():
        if name not in quote:
            continue
        size = quote.get(f"{name}_size", "0")
        values = {"req_id": req_id, "tick_type": types[delayed], "price": quote[name], "size": size}
        yield Message("tick_price", values)
    for name, types in _SIZES.items():
        if name in quote:
            yield Message("tick_size", {"req_id": req_id, "tick_type": types[delayed], "size": quote[name]})


DUPLICATE_PNL, DUPLICATE_PNL_TEXT = 102, "Duplicate ticker id"
"""In users' logs; other requests have 322 for it."""


def _pnl(request: Message, client: Client) -> Iterator[Message]:
    req_id, account = request.number("req_id"), request.text("account")
    if req_id in client.watched.profits:
        yield error(DUPLICATE_PNL, DUPLICATE_PNL_TEXT, req_id)
        return
    refuse(no_such_account(request, client) if account not in {"", *client.truth.accounts} else None)
    client.watched.profits[req_id] = account
    client.desk.wake()
    values = profit(client.desk.truth, client.desk.ledger, account or client.truth.accounts[0])
    client.watched.is_news(("pnl", req_id), values)
    yield Message("pnl", {"req_id": req_id, **values})


def _cancel_pnl(request: Message, client: Client) -> Iterator[Message]:
    client.watched.profits.pop(request.number("req_id"), None)
    return iter(())


def _user_info(request: Message, client: Client) -> Iterator[Message]:
    yield Message("user_info", {"req_id": request["req_id"], "white_branding_id": client.truth.white_branding_id})


ANSWERS: Mapping[str, Answer] = {
    "cancel_market_data": market_lines.cancel,
    "cancel_pnl": _cancel_pnl,
    "req_market_data": _market_data,
    "req_market_data_type": _market_data_type,
    "req_pnl": _pnl,
    "req_user_info": _user_info,
}
