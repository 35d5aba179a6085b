"""Derives facts about library and gateway from a cell's transcript."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.diagnose.requests_sent import as_sent, is_invalid, may_refuse_unnumbered, named, only_warns
from harness.shared.evidence import Became, Further, Invalid, Request, Way, WireFacts
from harness.wire.catalogue import catalogue
from harness.wire.hello import Hello, VersionReply
from harness.wire.message import Message, Sender, Value
from harness.wire.transcript import Change, Event, LeftOut, Leg, Passed, Transcript
from harness.wire.transcript_words import Line, in_words
from harness.wire.wire_errors import ProtocolError

_NUMBERS = ("req_id", "order_id")
_IN_USE, _UNREADABLE = 326, 320
_NO_REQUEST = -1
_TO_BE_READY = frozenset({"managed_accounts", "next_valid_id"})


def wire_facts(transcript: Transcript) -> WireFacts:
    """Return the facts from a transcript.

    They are about its first connection with a hello, over which the requests go. Checks that open more connections
    provoke errors and ends there, so those are reported separately.
    """
    return facts_of(transcript, in_words(transcript))


def facts_of(transcript: Transcript, lines: Sequence[Line]) -> WireFacts:
    """Return the facts from a transcript that has been decoded already."""
    hellos = list(dict.fromkeys(line.connection for line in lines if isinstance(line.spoken, Hello)))
    first = next(iter(hellos), 1)
    opened = _opened(transcript)
    turned_away = (number for number in opened if number > first and _ended_by_gateway(transcript, number))
    heard: dict[int, _Heard] = {number: _Heard() for number in (first, *hellos, *turned_away)}
    for line in lines:
        if line.connection in heard:
            heard[line.connection].take(line)
    own, began = heard.pop(first), transcript.began.timestamp()
    flood = _flood(transcript)
    left_out = _left_out(transcript, first)
    return WireFacts(
        hello=own.hello,
        reply=bool(own.reply_pieces),
        reply_pieces=own.reply_pieces,
        started=own.started,
        accounts=own.accounts,
        next_valid_id=own.next_valid_id,
        hello_at=began + own.hello_at if own.hello else 0.0,
        answered_at=began + own.answered_at if own.answered_at else 0.0,
        ended_by_gateway=_ended_by_gateway(transcript, first),
        errors=frozenset(own.errors),
        unread=own.unread,
        unread_sent=own.unread_sent,
        flood="" if flood is None else flood.reason or "",
        flooded_at=0.0 if flood is None else began + flood.at,
        requests=_requests(own, began),
        whole=not left_out,
        indexed=bool(left_out) and all(entry.indexed for entry in left_out),
        further=_further_connections(transcript, heard, opened),
        to_client=_way(transcript, Sender.CLIENT),
        to_gateway=_way(transcript, Sender.GATEWAY),
    )


def _way(transcript: Transcript, to: Sender) -> Way:
    """Return how good the network to a side was; a good one is not recorded."""
    legs = [entry for entry in transcript.entries if isinstance(entry, Leg) and entry.to is to]
    slowest = max((leg.round_trip for leg in legs), default=0.0)
    return Way(round_trip=slowest, lost=sum(leg.lost for leg in legs))


def _further_connections(
    transcript: Transcript, heard: Mapping[int, _Heard], opened: Mapping[int, float]
) -> tuple[Further, ...]:
    """Return the outcomes of the connections beside or after the first, in the order in which they began."""
    began = transcript.began.timestamp()
    further = (
        Further(
            at=began + opened[number],
            became=_became(each, ended_by_gateway=_ended_by_gateway(transcript, number)),
            after=each.ready_after,
            requests=_requests(each, began),
            errors=tuple((error.code, error.text) for error in each.answered if error.code is not None),
            whole=all(entry.indexed for entry in _left_out(transcript, number)) and not each.unread,
        )
        for number, each in heard.items()
    )
    return tuple(sorted(further, key=lambda each: each.at))


def _opened(transcript: Transcript) -> dict[int, float]:
    """Return when each connection was opened.

    The time of its hello would not do: if the gateway ends the connection, the hello may be read after its check ended.
    """
    opened: dict[int, float] = {}
    for entry in transcript.entries:
        opened.setdefault(entry.connection, entry.at)
    return opened


def _left_out(transcript: Transcript, connection: int) -> list[LeftOut]:
    return [entry for entry in transcript.entries if isinstance(entry, LeftOut) and entry.connection == connection]


def _became(heard: _Heard, *, ended_by_gateway: bool) -> Became:
    if heard.ready_after is not None:
        return Became.READY
    if _IN_USE in heard.errors:
        return Became.IN_USE
    return Became.ENDED if ended_by_gateway else Became.NEVER


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A message: its name, its time, the number of its request or order, and for an error its code and text.

    If it cannot be read, ``problem`` says why, and ``values`` has the fields before the one that cannot.
    """

    name: str
    at: float
    number: int | None
    code: int | None = None
    text: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)
    problem: ProtocolError | None = None

    @classmethod
    def of(cls, message: Message, line: Line) -> _Spoken:
        number = next((message.number(key) for key in _NUMBERS if key in message.values), None)
        if message.name == "error":
            return cls(message.name, line.at, number, message.number("code"), message.text("text"))
        values = message.values if line.sender is Sender.CLIENT else {}
        return cls(message.name, line.at, number, values=values)

    @classmethod
    def broken(cls, read: Message, problem: ProtocolError, at: float) -> _Spoken:
        number = next((value for key in _NUMBERS if isinstance(value := read.values.get(key), int)), None)
        return cls(read.name, at, number, values=read.values, problem=problem)

    def may_answer(self, asked: _Spoken) -> bool:
        return self.at >= asked.at and (None in {self.number, asked.number} or self.number == asked.number)


