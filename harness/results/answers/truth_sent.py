"""Extracts from a cell's transcript what the gateway sent to each check: a truth for every kind of gateway.

`heard` finds what was sent during each check, and lets the check derive what its answer should be. A check is left out
if the transcript does not show this for sure: the check has no time or sent no request, an answer did not end, or a
part of it was not kept or cannot be read. Nothing may be decided from such a transcript.

The same is found for a check that was skipped because nothing came, from what came so early that the library had the
time to tell of it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf

from harness.checks.all import BY_NAME
from harness.checks.check import CONNECTS, NOTHING_CAME, Check
from harness.checks.expected import Shape
from harness.checks.heard import Answer, NotHeardError
from harness.diagnose.requests_sent import GRAIN
from harness.shared.evidence import CheckRecord
from harness.shared.status import Status
from harness.wire.catalogue import catalogue
from harness.wire.hello import Hello, VersionReply
from harness.wire.message import Message, Sender, Value
from harness.wire.transcript import Transcript
from harness.wire.transcript_words import Line

_NUMBERS = ("req_id", "order_id")

_NOT_OURS = (LookupError, ValueError, TypeError, ArithmeticError)
"""Errors that a check may raise if a gateway sent what no record can hold. Then there is nothing to compare with."""

BEFORE = 1.0
"""Seconds before a request within which a message may still count as its answer: the library may be busy with it."""

SETTLED = 1.0
"""Seconds that a library has to process a message that it waits for, or one of a subscription.

