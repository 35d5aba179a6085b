"""Compares what two gateways said: request by request, message by message, field by field."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from harness.recordings.exchange import Dialogue, Exchange, Fate, Told
from harness.verify.fields import Fields, Verdict
from harness.verify.outcome import Count, Difference, Kind
from harness.verify.pairing import known_by, paired
from harness.verify.rules import START, UNASKED, Rows, rules
from harness.wire.codec import Codec
from harness.wire.message import Message, Sender, UnknownMessage, Value
from harness.wire.wire_errors import ProtocolError

VERSION_REPLY = "version_reply"

_SHOWN = 80
"""Characters of a value that are shown."""

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
        for one, other in _asked_of_both(recorded, simulated):
            self._exchange(one, other)
        unasked = _read(recorded, recorded.unasked), _read(simulated, simulated.unasked)
        self._messages(replace(start, request=UNASKED), *unasked, whole=whole)

    def _exchange(self, recorded: Exchange, simulated: Exchange) -> None:
        where = _Where(recorded.request.name, recorded.dialogue.connection, recorded.at)
        answers = _read(recorded.dialogue, recorded.answers), _read(simulated.dialogue, simulated.answers)
        self._messages(where, *answers, whole=recorded.fate is not Fate.CUT)

    def _messages(
        self, where: _Where, recorded: Iterable[Message], simulated: Iterable[Message], *, whole: bool
    ) -> None:
        """Compare answers; if something of the recorded one may be lacking, nothing is extra."""
        by_name: dict[str, tuple[list[Message], list[Message]]] = defaultdict(lambda: ([], []))
        for side, messages in enumerate((recorded, simulated)):
            for message in messages:
                by_name[message.name][side].append(message)
        fields = Fields(where.request, self._accounts)
        for name, sides in by_name.items():
            rule = rules().rows_of(where.request, name)
            pairing = paired(*sides, rule, fields)
            for one, other in pairing.pairs:
                self._pair(where, fields, one, other)
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


def _asked_of_both(recorded: Dialogue, simulated: Dialogue) -> Iterator[tuple[Exchange, Exchange]]:
    """Yield the requests that could be asked of both; they came at the same moments, in the same order."""
    waiting = deque(simulated.exchanges)
    for exchange in recorded.exchanges:
        if waiting and waiting[0].at == exchange.at and waiting[0].request.name == exchange.request.name:
            yield exchange, waiting.popleft()


def _start(dialogue: Dialogue) -> Iterator[Message]:
    """Yield what a gateway says at the start: its version reply, too."""
    if dialogue.reply is not None:
        reply = dialogue.reply
        values: dict[str, Value] = {"server_version": reply.server_version, "connection_time": reply.connection_time}
        yield Message(VERSION_REPLY, values)
    yield from _read(dialogue, dialogue.greeting)


def _read(dialogue: Dialogue, told: Iterable[Told]) -> Iterator[Message]:
    """Yield messages; one that cannot be read, or that nobody knows, has no field of another."""
    codec = Codec(dialogue.server_version)
    for each in told:
        try:
            message = codec.decode(each.payload, Sender.GATEWAY)
        except ProtocolError as problem:
            yield Message(each.name, {_UNREADABLE: problem.reason})
            continue
        if isinstance(message, UnknownMessage):
            yield Message(f"message {message.id}")
        elif message.surplus:
            yield Message(message.name, {**message.values, _SURPLUS: ", ".join(message.surplus)})
        else:
            yield message


def _shown(value: Value) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
