"""Compares what two gateways said: request by request, message by message, field by field."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

from harness.recordings.exchange import Dialogue, Exchange, Fate, Told
from harness.verify.fields import Fields, Verdict
from harness.verify.outcome import Count, Difference, Kind
from harness.verify.pairing import Row, Span, known_by, paired
from harness.verify.rules import START, UNASKED, Rows, rules
from harness.wire.codec import Codec
from harness.wire.message import Message, Sender, UnknownMessage, Value
from harness.wire.wire_errors import ProtocolError

VERSION_REPLY = "version_reply"

_SHOWN = 80
"""Characters of a value that are shown."""

_AT_ONCE = 0.002, 0.0
"""Seconds within which a gateway sends what it sends at once: a recorded one, and one by a clock that is stepped."""

_UNREADABLE, _SURPLUS = "cannot be read", "surplus"


@dataclass(frozen=True, slots=True)
class _Where:
    """What was asked, and when."""

    request: str
    connection: int
    at: float


class Comparison:
    """Adds up what differs.

    Args:
        accounts: the simulated account that stands for each recorded one.
    """

    def __init__(self, accounts: Mapping[str, str]) -> None:
        self.counts: dict[str, Count] = defaultdict(Count)
        self._accounts = accounts
        self._found: dict[tuple[Kind, str, str, str, tuple[str, ...]], Difference] = {}

    @property
    def differences(self) -> tuple[Difference, ...]:
        """What differs, each once, in the order in which it came."""
        return tuple(self._found.values())

    def connection(self, recorded: Dialogue, simulated: Dialogue) -> None:
        """Compare all that was said on a connection."""
        start = _Where(START, recorded.connection, recorded.at)
        whole = recorded.omitted == 0
        self._messages(start, _start(recorded), _start(simulated), whole=whole)
        changed = {id(_first(each)): each.at for each in recorded.exchanges if each.follows is not None}
        for asked in _together(recorded, simulated):
            first = asked[0][0]
            self._exchange(asked, until=changed.get(id(first), recorded.heard_until) - first.at)
        unasked = _read(recorded, recorded.unasked), _read(simulated, simulated.unasked)
        self._messages(replace(start, request=UNASKED), *unasked, whole=whole)

    def _exchange(self, asked: Sequence[tuple[Exchange, Exchange]], *, until: float) -> None:
        """Compare the answers to a request and to those that change or cancel it, each as it was asked of both."""
        first = asked[0][0]
        where = _Where(first.request.name, first.dialogue.connection, first.at)
        sides = ([one for one, _ in asked], [other for _, other in asked])
        whole = all(one.fate is not Fate.CUT for one in sides[0])
        self._messages(where, *map(_answers, sides), until=until, whole=whole)

    def _messages(
        self, where: _Where, recorded: Iterable[Row], simulated: Iterable[Row], *, whole: bool, until: float = inf
    ) -> None:
        """Compare answers that went on until a moment; if some of the recorded one may be lacking, nothing is extra."""
        by_name: dict[str, tuple[list[Row], list[Row]]] = defaultdict(lambda: ([], []))
        sides = list(recorded), list(simulated)
        for side, rows in enumerate(sides):
            for row in rows:
                by_name[row.message.name][side].append(row)
        ours, theirs = (
            Span(began=rows[0].delay if rows else 0.0, ended=until, at_once=at_once)
            for rows, at_once in zip(sides, _AT_ONCE, strict=True)
        )
        fields = Fields(where.request, self._accounts)
        for name, pair in by_name.items():
            rule = rules().rows_of(where.request, name)
            pairing = paired(*pair, rule, fields, (ours, theirs))
            for one, other in pairing.pairs:
                self._pair(where, fields, one, other)
            self.counts[name].own += pairing.by_chance
            self._alone(where, rule, Kind.MISSING, pairing.missing)
            self._alone(where, rule, Kind.EXTRA, pairing.extra if whole else ())

    def _pair(self, where: _Where, fields: Fields, one: Message, other: Message) -> None:
        count, same = self.counts[one.name], True
        for each in fields.compared(one, other):
            match each.verdict:
                case Verdict.EQUAL:
                    count.fields_equal += 1
                case Verdict.ALIKE:
                    count.fields_alike += 1
                case Verdict.DIFFERENT:
                    same = False
                    count.fields_different += 1
                    shown = _shown(each.recorded), _shown(each.simulated)
                    self._note(where, Kind.DIFFERENT, one.name, each.path, *shown)
        count.equal += same
        count.different += not same

    def _alone(self, where: _Where, rule: Rows, kind: Kind, messages: Iterable[Message]) -> None:
        for message in messages:
            count = self.counts[message.name]
            if rule.own:
                count.own += 1
                continue
            count.missing += kind is Kind.MISSING
            count.extra += kind is Kind.EXTRA
            known = known_by(rule, message)
            shown = (known, "") if kind is Kind.MISSING else ("", known)
            self._note(where, kind, message.name, ", ".join(rule.by), *shown, each=rule.repeats)

    def _note(  # noqa: PLR0917
        self, where: _Where, kind: Kind, message: str, field: str, recorded: str, simulated: str, *, each: bool = False
    ) -> None:
        """Note a difference, or that it came again; ``each`` value counts for itself, where they are few."""
        key = kind, message, field, where.request, (recorded, simulated) if each else ()
        before = self._found.get(key)
        if before is not None:
            self._found[key] = replace(before, times=before.times + 1)
            return
        self._found[key] = Difference(
            kind=kind,
            message=message,
            field=field,
            recorded=recorded,
            simulated=simulated,
            request=where.request,
            connection=where.connection,
            at=where.at,
        )


def _together(recorded: Dialogue, simulated: Dialogue) -> Iterator[Sequence[tuple[Exchange, Exchange]]]:
    """Yield each request that was asked of both, with those that change or cancel it.

    They share a number, so a message that was on its way when the next one was sent may be of either.
    """
    groups: dict[int, list[tuple[Exchange, Exchange]]] = defaultdict(list)
    waiting = deque(simulated.exchanges)
    for exchange in recorded.exchanges:  # both have the same moments, in the same order
        if waiting and waiting[0].at == exchange.at and waiting[0].request.name == exchange.request.name:
            groups[id(_first(exchange))].append((exchange, waiting.popleft()))
    yield from groups.values()


def _first(exchange: Exchange) -> Exchange:
    while exchange.follows is not None and exchange.follows.dialogue is exchange.dialogue:
        exchange = exchange.follows
    return exchange


def _answers(asked: Sequence[Exchange]) -> Iterator[Row]:
    """Yield the answers to requests that belong together, by the time since the first."""
    for exchange in asked:
        later = exchange.at - asked[0].at
        yield from (replace(row, delay=row.delay + later) for row in _read(exchange.dialogue, exchange.answers))


def _start(dialogue: Dialogue) -> Iterator[Row]:
    """Yield what a gateway says at the start: its version reply, too."""
    if dialogue.reply is not None:
        reply = dialogue.reply
        values: dict[str, Value] = {
            "server_version": reply.server_version,
            "connection_time": reply.connection_time,
        }
        yield Row(Message(VERSION_REPLY, values), 0.0)
    yield from _read(dialogue, dialogue.greeting)


def _read(dialogue: Dialogue, told: Iterable[Told]) -> Iterator[Row]:
    codec = Codec(dialogue.server_version)
    return (Row(_message(codec, each), each.delay) for each in told)


def _message(codec: Codec, told: Told) -> Message:
    """Return a message; one that cannot be read, or that nobody knows, has no field of another."""
    try:
        message = codec.decode(told.payload, Sender.GATEWAY)
    except ProtocolError as problem:
        return Message(told.name, {_UNREADABLE: problem.reason})
    if isinstance(message, UnknownMessage):
        return Message(f"message {message.id}")
    return (
        Message(message.name, {**message.values, _SURPLUS: ", ".join(message.surplus)}) if message.surplus else message
    )


def _shown(value: Value) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
