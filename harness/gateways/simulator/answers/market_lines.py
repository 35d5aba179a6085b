"""Answers requests for quotes of a market that moves: a line for each request, told again while anything changes.

The first batch says all that is known, each later one what has changed. Order, types and texts are those of recordings
of Gateways 10.40 and 10.45 (2026) but where it says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.gateways.simulator.answers import generic_ticks, limits, made_news
from harness.gateways.simulator.answers.contracts import combination, meant_one
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.answers.refusals import (
    NEEDS_SUBSCRIPTION,
    SUBSCRIBE,
    RefusedError,
    not_done,
    not_valid,
    refuse,
)
from harness.gateways.simulator.client import Client, DataType
from harness.gateways.simulator.option_model import Computed
from harness.gateways.simulator.prices import Entitlement
from harness.gateways.simulator.streams import Kind
from harness.gateways.simulator.trading.combos import COMBO, is_combo, legs_of
from harness.gateways.simulator.truth import Values
from harness.wire.message import Message, Value

DELAYED_SHOWN, DELAYED_NOT_ENABLED, NOT_SUBSCRIBED, NO_SUCH_LINE = 10167, 10168, 354, 300
"""IBKR's message codes."""
NO_REGULATORY = 0
"""What an account without the subscription gets for a regulatory snapshot (captured at 225)."""

_FIRST = ("last_time", "last", "last_size", "volume", "high", "low", "close", "open", "bid", "ask")
"""In the order of the first batch; the sizes of bid and ask go with their prices."""
_FIRST_DELAYED = ("bid", "ask", "last", "last_time", "high", "low", "volume", "close", "open")
"""In the order of the first batch of delayed data (captured at 10.40), where no size comes alone."""
_LATER = ("volume", "last_time", "last", "bid", "ask", "bid_size", "ask_size", "last_size", "high", "low", "open")
"""In the order of later ones."""

_PRICES = {
    "bid": (1, 66),
    "ask": (2, 67),
    "last": (4, 68),
    "high": (6, 72),
    "low": (7, 73),
    "close": (9, 75),
    "open": (14, 76),
}
_SIZES = {"bid_size": (0, 69), "ask_size": (3, 70), "last_size": (5, 71), "volume": (8, 74)}
_TEXTS = {"last_time": (45, 88)}
"""Tick types of a field, live and delayed (IBKR's documentation)."""

_GREEKS = {"bid": (10, 80), "ask": (11, 81), "model": (13, 83)}
"""Tick types of what is computed of an option, at its bid, its ask and by the model (IBKR's documentation)."""

_LOTS_UNTIL = 220
"""Server version from which the volume of a stock in the United States is in shares; before, in hundreds."""

_OPTIONS = frozenset({"OPT", "FOP"})


@dataclass(slots=True, kw_only=True)
class _Line:
    """One request's line.

    Args:
        req_id: the request's id.
        contract: what is watched.
        delayed: whether its ticks are those of delayed data.
        wanted: the market data type that the client had chosen when it asked.
        hundreds: the sizes that are told in hundreds.
        generic: further ticks that were asked for.
        combined: whether it is a combination.
        told: what was told last of each field.
        seen: the quote that it was told from.
        kind: the market data type that it was told to have.
    """

    req_id: int
    contract: Values
    delayed: bool
    wanted: DataType
    hundreds: frozenset[str]
    generic: frozenset[int]
    combined: bool = False
    told: dict[str, object] = field(default_factory=dict)
    seen: Values | None = None
    kind: DataType = DataType.LIVE


