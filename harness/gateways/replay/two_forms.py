"""Derives what a message says in one encoding from what it says in the other, where the fields differ.

As text some flags are one mask, as protobuf each is a field (`harness/wire/messages/gateway/`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from harness.wire.message import Message, Value

_MASKS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "tick_by_tick": {
        "last_mask": ("last_past_limit", "last_unreported"),
        "quote_mask": ("quote_bid_past_low", "quote_ask_past_high"),
    },
    "historical_ticks_bid_ask": {"mask": ("ask_past_high", "bid_past_low")},
    "historical_ticks_last": {"mask": ("past_limit", "unreported")},
}
"""The flags of bit 1 and bit 2 of each mask; in lists, those of the items."""

_IN_ITEMS = "ticks"

_SAME = {"portfolio_value": ("primary_exchange", "exchange")}
"""A field as text, and the one that says the same as protobuf (captured at 215 and 225)."""


def derived(name: str) -> frozenset[str]:
    """Return the fields of a message that `in_both_forms` derives from others."""
    masks = _MASKS.get(name, {})
    return frozenset({*masks, *(flag for flags in masks.values() for flag in flags), *_SAME.get(name, ())})


def in_both_forms(message: Message) -> Message:
    """Return the message with the fields of both encodings."""
    values = dict(message.values)
    if (same := _SAME.get(message.name)) is not None:
        said = next((values[name] for name in same if values.get(name)), "")
        values |= dict.fromkeys(same, said)
    masks = _MASKS.get(message.name, {})
    if _IN_ITEMS in values:
        items = cast("Sequence[Mapping[str, Value]]", values[_IN_ITEMS])
        values[_IN_ITEMS] = tuple({**item, **_flags(item, masks)} for item in items)
    else:
        values |= _flags(values, masks)
    return Message(message.name, values)


def _flags(values: Mapping[str, Value], masks: Mapping[str, tuple[str, str]]) -> dict[str, Value]:
    told: dict[str, Value] = {}
    for mask, (one, two) in masks.items():
        flags = int(cast("int", values[mask] or 0)) | bool(values[one]) | bool(values[two]) << 1
        told |= {mask: flags, one: bool(flags & 1), two: bool(flags & 2)}
    return told