@dataclass(slots=True)
class _Heard:
    """What was read of a connection so far."""

    hello: bool = False
    reply_pieces: int = 0
    started: bool = False
    accounts: bool = False
    next_valid_id: bool = False
    unread: int = 0
    unread_sent: int = 0
    errors: set[int] = field(default_factory=set)
    version: int = 0
    hello_at: float = 0.0
    answered_at: float = 0.0
    ready_after: float | None = None
    asked: list[_Spoken] = field(default_factory=list)
    answered: list[_Spoken] = field(default_factory=list)

    def take(self, line: Line) -> None:
        match line.spoken:
            case Hello():
                self.hello_at = self.hello_at if self.hello else line.at
                self.hello = True
            case VersionReply() as reply:
                self.version, self.answered_at = reply.server_version, line.at
                self.reply_pieces = self.reply_pieces or line.pieces
            case Message() as message if line.sender is Sender.CLIENT:
                self.started = self.started or message.name == "start_api"
                if catalogue().by_name[message.name].has_end(message.values):
                    self.asked.append(_Spoken.of(message, line))
            case Message() as message:
                self._answer(message, line)
            case None if line.passed is not None:
                self._passed(line.passed)
            case None if line.sender is Sender.CLIENT and line.problem is not None and line.problem.read is not None:
                self._broken(line.problem.read, line.problem, line.at)
            case None if line.sender is Sender.GATEWAY and not line.left_out:
                self.unread += 1
            case None if line.sender is Sender.CLIENT and line.problem is not None:
                self.unread_sent += 1  # it may be any request
            case _:
                pass  # a message that the catalogue lacks is shown in words, and decides nothing

    def _broken(self, read: Message, problem: ProtocolError, at: float) -> None:
        """Record a request that cannot be read; it was sent nevertheless."""
        kind = catalogue().by_name[read.name]
        if kind.has_end({**kind.defaults, **read.values}):
            self.asked.append(_Spoken.broken(read, problem, at))

    def _passed(self, passed: Passed) -> None:
        """Record messages of which only the name is known. Repeated ones are not listed singly, and end no answer."""
        kind = catalogue().by_id.get((Sender.GATEWAY, passed.kind))
        if kind is not None and passed.count == 1:
            self.answered.append(_Spoken(kind.name, passed.at, passed.number))

    def _answer(self, message: Message, line: Line) -> None:
        self.answered.append(_Spoken.of(message, line))
        match message.name:
            case "managed_accounts":
                self.accounts = self.accounts or bool(message.text("accounts").strip(","))
            case "next_valid_id":
                self.next_valid_id = True
            case "error":
                self.errors.add(message.number("code"))
            case _:
                pass
        if message.name in _TO_BE_READY and self.ready_after is None:
            self.answered_at = line.at
        if self.ready_after is None and self.accounts and self.next_valid_id:
            self.ready_after = line.at - self.hello_at


