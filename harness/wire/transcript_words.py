"""Describes a transcript in words: a line for each hello, version reply, message and event; anything else as hex."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from harness.wire.catalogue import catalogue
from harness.wire.codec import Spoken
from harness.wire.conversation import Conversation, Mask, Said
from harness.wire.message import Sender
from harness.wire.transcript import Change, Chunk, Entry, Event, LeftOut, Leg, Passed, Transcript
from harness.wire.wire_errors import ProtocolError

_ARROWS = {Sender.CLIENT: "→", Sender.GATEWAY: "←", None: "·"}
_CUT = "unfinished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a transcript in words.

    Args:
        at: seconds since the tap opened, when the last byte of it came.
        connection: the connection's number.
        sender: whose words; ``None`` if something became of the connection.
        text: ``name field=value …``.
        pieces: in how many reads it came.
        spoken: the hello, reply or message itself, unmasked but for what nobody could read; ``None`` for all else.
        left_out: whether it is of what is not in the transcript, or not whole.
        passed: the messages that these were, if nothing else is known about them.
        problem: why nobody could read it, and what could be read before that; unmasked.
    """

    at: float
    connection: int
    sender: Sender | None
    text: str
    pieces: int = 1
    spoken: Spoken | None = None
    left_out: bool = False
    passed: Passed | None = None
    problem: ProtocolError | None = None

    def __str__(self) -> str:
        pieces = f" (in {self.pieces} pieces)" if self.pieces > 1 else ""
        return f"{self.at:9.4f} {self.connection} {_ARROWS[self.sender]} {self.text}{pieces}"


def in_words(transcript: Transcript, *, mask: Mask = str) -> tuple[Line, ...]:
    """Say a whole transcript in words, in the order of time; nothing that it may hold raises an error.

    Args:
        transcript: as recorded, or as read from a file.
        mask: hides account numbers in a text, as ``harness.shared.mask.Masker.text`` does. What is shown as hex is
            masked before it becomes hex.
    """
    return tuple(sorted(_lines(transcript, mask), key=lambda line: line.at))


def _lines(transcript: Transcript, mask: Mask) -> Iterator[Line]:
    conversations: dict[int, Conversation] = {}
    last: dict[int, float] = {}
    for entry in transcript.entries:
        number = entry.connection
        conversation = conversations.setdefault(number, Conversation(mask))
        last[number] = max(entry.at, last.get(number, 0.0))
        if isinstance(entry, Passed):
            yield _passed(entry, conversation)
        yield from (_line(number, said, entry) for said in _said(entry, conversation))
        if isinstance(entry, Event):
            yield Line(at=entry.at, connection=number, sender=None, text=mask(_event(entry)))
        if isinstance(entry, Leg):
            yield Line(at=entry.at, connection=number, sender=None, text=_leg(entry))
    for number, conversation in conversations.items():
        for sender in Sender:
            yield from (_line(number, said) for said in conversation.end(last[number], sender, _CUT))


def _said(entry: Entry, conversation: Conversation) -> Iterator[Said]:
    match entry:
        case Chunk():
            yield from conversation.hear(entry.at, entry.sender, entry.data)
        case LeftOut():
            yield from conversation.end(entry.at, entry.sender, _CUT)
            yield Said(at=entry.at, sender=entry.sender, text=f"{entry.count} more bytes, which were not kept")
        case Event(change=Change.HALF_CLOSED, by=Sender() as sender):
            yield from conversation.end(entry.at, sender, _CUT)
        case Event(change=Change.RESET | Change.CLOSED):
            for sender in Sender:
                yield from conversation.end(entry.at, sender, _CUT)
        case _:
            pass


def _line(number: int, said: Said, entry: Entry | None = None) -> Line:
    return Line(
        at=said.at,
        connection=number,
        sender=said.sender,
        text=said.text,
        pieces=said.pieces,
        spoken=said.spoken,
        left_out=isinstance(entry, LeftOut),
        problem=said.problem,
    )


def _passed(passed: Passed, conversation: Conversation) -> Line:
    """Say which messages came, and show one that was kept in full. An unreadable one is not a known message."""
    said = conversation.kept(passed.at, passed.payload) if passed.payload else None
    if said is not None:
        return replace(_line(passed.connection, said), left_out=said.spoken is not None)
    kind = catalogue().by_id.get((Sender.GATEWAY, passed.kind))
    name = f"message {passed.kind}" if kind is None else kind.name.replace("_", " ")
    about = "" if passed.number is None else f" for {passed.number}"
    text = f"{passed.count} of {name}{about}, {passed.size} bytes, not kept; the last of them came here"
    return Line(
        at=passed.at, connection=passed.connection, sender=Sender.GATEWAY, text=text, left_out=True, passed=passed
    )


def _leg(leg: Leg) -> str:
    return f"the way to the {leg.to.value}: {leg.round_trip * 1000:.3g} ms there and back, {leg.lost} packets lost"


def _event(event: Event) -> str:
    by = f" by the {event.by.value}" if event.by is not None else ""
    reason = f": {event.reason}" if event.reason else ""
    return f"{event.change.value}{by}{reason}"
