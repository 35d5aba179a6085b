"""Makes the entries of a recording of a transcript, which keeps the bytes of each read as they came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.recordings.cutting import Cutting
from harness.recordings.recording import Ended, Entry, Framed, Omitted, Opened
from harness.wire.message import Sender
from harness.wire.transcript import Change, Chunk, Event, LeftOut, Leg, Passed, Transcript

NOT_KEPT = "it came after what the transcript kept of the connection"


def transcript_entries(transcript: Transcript) -> Iterator[Entry]:
    """Yield all entries, in the order of time; ``at`` counts from the beginning of the transcript."""
    entries = sorted(transcript.entries, key=lambda entry: entry.at)  # what was passed on is told at the end
    cutting, opened = Cutting(), set[int]()
    for entry in entries:
        if isinstance(entry, Leg):
            continue
        if entry.connection not in opened:
            opened.add(entry.connection)
            yield from cutting.event(Opened(at=entry.at, connection=entry.connection))
        match entry:
            case Chunk():
                yield from cutting.feed(entry.at, entry.connection, entry.sender, entry.data)
            case LeftOut():
                yield from _left_out(entry, cutting)
            case Passed():
                yield from _passed(entry)
            case Event():
                yield from _event(entry, cutting)


def _left_out(entry: LeftOut, cutting: Cutting) -> Iterator[Entry]:
    size, count = (0, 0) if entry.indexed else (entry.count, 1)
    gone = Omitted(at=entry.at, connection=entry.connection, sender=entry.sender, size=size, count=count, why=NOT_KEPT)
    skipped = list(cutting.skip(gone))
    if not entry.indexed:  # otherwise each message is told, also the one of which only the beginning was kept
        yield from skipped


def _passed(entry: Passed) -> Iterator[Entry]:
    at, connection, sender = entry.at, entry.connection, Sender.GATEWAY
    if entry.payload:
        yield Framed(at=at, connection=connection, sender=sender, payload=entry.payload)
    count, size = entry.count - bool(entry.payload), max(0, entry.size - len(entry.payload))
    if count > 0:
        yield Omitted(
            at=at, connection=connection, sender=sender, size=size, kind=entry.kind, count=count, why=NOT_KEPT
        )


def _event(entry: Event, cutting: Cutting) -> Iterator[Entry]:
    if entry.change is Change.OPENED:
        return
    ended = Ended(at=entry.at, connection=entry.connection, change=entry.change, by=entry.by)
    yield from cutting.event(replace(ended, change=Change.CLOSED) if entry.change is Change.CUT_OFF else ended)