_Pair = tuple[_Spoken, _Spoken | None]
"""A request, and the end of its answer."""


def _matched(heard: _Heard) -> list[_Pair]:
    """Match each request that has an answer with the first end of one after it that no earlier request took."""
    ends = {asked.name: catalogue().by_name[asked.name].ends_at(heard.version) for asked in heard.asked}
    wanted = frozenset().union(*ends.values())
    left = [each for each in heard.answered if each.name in wanted]
    pairs = list[_Pair]()
    for asked in heard.asked:
        if not ends[asked.name]:
            continue
        fits = (place for place, each in enumerate(left) if each.name in ends[asked.name] and each.may_answer(asked))
        place = next(fits, None)
        pairs.append((asked, None if place is None else left.pop(place)))
    return pairs


def _requests(heard: _Heard, began: float) -> tuple[Request, ...]:
    """Return the outcome of each request; one whose answer ended was not refused, whatever errors came for it."""
    pairs = _matched(heard)
    refused = _refused([asked for asked, end in pairs if end is None], heard.answered)
    return tuple(_request(asked, end, refused.get(id(asked)), began) for asked, end in pairs)


def _request(asked: _Spoken, end: _Spoken | None, error: _Spoken | None, began: float) -> Request:
    fields = named(error.text, asked.values) if error else ()
    if asked.problem is not None and (wrong := asked.problem.field):
        own = as_sent(wrong, asked.values[wrong])
        fields = (own, *(each for each in fields if each != own))
    return Request(
        name=asked.name,
        at=began + asked.at,
        after=end.at - asked.at if end else None,
        refused=error.at - asked.at if error else None,
        why="; ".join([f"error {error.code}: {error.text}", *fields]) if error else "",
        invalid=_invalid(asked, error, fields),
        fields=fields,
    )


def _invalid(asked: _Spoken, error: _Spoken | None, fields: Sequence[str]) -> Invalid | None:
    """Return what is wrong with a request; if the gateway refused it for another reason, it could read it."""
    if error is not None and not is_invalid(error.code or 0):
        return None
    if asked.problem is not None:
        return Invalid.TYPE if asked.problem.field else Invalid.LAYOUT
    return Invalid.VALUE if fields and error is not None else None


def _refused(waiting: list[_Spoken], heard: list[_Spoken]) -> dict[int, _Spoken]:
    """Return the error that refused each request that waits for its answer, by the request's identity."""
    found: dict[int, _Spoken] = {}
    for error in heard:
        if error.code is None:
            continue
        before = [each for each in waiting if each.at <= error.at and id(each) not in found]
        refused = next((each for each in reversed(before) if _refuses(error, each)), None)
        if refused is not None:
            found[id(refused)] = error
    return found


def _refuses(error: _Spoken, asked: _Spoken) -> bool:
    """Return whether an error refuses a request: it is no warning, and has its number, or the request has none."""
    code = error.code or 0
    if code == _UNREADABLE and error.number == _NO_REQUEST:
        return asked.problem is not None  # who cannot read a request may not know its number either
    if asked.number is None:
        return error.number == _NO_REQUEST and may_refuse_unnumbered(code, error.text, asked.name)
    return error.number == asked.number and not only_warns(code, error.text, asked.name, asked.values)


def _flood(transcript: Transcript) -> Event | None:
    """Return the first end of a connection on which the gateway sent more than any does."""
    events = (entry for entry in transcript.entries if isinstance(entry, Event))
    return next((event for event in events if event.change is Change.CUT_OFF), None)


def _ended_by_gateway(transcript: Transcript, connection: int) -> bool:
    """Return whether the first end of a connection came from the gateway."""
    ends = (
        entry
        for entry in transcript.entries
        if isinstance(entry, Event)
        and entry.connection == connection
        and entry.change in {Change.HALF_CLOSED, Change.RESET}
    )
    first = next(ends, None)
    return first is not None and first.by is Sender.GATEWAY
