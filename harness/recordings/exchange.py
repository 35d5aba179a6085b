"""Defines what is understood of a recording: connections, requests, and the messages that answer each."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from math import inf
from typing import NamedTuple, overload

from harness.recordings.meaning import LIVE, Meaning, meaning_of
from harness.wire.catalogue import MessageType, catalogue
from harness.wire.codec import Codec
from harness.wire.hello import Hello, VersionReply
from harness.wire.message import Message, Sender
from harness.wire.wire_errors import ProtocolError

READY = frozenset({"managed_accounts", "next_valid_id"})
"""What a client is told before it can go on."""

PATIENCE = 1.0
"""Seconds without a message after which a gateway that says nothing was silent; before, the recording may have ended
too early to tell."""


class Fate(StrEnum):
    """What became of a request."""

    ENDED = "ended"
    """Its answer came to its end."""
    FLOWS = "flows"
    """It was answered, and its answer has no end of its own."""
    REFUSED = "refused"
    """Errors came and nothing else."""
    UNFINISHED = "unfinished"
    """Its answer began, and the gateway did not end it."""
    SILENT = "silent"
    """Nothing came, though something should."""
    TAKEN = "taken"
    """Nothing came, as nothing should."""
    CUT = "cut"
    """The recording, or what is left of it, ends before one can tell."""


class Told(NamedTuple):
    """A message of the gateway; a tuple, which is made three times as fast as a dataclass: a day has a million.

    Args:
        delay: seconds since the request that it answers; since the hello, if it answers none.
        after: how many requests the client had sent.
        name: as in the catalogue; empty if it has no such message.
        number: the id of the request or order that it is about; ``None`` if there is none.
        payload: as it came.
        line: how many lines of the recording come before it.
    """

    delay: float
    after: int
    name: str
    number: int | None
    payload: bytes
    line: int = 0

    def counted(self, since: float, after: int) -> Told:
        """Return it with the delay since a moment, where the delay was the moment at which it came."""
        return Told(self.delay - since, after, self.name, self.number, self.payload, self.line)


class Messages(Sequence[Told]):
    """Messages of the gateway that belong together, in their order.

    Args:
        kept: whether they stay in memory; otherwise they have no items, and only what is known of all stays.
    """

    __slots__ = ("_kept", "last", "lines", "names")

    def __init__(self, *, kept: bool = True) -> None:
        self._kept: list[Told] | None = [] if kept else None
        self.lines = array("I")
        """The line of each."""
        self.names: set[str] = set()
        self.last = 0.0
        """The delay of the last."""

    def append(self, told: Told) -> None:
        """Add the next message."""
        if self._kept is not None:
            self._kept.append(told)
        self.lines.append(told.line)
        self.names.add(told.name)
        self.last = told.delay

    def __bool__(self) -> bool:
        return bool(self.lines)

    def __len__(self) -> int:
        return len(self._kept or ())

    def __iter__(self) -> Iterator[Told]:
        return iter(self._kept or ())

    @overload
    def __getitem__(self, place: int) -> Told: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Told]: ...

    def __getitem__(self, place: int | slice) -> Told | Sequence[Told]:
        return (self._kept or [])[place]


@dataclass(eq=False, kw_only=True)
class Exchange:
    """A request, and the gateway's messages that answer it, in their order.

    Args:
        dialogue: the connection.
        place: how many requests came before it there.
        at: when it came, in seconds since the recording began.
        request: as it was read.
        line: how many lines of the recording come before it.
        number: its id, or that of its order; ``None`` if it has none.
        data_type: the market data type that the client had asked for.
        follows: the request that it changes or cancels.
        answers: what came.
        ended: whether a message came that ends the answer.
        cut: whether a message that may belong to it is not in the recording.
    """

    dialogue: Dialogue
    place: int
    at: float
    request: Message
    number: int | None
    line: int = 0
    data_type: int = LIVE
    follows: Exchange | None = None
    answers: Messages = field(default_factory=Messages)
    ended: bool = False
    cut: bool = False

    @property
    def kind(self) -> MessageType:
        """The request's place in the catalogue."""
        return catalogue().by_name[self.request.name]

    @cached_property
    def meaning(self) -> Meaning:
        """What it asks."""
        return meaning_of(self.request, self.data_type)

    @property
    def wants_answer(self) -> bool:
        """Whether a gateway answers such a request."""
        kind = self.kind
        return bool(kind.ends or kind.answers) and not kind.is_cancel(self.request.values)

    @property
    def fate(self) -> Fate:
        """What became of it."""
        if self.cut:
            return Fate.CUT
        if self.ended:
            return Fate.ENDED
        if self.answers.names == {"error"}:
            return Fate.REFUSED
        last = self.at + self.answers.last
        tells = self.dialogue.heard_until - last >= PATIENCE
        if not self.answers:
            return (Fate.SILENT if tells else Fate.CUT) if self.wants_answer else Fate.TAKEN
        if not self.kind.has_end(self.request.values):
            return Fate.FLOWS
        return Fate.UNFINISHED if tells else Fate.CUT


@dataclass(eq=False, kw_only=True)
class Dialogue:
    """A connection that began with a hello.

    Args:
        connection: its number in the recording.
        library: the library and version that asked, if the recording knows.
        at: when the hello came, in seconds since the recording began.
        hello: what the client announced.
        reply: the version reply; ``None`` if none came that can be read.
        start: what the client sent to start the API; ``None`` if it did not.
        greeting: what the gateway said unasked at the start.
        exchanges: the requests after the start, in their order.
        unasked: what else the gateway said unasked.
        ended_by: who ended the connection first; ``None`` if nobody did while it was recorded.
        heard_until: when the connection ended, or the recording.
        omitted: how many of the gateway's messages are not in the recording.
    """

    connection: int
    library: str
    at: float
    hello: Hello
    reply: VersionReply | None = None
    start: Message | None = None
    greeting: Messages = field(default_factory=Messages)
    exchanges: list[Exchange] = field(default_factory=list)
    unasked: Messages = field(default_factory=Messages)
    ended_by: Sender | None = None
    heard_until: float = inf
    omitted: int = 0

    @property
    def server_version(self) -> int:
        """The negotiated version; 0 if none was."""
        return self.reply.server_version if self.reply else 0

    @property
    def client_id(self) -> int | None:
        """The client's id; ``None`` if it named none."""
        return self.start.number("client_id") if self.start else None

    @property
    def ready(self) -> bool:
        """Whether the gateway told the client all that it needs to go on."""
        return self.greeting.names >= READY

    @property
    def cut_at_start(self) -> bool:
        """Whether the client was not told all that it needs, and the recording may be why."""
        if self.ready or self.ended_by is Sender.GATEWAY:
            return False
        last = self.at + self.greeting.last
        return self.omitted > 0 or self.heard_until - last < PATIENCE

    def read(self, told: Told) -> Message | None:
        """Read a message that the gateway sent here; ``None`` if it cannot be read, or is not in the catalogue."""
        try:
            message = Codec(self.server_version).decode(told.payload, Sender.GATEWAY)
        except ProtocolError:
            return None
        return message if isinstance(message, Message) else None