def begin(request: Message, client: Client) -> Iterator[Message]:
    """Yield the first batch of a line, and watch it; a snapshot ends with it.

    Raises:
        RefusedError: there is no such contract, or it may not be had so.
    """
    refuse(refusal(request, client))
    combined = request["sec_type"] == COMBO
    contract = combination(request, client) if combined else meant_one(request, client)
    if is_rerouted(contract):
        yield rerouted("reroute_market_data", request, contract)
        return
    if _is_not_by_api(contract, client):  # what comes before the refusal is captured
        permissions = {"min_tick": contract["min_tick"], "snapshot_permissions": _NOT_BY_API, **precisions(client)}
        yield Message("tick_req_params", {"req_id": request["req_id"], **permissions})
    line = _line(request, contract, client)
    yield from _opened(line, client)
    yield from _batch(line, client, _FIRST_DELAYED if line.delayed else _FIRST)
    if (providers := generic_ticks.news_of(request.text("generic_ticks"))) is not None:
        yield from made_news.ticks(line.req_id, contract, providers, client)
    if request["snapshot"]:
        yield Message("tick_snapshot_end", {"req_id": line.req_id})
        return

    def tell(_moment: float) -> Iterator[Message]:
        yield from _frozen(line, client)
        yield from _batch(line, client, _LATER)

    client.streams.watch(Kind.QUOTES, line.req_id, tell)


def delayed_shown(req_id: int) -> Message:
    """Return the notice that what follows is delayed (captured)."""
    return error(DELAYED_SHOWN, "Requested market data is not subscribed. Displaying delayed market data.", req_id)


def is_rerouted(contract: Values) -> bool:
    """Return whether a contract's data is that of another contract: so it is of a CFD."""
    return contract["sec_type"] == "CFD" and bool(contract.get("under_con_id"))


def rerouted(name: str, request: Message, contract: Values) -> Message:
    """Return the message that sends who asks for a CFD to its underlying; nothing else follows (captured)."""
    return Message(name, {"req_id": request["req_id"], "con_id": contract["under_con_id"], "exchange": "SMART"})


def cancel(request: Message, client: Client) -> Iterator[Message]:
    """End a line, in silence; one that there is not, be it that it was refused, draws an error (captured)."""
    req_id = request.number("req_id")
    if not client.streams.cancel(Kind.QUOTES, req_id):
        yield error(NO_SUCH_LINE, f"Can't find EId with tickerId:{req_id}", req_id)


def refusal(request: Message, client: Client) -> Message | None:
    """Return why a line is refused, whatever its contract; ``None`` if it is not."""
    if client.streams.has(Kind.QUOTES, request.number("req_id")):
        return not_done(request, client, "Duplicate ticker id")
    if request["regulatory_snapshot"]:
        return error(NO_REGULATORY, "Internal server error", request.number("req_id"))
    if request["snapshot"] and request["generic_ticks"]:
        cause = "Snapshot market data subscription is not applicable to generic ticks"
        return not_valid(request, client, cause)
    cause = generic_ticks.wrong(request.text("generic_ticks"))
    return not_valid(request, client, cause) if cause else limits.of_lines(request, client)


def _line(request: Message, contract: Values, client: Client) -> _Line:
    """Return a new line, as the account's subscriptions and the client's market data type have it."""
    entitlement, wanted = _entitlement(contract, client), client.data_type
    if entitlement is Entitlement.NONE or client.desk.quote(contract) is None:
        raise RefusedError(_not_subscribed(request, contract))
    delayed = entitlement is not Entitlement.LIVE
    if delayed and not wanted.delayed:
        needs_more = _is_not_by_api(contract, client)
        raise RefusedError(_needs_api(request, contract) if needs_more else _not_enabled(request))
    return _Line(
        req_id=request.number("req_id"),
        contract=contract,
        delayed=delayed,
        wanted=wanted,
        hundreds=frozenset() if delayed else _in_hundreds(contract, client),
        generic=generic_ticks.numbers(request.text("generic_ticks")),
        combined=is_combo(contract),
    )


def _entitlement(contract: Values, client: Client) -> Entitlement:
    """Return what the account may see of a contract; of a combination, what it may see of every leg (inferred)."""
    found = {client.prices.entitlement(leg.contract) for leg in legs_of(contract)}
    return next(each for each in reversed(Entitlement) if each in found)


def _is_not_by_api(contract: Values, client: Client) -> bool:
    """Return whether the account sees live data in TWS alone, and the client does not take delayed ones."""
    return client.prices.entitlement(contract) is Entitlement.NOT_BY_API and not client.data_type.delayed


