"""Compares requests by what they ask: names and values, without numbers, and without what only a form of writing adds.

Two libraries write the same request differently: one sends a default, another leaves it out; one writes ``1``, another
``1.0``. Numbers of requests, orders and clients are each client's own.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import cast

from harness.wire.catalogue import Field, Kind, catalogue
from harness.wire.message import Message, Value

Meaning = tuple[str, frozenset[tuple[str, Hashable]]]
"""The name of a request, and its values that are not their defaults."""

_OWN = frozenset({"req_id", "order_id", "client_id"})
"""Whose request it is, which says nothing of what it asks."""

_NAMES = frozenset({"order_ref", "oca_group", "parent_id", "stop_loss_order_id", "profit_taker_order_id"})
"""Names that the client chose: that there is one counts, and not which."""

MOMENTS = {
    "req_historical_data": frozenset({"end"}),
    "req_historical_ticks": frozenset({"start", "end"}),
    "req_historical_news": frozenset({"start", "end"}),
    "req_executions": frozenset({"time"}),
}
"""Fields that depend on the day on which one asks."""

_LARGEST = frozenset({2.0**31 - 1, 2.0**63 - 1, 2.0**63, 1.7976931348623157e308})
"""What clients write for no value where the catalogue knows no other way."""


_NOTHING: frozenset[Hashable] = frozenset({None, "", 0, ()})


def meaning_of(request: Message) -> Meaning:
    """Return what a request asks."""
    kind = catalogue().by_name[request.name]
    fields = {field.name: field for field in kind.fields if field.const is None}
    return request.name, _set(fields, request.values, _OWN)


def at_any_time(meaning: Meaning) -> Meaning:
    """Return what a request asks, whichever time it asks of."""
    name, values = meaning
    if name not in MOMENTS:
        return meaning
    return name, frozenset((field, field in MOMENTS[name] or value) for field, value in values)


def _set(
    fields: Mapping[str, Field], values: Mapping[str, Value], without: frozenset[str] = frozenset()
) -> frozenset[tuple[str, Hashable]]:
    there = {
        name: _plain(fields[name], value)
        for name, value in values.items()
        if value and name not in without and value != fields[name].default
    }
    return frozenset((name, name in _NAMES or plain) for name, plain in there.items() if plain not in _NOTHING)


def _plain(field: Field, value: Value) -> Hashable:
    """Return a value in a form that is equal if the value is; nothing if there is none."""
    if field.kind is Kind.STR:
        return cast("str", value).strip()
    if field.kind is Kind.LIST:
        fields = {item.name: item for item in field.items}
        return tuple(_set(fields, item) for item in cast("Sequence[Mapping[str, Value]]", value))
    number = float(cast("str | float", value))
    return None if number in _LARGEST or math.isnan(number) else number