A later one may miss the end of the check.
"""


@dataclass(frozen=True, slots=True)
class _Said:
    """A message on a connection, and its time; ``values`` is None if it could not be read."""

    at: float
    sender: Sender
    name: str
    values: Mapping[str, Value] | None
    number: int | None


def heard(transcript: Transcript, lines: Sequence[Line], checks: Iterable[CheckRecord]) -> dict[str, Shape]:
    """Return what the checks should have read, by their names; only those that the transcript shows.

    Args:
        transcript: the transcript of a cell.
        lines: the same, decoded.
        checks: the checks of the cell; one that neither passed nor was skipped because nothing came is left out.
    """
    conversations = _conversations(lines)
    began = transcript.began.timestamp()
    told: dict[str, Shape] = {}
    for record in checks:
        check = BY_NAME.get(record.name)
        if check is None or check.heard is None or not (record.status is Status.PASS or NOTHING_CAME in record.detail):
            continue
        try:
            told[record.name] = check.heard(_meanwhile(check, record, conversations, began))
        except (NotHeardError, *_NOT_OURS):
            continue
    return told


def _meanwhile(check: Check, record: CheckRecord, conversations: Sequence[_Conversation], tap_began: float) -> _During:
    """Return what was sent during a check, on the connection of its requests or on the one that it made."""
    if not conversations:
        raise NotHeardError("no hello was sent")
    if not check.ask:
        return _During(conversations[0], 0.0, inf)
    if record.began is None:
        raise NotHeardError("the time of the request is unknown")
    since = record.began - tap_began - GRAIN
    until = since + record.seconds + 2 * GRAIN
    if NOTHING_CAME in record.detail:
        return _During(conversations[0].before_all_was_over(until), since, until)
    if check.phase not in CONNECTS:
        return _During(conversations[0], since, until)
    opened = [each for each in conversations[1:] if since <= each.times[0] < until]
    if len(opened) != 1:  # a check declares how many it makes at most
        raise NotHeardError("its connection is unknown")
    return _During(opened[0], since, until)


def _conversations(lines: Iterable[Line]) -> list[_Conversation]:
    """Return the connections that began with a hello, in their order."""
    said: dict[int, list[_Said]] = defaultdict(list)
    versions: dict[int, int] = {}
    greeted: list[int] = []
    for line in lines:
        match line.spoken:
            case _ if line.left_out and line.sender is Sender.GATEWAY:
                said[line.connection].append(_Said(line.at, Sender.GATEWAY, "", None, None))
            case Hello():
                greeted.append(line.connection)
            case VersionReply() as reply:
                versions[line.connection] = reply.server_version
            case Message() as message:
                number = next((message.number(key) for key in _NUMBERS if key in message.values), None)
                said[line.connection].append(_Said(line.at, _by(line), message.name, message.values, number))
            case None if line.sender is Sender.GATEWAY:
                said[line.connection].append(_Said(line.at, Sender.GATEWAY, "", None, None))
            case _:
                pass  # events of the connection, and unknown messages, are not answers
    return [_Conversation(said[number], versions.get(number, 0)) for number in greeted if said[number]]


def _by(line: Line) -> Sender:
    assert line.sender is not None  # noqa: S101 - somebody said it
    return line.sender


@dataclass(frozen=True)
class _Conversation:
    """A connection: the messages after the version reply, in order."""

    said: Sequence[_Said]
    version: int

    @cached_property
    def times(self) -> list[float]:
        """The time of each message."""
        return [each.at for each in self.said]

    def upto(self, at: float) -> int:
        """Return the index of the first message after a moment."""
        return bisect_left(self.times, at)

    def before_all_was_over(self, until: float) -> _Conversation:
        """Return what came so early that a library had the time to tell of it, if nothing was asked after that."""
        settled = self.upto(until - SETTLED)
        for each in self.said[settled : self.upto(until)]:
            if each.sender is Sender.CLIENT and catalogue().by_name[each.name].ends_at(self.version):
                raise NotHeardError(f"{each.name} was sent so late that there was no time to read its answer")
        return _Conversation(self.said[:settled], self.version)


@dataclass(frozen=True)
class _During:
    """`harness.checks.heard.Heard` of one check; times are seconds since the tap opened."""

    conversation: _Conversation
    since: float
    until: float

    def answers(self, request: str) -> list[Answer]:
        """Return the answers to the requests of a name that the check sent."""
        spans = [(place, self._answered(place)) for place in self._requests(request)]
        if not spans:
            raise NotHeardError(f"no {request} was sent")
        own = [self._own(place, end) for place, end in spans]
        taken = {index for indexes in own for index in indexes}
        given = zip(spans, own, strict=True)
        return [Answer(self._values(place), self._rows(mine), self._beside(place, taken)) for (place, _), mine in given]

    def requests(self, name: str) -> list[Mapping[str, Value]]:
        """Return the requests of a name that the check sent."""
        return [self._values(place) for place in self._requests(name)]

    def feeds(self, request: str, cancel: str) -> list[Answer]:
        """Return what came to subscriptions until the library ended them."""
        return [self._feed(place, cancel) for place in self._requests(request)]

    def _feed(self, place: int, cancel: str) -> Answer:
        """Return what came to a subscription; if the library ends it at once, then because it has read enough."""
        said, asked = self.conversation.said, self.conversation.said[place]
        ends = (each.at for each in said[place : self._end] if (each.name, each.number) == (cancel, asked.number))
        ended = next(ends, self.until)
        settled = self.conversation.upto(ended - (SETTLED if ended - asked.at >= SETTLED else 0.0))
        own = self._own(place, self._readable(place, self._end - 1))
        rows, late = ([each for each in own if (each < settled) is read] for read in (True, False))
        return Answer(self._values(place), self._rows(rows), self._rows(late))

    def session(self, name: str) -> list[Mapping[str, Value]]:
        """Return the messages of a name until the end of the check."""
        return self._told(name, 0)

    def during(self, name: str) -> list[Mapping[str, Value]]:
        """Return the messages of a name during the check."""
        return self._told(name, self.conversation.upto(self.since))

    def _told(self, name: str, start: int) -> list[Mapping[str, Value]]:
        some = self.conversation.said[start : self._end]
        if any(each.values is None for each in some):
            raise NotHeardError("not everything that the gateway sent can be read")
        return [each.values for each in some if each.name == name and each.sender is Sender.GATEWAY and each.values]

    @property
    def _end(self) -> int:
        return self.conversation.upto(self.until)

    def _requests(self, name: str) -> Iterator[int]:
        """Yield the indices of the requests of a name."""
        for place in range(self.conversation.upto(self.since), self._end):
            if self.conversation.said[place].name == name:
                yield place

    def _values(self, place: int) -> Mapping[str, Value]:
        return self.conversation.said[place].values or {}

    def _own(self, place: int, end: int) -> list[int]:
        """Return the indices of the gateway's messages to a request, up to the end of the answer."""
        said, number = self.conversation.said, self.conversation.said[place].number
        return [
            index
            for index in range(place + 1, end + 1)
            if said[index].sender is Sender.GATEWAY
            and (None in {said[index].number, number} or said[index].number == number)
        ]

    def _beside(self, place: int, taken: set[int]) -> Mapping[str, list[Mapping[str, Value]]]:
        """Return other messages that a library may read as part of the answer, except those of an earlier answer."""
        said = self.conversation.said
        first = self.conversation.upto(said[place].at - BEFORE)
        ends = catalogue().by_name[said[place].name].ends_at(self.conversation.version)
        while place > first and (said[place - 1].name not in ends or said[place - 1].sender is Sender.CLIENT):
            place -= 1
        return self._rows(index for index in range(place, self._end) if index not in taken)

    def _rows(self, places: Iterable[int]) -> Mapping[str, list[Mapping[str, Value]]]:
        """Return messages of the gateway by name."""
        rows: dict[str, list[Mapping[str, Value]]] = defaultdict(list)
        for each in map(self.conversation.said.__getitem__, places):
            if each.sender is Sender.GATEWAY and each.values is not None:
                rows[each.name].append(_set(each.values))
        return rows

    def _answered(self, place: int) -> int:
        """Return the index of the message that ends an answer, or of the last one that counts if none does."""
        said, asked = self.conversation.said, self.conversation.said[place]
        kind = catalogue().by_name[asked.name]
        if not kind.has_end(self._values(place)):
            return self._readable(place, self.conversation.upto(self.until - SETTLED) - 1)
        ends = kind.ends_at(self.conversation.version)
        if asked.number is None and self._open_before(place, ends):
            raise NotHeardError(f"an earlier {asked.name} was still open")
        for index in range(place + 1, len(said)):
            each = said[index]
            if each.sender is Sender.GATEWAY and each.name in ends and each.number == asked.number:
                return self._readable(place, index)
        raise NotHeardError(f"the answer to {asked.name} did not end")

    def _readable(self, place: int, end: int) -> int:
        if any(each.values is None for each in self.conversation.said[place : end + 1]):
            raise NotHeardError("not the whole answer can be read")
        return end

    def _open_before(self, place: int, ends: frozenset[str]) -> bool:
        """Return whether earlier requests without a request id, of any name, were waiting for the same end.

        Two different requests ask for open orders, for example, and their answers end alike.
        """
        before = self.conversation.said[:place]
        asked = sum(self._waits_for(each, ends) for each in before)
        return sum(each.name in ends and each.sender is Sender.GATEWAY for each in before) < asked

    def _waits_for(self, said: _Said, ends: frozenset[str]) -> bool:
        """Return whether a message is a request whose answer ends with one of these messages."""
        if said.sender is not Sender.CLIENT or said.number is not None:
            return False
        kind = catalogue().by_name[said.name]
        return kind.has_end(said.values or {}) and bool(kind.ends_at(self.conversation.version) & ends)


def _set(values: Mapping[str, Value]) -> Mapping[str, Value]:
    """Return values without absent ones, as the libraries do: gateways write 0 for no strike, and ? for no right."""
    return {
        name: value
        for name, value in values.items()
        if value is not None
        and value != ""
        and not (name == "strike" and not value)
        and not (name == "right" and value in {"0", "?"})
    }