_NOT_BY_API = 4
"""Snapshot permissions of such a contract."""


def _in_hundreds(contract: Values, client: Client) -> frozenset[str]:
    """Return the sizes that are told in hundreds; all of them, rounded down, with the setting (inferred)."""
    if (contract["sec_type"], contract["currency"]) != ("STK", "USD"):
        return frozenset()
    if client.behaviour.sends_lots:
        return frozenset(_SIZES)
    return frozenset({"volume"} if client.server_version < _LOTS_UNTIL else ())


def _not_subscribed(request: Message, contract: Values) -> Message:
    text = (
        "Requested market data is not subscribed. Check API status by selecting the Account menu then under Management "
        "choose Market Data Subscription Manager and/or availability of delayed data.Delayed market data is not "
        f"available.{_named(contract)}"
    )
    return error(NOT_SUBSCRIBED, text, request.number("req_id"))


def _needs_api(request: Message, contract: Values) -> Message:
    text = f"{SUBSCRIBE}Delayed market data is available.{_named(contract)}"
    return error(NEEDS_SUBSCRIPTION, text, request.number("req_id"))


def _not_enabled(request: Message) -> Message:
    text = "Requested market data is not subscribed. Delayed market data is not enabled."
    return error(DELAYED_NOT_ENABLED, text, request.number("req_id"))


def _named(contract: Values) -> str:
    """Return how refusals name a contract: its symbol, then the exchange and, of a stock, the class."""
    exchange = str(contract.get("primary_exchange") or contract["exchange"])
    name = f"{exchange}.{contract['trading_class']}" if exchange == "NASDAQ" else exchange
    return f"{contract['symbol']} {name}/TOP/ALL"


def _opened(line: _Line, client: Client) -> Iterator[Message]:
    line.kind = _kind(line, client)
    yield Message("market_data_type", {"req_id": line.req_id, "market_data_type": int(line.kind)})
    if line.delayed:
        yield delayed_shown(line.req_id)
    of_pair = line.contract["sec_type"] == "CASH"
    told: dict[str, Value] = {"req_id": line.req_id, "min_tick": line.contract["min_tick"], **precisions(client)}
    if not line.delayed and not of_pair:
        told |= {"bbo_exchange": "9c0001", "snapshot_permissions": 3}
    yield Message("tick_req_params", told)


def _kind(line: _Line, client: Client) -> DataType:
    """Return the market data type of a line now; a combination is traded while all of its legs are (inferred)."""
    closed = line.wanted.frozen and not all(client.prices.is_open(leg.contract) for leg in legs_of(line.contract))
    kinds = {(False, False): DataType.LIVE, (False, True): DataType.FROZEN, (True, False): DataType.DELAYED}
    return kinds.get((line.delayed, closed), DataType.DELAYED_FROZEN)


def _frozen(line: _Line, client: Client) -> Iterator[Message]:
    """Yield another market data type once its market closes or opens, to who takes frozen data (documented)."""
    if (kind := _kind(line, client)) is not line.kind:
        line.kind = kind
        yield Message("market_data_type", {"req_id": line.req_id, "market_data_type": int(kind)})


def precisions(client: Client) -> Values:
    """Return how precise prices and sizes are, which is told from server version 224 on (captured at 225)."""
    names = ("last_price_precision", "last_size_precision")
    return dict.fromkeys(names, "0.000001") if client.server_version >= _PRECISIONS_SINCE else {}


_PRECISIONS_SINCE = 224


