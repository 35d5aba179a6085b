"""Finds which messages of two gateways belong together: what is alike, what has one key, and then by their order."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

from harness.verify.fields import Fields
from harness.verify.rules import Rows
from harness.wire.message import Message

Key = Callable[[Message], Hashable]


@dataclass(slots=True)
class Pairing:
    """Messages of one name that two gateways said in one answer.

    Args:
        missing: those of the recording that belong to none.
        extra: those of the simulator that belong to none.
        pairs: those that belong together, the recorded one first.
    """

    missing: list[Message]
    extra: list[Message]
    pairs: list[tuple[Message, Message]] = field(default_factory=list)


def paired(recorded: Sequence[Message], simulated: Sequence[Message], rule: Rows, fields: Fields) -> Pairing:
    """Pair the messages of one name; of those that repeat, only the first of a kind."""

    def key(message: Message) -> Hashable:
        return known_by(rule, message)

    if rule.repeats:
        recorded, simulated = _firsts(recorded, key), _firsts(simulated, key)
    pairing = Pairing(list(recorded), list(simulated))
    if not rule.repeats:
        _pair_equal(pairing, fields.of_recorded, fields.of_simulated)
    if rule.repeats or rule.by:
        _pair_equal(pairing, key, key)
    if not rule.repeats:
        _pair_in_order(pairing, rule, fields)
    return pairing


def known_by(rule: Rows, message: Message) -> str:
    """Return by which values a message is known, in words; nothing if it is one of its name."""
    return ", ".join(f"{name} {message.values[name]}" for name in rule.by if name in message.values)


def _firsts(messages: Sequence[Message], key: Key) -> list[Message]:
    found: dict[Hashable, Message] = {}
    for message in messages:
        found.setdefault(key(message), message)
    return list(found.values())


def _pair_equal(pairing: Pairing, of_recorded: Key, of_simulated: Key) -> None:
    waiting: dict[Hashable, deque[int]] = defaultdict(deque)
    for place, message in enumerate(pairing.extra):
        waiting[of_simulated(message)].append(place)
    taken, missing = set[int](), list[Message]()
    for message in pairing.missing:
        places = waiting.get(of_recorded(message))
        if places:
            taken.add(places[0])
            pairing.pairs.append((message, pairing.extra[places.popleft()]))
        else:
            missing.append(message)
    pairing.missing = missing
    pairing.extra = [message for place, message in enumerate(pairing.extra) if place not in taken]


def _pair_in_order(pairing: Pairing, rule: Rows, fields: Fields) -> None:
    """Pair what is left; where there is a key, only messages of which all else is alike."""
    missing, extra = list[Message](), list[Message]()
    for one, other in zip(pairing.missing, pairing.extra, strict=False):
        if not rule.by or fields.differ(one, other) <= set(rule.by):
            pairing.pairs.append((one, other))
        else:
            missing.append(one)
            extra.append(other)
    both = min(len(pairing.missing), len(pairing.extra))
    pairing.missing, pairing.extra = missing + pairing.missing[both:], extra + pairing.extra[both:]
