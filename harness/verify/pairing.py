"""Finds which messages of two gateways belong together: what is alike, what has one key, and then by their order."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

from harness.verify.fields import Fields
from harness.verify.rules import Rows
from harness.wire.message import Message

Key = Callable[[Message], Hashable]

_NO_CHANCE, _APART = 3, 0.1
"""Moments at which something comes that does not come by chance, and how many seconds are between two."""

_LONG_AFTER = 2.0
"""Seconds that an answer went on after something, so that both gateways had time enough for it."""


@dataclass(frozen=True, slots=True)
class Row:
    """A message, and when it came, in seconds since it was asked for."""

    message: Message
    delay: float


@dataclass(slots=True)
class Pairing:
    """Messages of one name that two gateways said in one answer.

    Args:
        missing: those of the recording that belong to none.
        extra: those of the simulator that belong to none.
        pairs: those that belong together, the recorded one first.
        by_chance: how many kinds only one has, and perhaps only because it was asked for a moment longer.
    """

    missing: list[Message]
    extra: list[Message]
    pairs: list[tuple[Message, Message]] = field(default_factory=list)
    by_chance: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """When an answer was given, in seconds since it was asked for.

    Args:
        began: when its first message came.
        ended: when nothing of it could come any more.
        at_once: within how many seconds of the first message the others come that a gateway sends at once.
    """

    began: float
    ended: float
    at_once: float

    def by_chance(self, kind: Sequence[Row]) -> bool:
        """Return whether something came seldom, neither at once nor long before the end."""
        first = kind[0].delay
        often = len({int(row.delay / _APART) for row in kind}) >= _NO_CHANCE
        return not (often or first - self.began <= self.at_once or self.ended - first >= _LONG_AFTER)


def paired(
    recorded: Sequence[Row], simulated: Sequence[Row], rule: Rows, fields: Fields, spans: tuple[Span, Span]
) -> Pairing:
    """Pair the messages of one name in answers with these spans; of those that repeat, only the first of a kind."""

    def key(message: Message) -> Hashable:
        return known_by(rule, message)

    if not rule.repeats:
        pairing = Pairing([row.message for row in recorded], [row.message for row in simulated])
        _pair_equal(pairing, fields.of_recorded, fields.of_simulated)
        if rule.by:
            _pair_equal(pairing, key, key)
        _pair_in_order(pairing, rule, fields)
        return pairing
    ours, theirs = _kinds(recorded, key), _kinds(simulated, key)
    pairing = Pairing([rows[0].message for rows in ours.values()], [rows[0].message for rows in theirs.values()])
    _pair_equal(pairing, key, key)
    if rule.chance:
        missing = [each for each in pairing.missing if not spans[0].by_chance(ours[key(each)])]
        extra = [each for each in pairing.extra if not spans[1].by_chance(theirs[key(each)])]
        pairing.by_chance = len(pairing.missing) + len(pairing.extra) - len(missing) - len(extra)
        pairing.missing, pairing.extra = missing, extra
    return pairing


def _kinds(rows: Sequence[Row], key: Key) -> dict[Hashable, list[Row]]:
    found: dict[Hashable, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row.message)].append(row)
    return found


def known_by(rule: Rows, message: Message) -> str:
    """Return by which values a message is known, in words; nothing if it is one of its name."""
    return ", ".join(f"{name} {message.values[name]}" for name in rule.by if name in message.values)


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
