"""Compares requests by what they ask: names and values, without numbers, and without what only a form of writing adds.

Two libraries write the same request differently: one sends a default, another leaves it out; one writes ``1``, another
``1.0``. Numbers of requests, orders and clients are each client's own.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from functools import cache
from hashlib import blake2b
from typing import NamedTuple, cast

from harness.recordings.cleaning.replacements import EVERYBODY
from harness.recordings.cleaning.rules import Treatment, rules
from harness.wire.catalogue import Field, Kind, catalogue
from harness.wire.message import Message, Value

Meaning = tuple[str, frozenset[tuple[str, Hashable]]]
"""The name of a request, and its values that are not their defaults."""

LIVE = 1
"""The market data type of a client that asked for no other."""

_OWN = frozenset({"req_id", "order_id", "client_id"})
"""Whose request it is, which says nothing of what it asks."""

_NAMES = frozenset({"order_ref", "oca_group", "parent_id", "stop_loss_order_id", "profit_taker_order_id"})
"""Names that the client chose: that there is one counts, and not which."""

MOMENTS = {
    "req_historical_data": frozenset({"end", "duration"}),
    "req_historical_ticks": frozenset({"start", "end"}),
    "req_historical_news": frozenset({"start", "end"}),
    "req_executions": frozenset({"time"}),
}
"""Fields that depend on the day on which one asks, and on how often: a Gateway refuses the same bars soon after."""

_LARGEST = frozenset({2.0**31 - 1, 2.0**63 - 1, 2.0**63, 1.7976931348623157e308})
"""What clients write for no value where the catalogue knows no other way."""


_SAME_AS_NOTHING = frozenset({("open_close", "O")})
"""What some libraries send where others send nothing, and which is what IBKR assumes."""

_NAMING = frozenset({Treatment.ACCOUNT, Treatment.NAME})

_KEY_BYTES = 12
"""Enough that no two requests of a recording have the same key."""

_NOTHING: frozenset[Hashable] = frozenset({None, "", 0, ()})


def meaning_of(request: Message, data_type: int = LIVE) -> Meaning:
    """Return what a request asks.

    Args:
        request: as it was read.
        data_type: the market data type that the client asked for before; only quotes depend on it.
    """
    kind = catalogue().by_name[request.name]
    fields = {field.name: field for field in kind.fields if field.const is None}
    values = _set(fields, request.values, _OWN)
    if request.name == "req_market_data" and data_type != LIVE:
        values |= {("market_data_type", data_type)}
    return request.name, values


def at_any_time(meaning: Meaning) -> Meaning:
    """Return what a request asks, whichever time it asks of; of a duration the unit counts, such as days."""
    name, values = meaning
    if name not in MOMENTS:
        return meaning
    return name, frozenset((field, _unit(value) if field in MOMENTS[name] else value) for field, value in values)


class Keys(NamedTuple):
    """What a request asks, in short: equal if and only if the meaning is. A tuple, because each request has its own.

    Args:
        name: the request.
        exactly: what it asks.
        at_any_time: the same, whichever time it asks of.
        under_any_name: the same, whatever accounts, groups and the like are called in it.
    """

    name: str
    exactly: str
    at_any_time: str
    under_any_name: str

    @property
    def names(self) -> bool:
        """Whether it names an account, a group or the like."""
        return self.under_any_name != self.at_any_time


def keys_of(meaning: Meaning) -> Keys:
    """Return what a request asks, in short."""
    anytime = at_any_time(meaning)
    unnamed = _under_any_name(anytime)
    exactly = _digest(meaning)
    at_some_time = exactly if anytime is meaning else _digest(anytime)
    under_some_name = at_some_time if unnamed == anytime else _digest(unnamed)
    return Keys(name=meaning[0], exactly=exactly, at_any_time=at_some_time, under_any_name=under_some_name)


def _under_any_name(meaning: Meaning) -> Meaning:
    """Return what a request asks, whatever is called in it what cleaning gives another name."""
    name, values = meaning
    kept = _kept_names(name)
    return name, frozenset(
        (field, True if field in kept and value not in kept[field] else value) for field, value in values
    )


@cache
def _kept_names(request: str) -> Mapping[str, frozenset[str]]:
    """Return the fields of a request with names that cleaning replaces, and what it leaves there."""
    ruled = ((field.name, rules().of(f"{request}.{field.name}")) for field in catalogue().by_name[request].fields)
    return {name: rule.keep | EVERYBODY for name, rule in ruled if rule is not None and rule.treatment in _NAMING}


def _digest(meaning: Meaning) -> str:
    return blake2b(repr((meaning[0], _sorted(meaning[1]))).encode(), digest_size=_KEY_BYTES).hexdigest()


def _sorted(value: Hashable) -> Hashable:
    """Return a value whose text is the same whenever the value is."""
    if isinstance(value, frozenset):
        return tuple((name, _sorted(each)) for name, each in sorted(value, key=lambda pair: pair[0]))
    return tuple(map(_sorted, value)) if isinstance(value, tuple) else value


def _unit(value: Hashable) -> str:
    return str(value).lstrip("0123456789-: ")


def _set(
    fields: Mapping[str, Field], values: Mapping[str, Value], without: frozenset[str] = frozenset()
) -> frozenset[tuple[str, Hashable]]:
    there = {
        name: _plain(fields[name], value)
        for name, value in values.items()
        if value and name not in without and value != fields[name].default
    }
    named = ((name, plain) for name, plain in there.items() if plain not in _NOTHING)
    return frozenset((name, name in _NAMES or plain) for name, plain in named if (name, plain) not in _SAME_AS_NOTHING)


def _plain(field: Field, value: Value) -> Hashable:
    """Return a value in a form that is equal if the value is; nothing if there is none."""
    if field.kind is Kind.STR:
        return cast("str", value).strip()
    if field.kind is Kind.LIST:
        fields = {item.name: item for item in field.items}
        return tuple(_set(fields, item) for item in cast("Sequence[Mapping[str, Value]]", value))
    number = float(cast("str | float", value))
    return None if number in _LARGEST or math.isnan(number) else number
