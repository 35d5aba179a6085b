"""Says what a program asked of a gateway, and what came of each request, by the transcript of its connections."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from adapters.records import READ_ONLY
from harness.recordings.exchange import READY, Dialogue, Exchange, Fate, Told
from harness.recordings.exchanges import dialogues_of
from harness.recordings.imports.transcript_entries import transcript_entries
from harness.recordings.meaning import Meaning
from harness.recordings.recording import Ended, Entry, Framed, GatewayRecorded, Manifest, Omitted, Recording
from harness.recordings.summary import made_by
from harness.shared.not_recorded import CODE as NOT_RECORDED
from harness.wire.catalogue import catalogue
from harness.wire.codec import Codec
from harness.wire.message import Message, Sender, UnknownMessage
from harness.wire.transcript import Change, Event, Transcript
from harness.wire.wire_errors import ProtocolError

CANNOT_BE_READ = 320
"""What a gateway answers to a request that it cannot read."""

NOT_SIMULATED = "is not simulated"
"""What the simulator says of a request that it does not know."""


class Outcome(StrEnum):
    """What came of a request."""

    ANSWERED = "answered"
    REFUSED = "refused"
    UNANSWERED = "not answered"
    TAKEN = "needs no answer"
    NOT_SIMULATED = "not simulated"
    NOT_RECORDED = "not in the recording"
    KEPT_BACK = "kept from the gateway"
    UNREADABLE = "not readable at its version"
    UNKNOWN = "left before one could tell"


_LACKS = frozenset({Outcome.NOT_SIMULATED, Outcome.NOT_RECORDED})

_OF_FATE = {
    Fate.ENDED: Outcome.ANSWERED,
    Fate.FLOWS: Outcome.ANSWERED,
    Fate.REFUSED: Outcome.REFUSED,
    Fate.UNFINISHED: Outcome.UNANSWERED,
    Fate.SILENT: Outcome.UNANSWERED,
    Fate.TAKEN: Outcome.TAKEN,
    Fate.CUT: Outcome.UNKNOWN,
}


@dataclass(frozen=True, slots=True, order=True)
class Notice:
    """An error message of the gateway: its code and text."""

    code: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBack:
    """A request that somebody between the program and its gateway did not let pass.

    Args:
        at: when it came, in seconds since the tap was opened.
        connection: its number.
        kind: the message's id; ``None`` if it has none.
        why: the reason.
    """

    at: float
    connection: int
    kind: int | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request.

    Args:
        at: when it came, in seconds since the tap was opened.
        name: as in the catalogue; ``message 87`` if it has none with that number.
        meaning: what it asks, without numbers that are the client's own.
        outcome: what came of it.
        errors: the errors that it got.
    """

    at: float
    name: str
    meaning: Meaning
    outcome: Outcome
    errors: tuple[Notice, ...] = ()

    @property
    def is_order(self) -> bool:
        """Whether it is an order that works once it is accepted: one that only asks for margins does not."""
        return self.name == "place_order" and ("what_if", 1.0) not in self.meaning[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A connection of the program that began with a hello.

    Args:
        speaks: the server versions that the client announced.
        server_version: the negotiated one; 0 if none was.
        client_id: its id; ``None`` if it named none.
        ready: whether it was told all that it needs to begin.
        ready_after: how many seconds that took, since its hello; ``None`` if it was not.
        heard: how many messages the gateway sent.
        lasted: for how many seconds messages came, since the hello.
        requests: what it asked, in its order.
        notices: errors that answer no request.
        ended_by: who ended it first; ``None`` if nobody did, or nobody saw it.
        held_back: why somebody between the two ended it; empty if nobody did.
    """

    speaks: tuple[int, int]
    server_version: int
    client_id: int | None
    ready: bool
    requests: tuple[Request, ...] = ()
    notices: tuple[Notice, ...] = ()
    ended_by: Sender | None = None
    held_back: str = ""
    ready_after: float | None = field(default=None, compare=False)
    heard: int = field(default=0, compare=False)
    lasted: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a program asked on all of its connections.

    Args:
        connections: those that began with a hello.
        others: how many did not: another protocol, or nothing was said.
        refused: how many the gateway did not take.
        whole: whether all that the program sent was kept.
    """

    connections: tuple[Connection, ...] = ()
    others: int = 0
    refused: int = 0
    whole: bool = True

    @property
    def requests(self) -> tuple[Request, ...]:
        """All requests, connection by connection."""
        return tuple(request for connection in self.connections for request in connection.requests)

    @property
    def notices(self) -> frozenset[Notice]:
        """The notices that the gateway sent."""
        return frozenset(notice for connection in self.connections for notice in connection.notices)

    @property
    def lacks(self) -> frozenset[str]:
        """The names of requests that the gateway could not answer because it is none: not simulated, not recorded."""
        return frozenset(request.name for request in self.requests if request.outcome in _LACKS)

    @property
    def ready_after(self) -> float | None:
        """How many seconds the first connection took that got so far that a program can work; ``None`` if none did."""
        return next((each.ready_after for each in self.connections if each.ready_after is not None), None)

    @property
    def heard_each_second(self) -> float | None:
        """How many messages of the gateway came in a second, on all connections; ``None`` if none can be counted."""
        lasted = sum(each.lasted for each in self.connections)
        return sum(each.heard for each in self.connections) / lasted if lasted else None

    @property
    def made_contact(self) -> bool:
        """Whether a connection got so far that a program can work."""
        return any(connection.ready for connection in self.connections)

    @property
    def orders(self) -> int:
        """How many orders it placed or changed."""
        return sum(request.is_order for request in self.requests)

    def counts(self) -> Counter[tuple[str, Outcome]]:
        """Return how many requests of each name came to what."""
        return Counter((request.name, request.outcome) for request in self.requests)


def asked_by(transcript: Transcript, kept_back: Sequence[KeptBack] = ()) -> Asked:
    """Return what was asked in a transcript; nothing in it raises an error.

    Args:
        transcript: what crossed the tap.
        kept_back: the requests that did not, because somebody kept them from the gateway.
    """
    manifest = Manifest(made_by=made_by(), began=transcript.began, cleaned=False, gateway=GatewayRecorded())
    recording = Recording(manifest=manifest, entries=tuple(transcript_entries(transcript)))
    held_back = {
        each.connection: each.reason or ""
        for each in transcript.entries
        if isinstance(each, Event) and each.change is Change.HELD_BACK
    }
    return asked_in(recording, kept_back, held_back)


def asked_in(
    recording: Recording, kept_back: Sequence[KeptBack] = (), held_back: Mapping[int, str] | None = None
) -> Asked:
    """Return what was asked in a recording; nothing in it raises an error.

    Args:
        recording: what was said.
        kept_back: the requests that are not in it, because somebody kept them from the gateway.
        held_back: why connections were ended by somebody between the two, by their numbers.
    """
    entries, held_back = recording.entries, held_back or {}
    dialogues = dialogues_of(recording)
    more = _unknown(entries, dialogues)
    for each in kept_back:
        more[each.connection].append(_kept_back(each))
    connections = tuple(
        _connection(each, more[each.connection], held_back.get(each.connection, "")) for each in dialogues
    )
    refused = sum(isinstance(entry, Ended) and entry.change is Change.REFUSED for entry in entries)
    every = {entry.connection for entry in entries}
    whole = not any(isinstance(entry, Omitted) and entry.sender is Sender.CLIENT for entry in entries)
    others = len(every) - len(dialogues) - refused
    return Asked(connections=connections, others=others, refused=refused, whole=whole)


def _connection(dialogue: Dialogue, more: Sequence[Request], held_back: str) -> Connection:
    hello = dialogue.hello
    notices = tuple(_notices(dialogue, (*dialogue.greeting, *dialogue.unasked)))
    lacks = " ".join(notice.text for notice in notices if notice.code == NOT_RECORDED).split()
    told = (dialogue.greeting, dialogue.unasked, *(each.answers for each in dialogue.exchanges))
    requests = (*(_request(exchange, lacks) for exchange in dialogue.exchanges), *more)
    return Connection(
        speaks=(hello.min_version, hello.max_version),
        server_version=dialogue.server_version,
        client_id=dialogue.client_id,
        ready=dialogue.ready,
        requests=tuple(sorted(requests, key=lambda each: each.at)),
        notices=tuple(notice for notice in notices if notice.code != NOT_RECORDED),
        ended_by=dialogue.ended_by,
        held_back=held_back,
        ready_after=_ready_after(dialogue),
        heard=sum(len(each.lines) for each in told),
        lasted=_lasted(dialogue),
    )


def _ready_after(dialogue: Dialogue) -> float | None:
    """Return after how many seconds both messages had come that a client needs to begin; ``None`` if one did not."""
    first: dict[str, float] = {}
    for each in dialogue.greeting:
        first.setdefault(each.name, each.delay)
    return max(first[name] for name in READY) if first.keys() >= READY else None


def _lasted(dialogue: Dialogue) -> float:
    """Return for how many seconds messages came."""
    of_requests = (each.at - dialogue.at + each.answers.last for each in dialogue.exchanges)
    return max((dialogue.greeting.last, dialogue.unasked.last, *of_requests))


def _kept_back(kept: KeptBack) -> Request:
    known = None if kept.kind is None else catalogue().by_id.get((Sender.CLIENT, kept.kind))
    name = _nameless(kept.kind) if known is None else known.name
    return Request(
        at=kept.at,
        name=name,
        meaning=(name, frozenset()),
        outcome=Outcome.KEPT_BACK,
        errors=(Notice(READ_ONLY, kept.why),),
    )


def _nameless(kind: int | None) -> str:
    return "a message without a number" if kind is None else f"message {kind}"


def _request(exchange: Exchange, lacks: Sequence[str]) -> Request:
    """Say what came of a request; of one without a number, the gateway says without a number what is not recorded."""
    errors = tuple(_notices(exchange.dialogue, exchange.answers))
    is_missed = not exchange.answers and exchange.request.name in lacks
    outcome = _OF_FATE[exchange.fate]
    if any(NOT_SIMULATED in error.text for error in errors):
        outcome = Outcome.NOT_SIMULATED
    elif is_missed or any(error.code == NOT_RECORDED for error in errors):
        outcome = Outcome.NOT_RECORDED
    name, meaning = exchange.request.name, exchange.meaning
    return Request(at=exchange.at, name=name, meaning=meaning, outcome=outcome, errors=errors)


def _notices(dialogue: Dialogue, told: Iterable[Told]) -> Iterator[Notice]:
    for each in told:
        message = dialogue.read(each) if each.name == "error" else None
        if message is not None:
            yield Notice(message.number("code"), message.text("text"))


def _unknown(entries: Sequence[Entry], dialogues: Sequence[Dialogue]) -> defaultdict[int, list[Request]]:
    """Return the requests of each connection that the catalogue does not have, or that are none at its version."""
    known = {exchange.line for each in dialogues for exchange in each.exchanges}
    there = {each.connection: each for each in dialogues if each.server_version}
    found: defaultdict[int, list[Request]] = defaultdict(list)
    for line, entry in enumerate(entries):
        if line in known or not isinstance(entry, Framed) or entry.sender is not Sender.CLIENT:
            continue
        dialogue = there.get(entry.connection)
        request = None if dialogue is None else _if_unknown(entry, dialogue)
        if request is not None:
            found[entry.connection].append(request)
    return found


def _if_unknown(entry: Framed, dialogue: Dialogue) -> Request | None:
    try:
        read = Codec(dialogue.server_version).decode(entry.payload, Sender.CLIENT)
    except ProtocolError as problem:
        return _unreadable(entry, dialogue, problem)
    if not isinstance(read, UnknownMessage) or (Sender.CLIENT, read.id) in catalogue().by_id:
        return None
    name = _nameless(read.id)
    return Request(at=entry.at, name=name, meaning=(name, frozenset()), outcome=Outcome.NOT_SIMULATED)


def _unreadable(entry: Framed, dialogue: Dialogue, problem: ProtocolError) -> Request | None:
    """Return a request of which some fields are wrong or missing; what a gateway says of it has no number."""
    if not isinstance(problem.read, Message):
        return None
    said = _notices(dialogue, (*dialogue.greeting, *dialogue.unasked))
    errors = tuple(each for each in said if each.code == CANNOT_BE_READ and problem.reason in each.text)[:1]
    name = problem.read.name
    return Request(at=entry.at, name=name, meaning=(name, frozenset()), outcome=Outcome.UNREADABLE, errors=errors)