def _batch(line: _Line, client: Client, order: tuple[str, ...]) -> Iterator[Message]:
    """Yield what is not told yet; a live price brings its size with it, which then comes again alone."""
    quote = client.desk.quote(line.contract) if line.combined else client.prices.quote(line.contract)
    if quote is None or quote is line.seen:
        return
    if line.seen is None and line.contract["sec_type"] == "CASH" and not line.delayed:
        yield from _of_pair(line, client)
    line.seen = quote
    known = order if line.contract["sec_type"] != "CASH" else [name for name in order if name != "open"]
    changed = {name: quote[name] for name in known if name in quote and line.told.get(name) != quote[name]}
    for name in order:
        if name in changed and line.told.get(name) != quote[name]:
            yield from _ticks(line, name, quote)
    if order is _LATER and changed:
        yield from _exchanges(line)
    for tick in generic_ticks.told(line.generic, line.contract, quote, client):
        if line.told.get(name := f"{tick.name} {tick['tick_type']}") != tick.values:
            line.told[name] = tick.values
            yield Message(tick.name, {**tick.values, "req_id": line.req_id})
    if line.contract["sec_type"] in _OPTIONS and changed:
        yield from _computed(line, quote, client)


def _exchanges(line: _Line) -> Iterator[Message]:
    """Yield once the letters of the exchanges that bid and offer, in the batch after the first (captured)."""
    of_smart = line.contract["sec_type"] == "STK" and line.contract["currency"] == "USD" and not line.delayed
    if of_smart and "exchanges" not in line.told:
        line.told["exchanges"] = _EXCHANGES
        for tick_type, letters in _EXCHANGES.items():
            yield Message("tick_string", {"req_id": line.req_id, "tick_type": tick_type, "value": letters})


_EXCHANGES = {32: "KPTVZU", 33: "PTZ"}
"""Types and letters (ours which); what a letter means is among the smart components."""


def _of_pair(line: _Line, client: Client) -> Iterator[Message]:
    """Yield what a pair begins with, which has no trades and no opening: its time, and that it trades (captured)."""
    yield Message("tick_string", {"req_id": line.req_id, "tick_type": 45, "value": str(int(client.now()))})
    yield Message("tick_generic", {"req_id": line.req_id, "tick_type": 49, "value": 0.0})


def _ticks(line: _Line, name: str, quote: Values) -> Iterator[Message]:
    line.told[name] = quote[name]
    shared = {"req_id": line.req_id}
    if name in _TEXTS:
        yield Message("tick_string", {**shared, "tick_type": _TEXTS[name][line.delayed], "value": str(quote[name])})
    elif name in _SIZES:
        size = _size(line, name, quote)
        yield Message("tick_size", {**shared, "tick_type": _SIZES[name][line.delayed], "size": size})
    else:
        size_name = f"{name}_size"
        automatic = _CAN_AUTO_EXECUTE if name in {"bid", "ask"} else 0
        size = _size(line, size_name, quote) if size_name in quote else "0"
        price = {"tick_type": _PRICES[name][line.delayed], "price": quote[name], "size": size}
        yield Message("tick_price", {**shared, **price, "attributes": automatic})
        if size_name in quote and line.delayed:
            line.told[size_name] = quote[size_name]
        elif size_name in quote:
            yield from _ticks(line, size_name, quote)


_CAN_AUTO_EXECUTE = 1
"""Bit of the mask of a price."""

_HUNDRED = 100


def _size(line: _Line, name: str, quote: Values) -> str:
    size = str(quote[name])
    return str(int(float(size)) // _HUNDRED) if name in line.hundreds else size


def _computed(line: _Line, quote: Values, client: Client) -> Iterator[Message]:
    """Yield what is computed of an option; at bid and ask only the price differs from the model (ours)."""
    found = client.prices.model(line.contract)
    if found is None:
        return
    for name, types in _GREEKS.items():
        price = found[0].price if name == "model" else float(str(quote[name]))
        values = _option_values(found[0], price, found[1], client.prices.volatility(line.contract))
        yield Message("tick_option_computation", {"req_id": line.req_id, "tick_type": types[line.delayed], **values})


def _option_values(found: Computed, price: float, underlying: float, volatility: float) -> Values:
    greeks = {"delta": found.delta, "gamma": found.gamma, "vega": found.vega, "theta": found.theta}
    told = {"implied_volatility": volatility, "option_price": price, "pv_dividend": 0.0}
    return {**greeks, **told, "underlying_price": underlying}
