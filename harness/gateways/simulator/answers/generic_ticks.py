"""Says which generic ticks there are, and tells those of a line.

Numbers, types and the refusal are those of users' logs and of IBKR's documentation; what the values are is ours. Those
that no market of ours has anything for (dividends, auctions, funds) are taken, and bring nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import resources

import tomllib

from harness.gateways.simulator.client import Client
from harness.gateways.simulator.truth import Values
from harness.wire.message import Message

_PLENTY = 3.0
"""Above 2.5, at least a thousand shares can be sold short (IBKR's documentation)."""

_OPTIONS = frozenset({"OPT", "FOP"})
_LEAST_OPEN, _OPEN_SPREAD = 500, 4000
"""Of every option so many contracts are open at least, and up to so many more."""

_WIDE_NEWS = "292"
_NEWS = "mdoff"
"""A name that is taken beside numbers, and switches the quotes off (IBKR's documentation); here it is ignored."""


@cache
def _legal() -> tuple[str, ...]:
    file = resources.files("harness.gateways.simulator") / "data" / "generic_ticks.toml"
    return tuple(tomllib.loads(file.read_text("utf-8"))["legal"])


@cache
def _known() -> frozenset[int]:
    names = (entry.partition("(")[0].split("/") for entry in _legal())
    return frozenset(int(number) for numbers in names for number in numbers)


def _entries(asked: str) -> list[str]:
    """Return the entries of a list; a news provider may follow a number after a colon."""
    return [entry.strip().partition(":")[0] for entry in asked.split(",") if entry.strip()]


def wrong(asked: str) -> str:
    """Return why a list of generic ticks is refused; empty if it is not."""
    if all(entry == _NEWS or (entry.isascii() and entry.isdigit() and _is_known(entry)) for entry in _entries(asked)):
        return ""
    return f"Incorrect generic tick list of {asked}.  Legal ones for (STK) are: {','.join(_legal())}"


def _is_known(entry: str) -> bool:
    return any(entry.lstrip("0") == str(number) for number in _known())


def numbers(asked: str) -> frozenset[int]:
    """Return the numbers of a list that is not wrong."""
    return frozenset(int(entry) for entry in _entries(asked) if entry != _NEWS)


def news_of(asked: str) -> str | None:
    """Return the providers of whose news a list asks, all if there are none; ``None`` if it asks for no news."""
    for entry in asked.split(","):
        number, _, providers = entry.strip().partition(":")
        if number == _WIDE_NEWS:
            return providers
    return None


def told(wanted: frozenset[int], contract: Values, quote: Values, client: Client) -> Iterator[Message]:
    """Yield the generic ticks that were asked for, without the id of the request.

    Args:
        wanted: the numbers that were asked for.
        contract: what is watched.
        quote: what it costs.
        client: who watches.
    """
    for number in sorted(wanted & _MADE.keys()):
        yield from _MADE[number](contract, quote, client)


def _real_time_volume(_contract: Values, quote: Values, _client: Client) -> Iterator[Message]:
    if "last_time" in quote:
        parts = (quote["last"], quote["last_size"], _milliseconds(quote), quote["volume"], quote["wap"], "false")
        yield Message("tick_string", {"tick_type": 48, "value": ";".join(map(str, parts))})


def _traded_volume(_contract: Values, quote: Values, _client: Client) -> Iterator[Message]:
    for message in _real_time_volume(_contract, quote, _client):
        yield Message(message.name, {**message.values, "tick_type": 77})


def _milliseconds(quote: Values) -> int:
    return int(str(quote["last_time"])) * 1000


def _mark(_contract: Values, quote: Values, _client: Client) -> Iterator[Message]:
    price = next((quote[name] for name in ("last", "bid", "close") if name in quote), None)
    if price is not None:
        yield Message("tick_price", {"tick_type": 37, "price": price, "size": "0"})


def _shortable(contract: Values, _quote: Values, _client: Client) -> Iterator[Message]:
    if contract["sec_type"] == "STK":
        yield Message("tick_generic", {"tick_type": 46, "value": _PLENTY})
        yield Message("tick_size", {"tick_type": 89, "size": "1000000"})


def _trade_count(_contract: Values, quote: Values, _client: Client) -> Iterator[Message]:
    if "trades" in quote:
        yield Message("tick_generic", {"tick_type": 54, "value": float(str(quote["trades"]))})


def _last_of_the_day(_contract: Values, quote: Values, _client: Client) -> Iterator[Message]:
    if "last" in quote:
        yield Message("tick_price", {"tick_type": 57, "price": quote["last"], "size": "0"})


def _volatility(contract: Values, _quote: Values, client: Client) -> Iterator[Message]:
    yield Message("tick_generic", {"tick_type": 24, "value": client.prices.volatility(contract)})


def _open_interest(contract: Values, _quote: Values, _client: Client) -> Iterator[Message]:
    """Yield that of calls and that of puts (documented); of an option the other one is 0 (inferred)."""
    right = str(contract.get("right") or "")
    if contract["sec_type"] in _OPTIONS:
        open_now = _LEAST_OPEN + int(str(contract["con_id"])) % _OPEN_SPREAD
        for tick_type, of in ((27, "C"), (28, "P")):
            yield Message("tick_size", {"tick_type": tick_type, "size": str(open_now if right == of else 0)})


_MADE: Mapping[int, Callable[[Values, Values, Client], Iterator[Message]]] = {
    101: _open_interest,
    106: _volatility,
    220: _mark,
    221: _mark,
    232: _mark,
    233: _real_time_volume,
    236: _shortable,
    293: _trade_count,
    318: _last_of_the_day,
    375: _traded_volume,
}
"""By the number that asks for it."""
