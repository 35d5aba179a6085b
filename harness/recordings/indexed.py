"""Reads a recording by its index: the messages are read from its lines when they are told, and not kept.

So a replay of a day takes the memory of its index, and of the few files of the archive that are being told.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from harness.recordings.archive import INDEX_FILE, RecordingFile
from harness.recordings.entry_lines import Frame, frame_of
from harness.recordings.exchange import Fate, Told
from harness.recordings.exchanges import told_of
from harness.recordings.index import ConnectionIndexed, Record, RequestIndexed
from harness.recordings.indexing import Indexing
from harness.recordings.meaning import Keys
from harness.recordings.recording import Recording
from harness.shared.errors import InputError
from harness.wire.catalogue import MessageType, catalogue
from harness.wire.codec import Codec
from harness.wire.hello import Hello
from harness.wire.message import Message, Sender
from harness.wire.wire_errors import ProtocolError

Frames = Callable[[int], Frame | None]
"""Returns the frame in a line; ``None`` if that has something else."""


class IndexedDialogue:
    """A connection that began with a hello.

    Args:
        record: what the index says of it.
        frames: reads a line.
        count: how many lines the recording has.
    """

    def __init__(self, record: ConnectionIndexed, frames: Frames, count: int) -> None:
        self.connection = record.connection
        self.at = record.at
        self.hello = Hello(min_version=record.least, max_version=record.most, options=record.options)
        self.server_version = record.server_version
        self.connection_time = record.connection_time
        self.started = record.started
        self.client_id = record.client_id
        self.ready = record.ready
        self.cut_at_start = record.cut_at_start
        self.ended_by = record.ended_by
        self.heard_until = record.heard_until
        self.exchanges: list[IndexedExchange] = []
        self._greeting = _lines(record.greeting, count)
        self._unasked = _lines(record.unasked, count)
        self._requests = array("I")
        self._frames = frames
        self.codec = Codec(record.server_version)

    def add(self, exchange: IndexedExchange) -> None:
        """Add the next request."""
        self.exchanges.append(exchange)
        self._requests.append(exchange.line)

    @property
    def greeting(self) -> Iterator[Told]:
        """What the gateway said unasked at the start."""
        return (self.told(line, self.at) for line in self._greeting)

    def unasked(self, after: int) -> Answers | None:
        """Return what else the gateway said unasked after so many requests, and before the next one."""
        if not self._unasked:
            return None
        begin, end = (self._requests[after - 1] if after else 0), self._requests[after : after + 1]
        until = bisect_left(self._unasked, end[0]) if end else len(self._unasked)
        lines = self._unasked[bisect_left(self._unasked, begin) : until]
        return Answers(self, lines, self.at) if lines else None

    def told(self, line: int, since: float) -> Told:
        """Read a message of the gateway.

        Raises:
            InputError: there is none in that line, or the recording is not as it was written.
        """
        at, payload = self.said(line)
        try:
            return told_of(at - since, payload, line, self.server_version, self.asked_before(line))
        except ProtocolError:
            raise _wrong(line) from None

    def request(self, exchange: IndexedExchange) -> bytes:
        """Read the bytes of a request; raises as `told`."""
        return self.said(exchange.line, Sender.CLIENT)[1]

    def asked_before(self, line: int) -> int:
        """Return how many requests came before a line."""
        return bisect_left(self._requests, line)

    def said(self, line: int, sender: Sender = Sender.GATEWAY) -> tuple[float, bytes]:
        """Return when a message came, and its bytes; raises as `told`."""
        frame = self._frames(line)
        if frame is None:
            raise _wrong(line)
        at, connection, by, payload = frame
        if by is not sender or connection != self.connection:
            raise _wrong(line)
        return at, payload

    def read(self, told: Told) -> Message | None:
        """Read all of such a message; ``None`` if it cannot be read, or is not in the catalogue."""
        try:
            message = self.codec.decode(told.payload, Sender.GATEWAY)
        except ProtocolError:
            return None
        return message if isinstance(message, Message) else None


@dataclass(frozen=True, slots=True)
class Answers:
    """The messages that answer a request: each is read when its turn comes, as often as one asks."""

    dialogue: IndexedDialogue
    lines: array[int]
    since: float

    def __iter__(self) -> Iterator[Told]:
        return (self.dialogue.told(line, self.since) for line in self.lines)

    def __len__(self) -> int:
        return len(self.lines)


@dataclass(eq=False, kw_only=True, slots=True)
class IndexedExchange:
    """A request, and where the messages are that answer it; see `RequestIndexed`."""

    dialogue: IndexedDialogue
    place: int
    line: int
    at: float
    name: str
    number: int | None
    follows: IndexedExchange | None
    fate: Fate
    keys: Keys
    says: frozenset[str]
    lines: array[int] = field(repr=False)

    @property
    def kind(self) -> MessageType:
        """The request's place in the catalogue."""
        return catalogue().by_name[self.name]

    @property
    def answers(self) -> Answers:
        """What came."""
        return Answers(self.dialogue, self.lines, self.at)


def indexed(recording: Recording) -> tuple[IndexedDialogue, ...]:
    """Return the connections of a recording that is in memory."""
    indexing = Indexing()
    for entry in recording.entries:
        indexing.take(entry)
    entries = recording.entries
    return _dialogues(indexing.finish(), lambda line: frame_of(entries[line]), len(entries))


def indexed_file(file: RecordingFile) -> tuple[IndexedDialogue, ...]:
    """Return the connections of a recording; the file has to stay open.

    Without an index, or with one of another version, all lines are read for it.

    Raises:
        InputError: the index says what no recording can have; and as `RecordingFile.entries`.
    """
    records = file.index() if file.has_index else file.make_index()
    try:
        return _dialogues(records, file.frame, sum(segment.lines for segment in file.manifest.segments))
    except ValueError as problem:
        raise file.wrong(f"{INDEX_FILE}: {problem}") from None


def _dialogues(records: Iterable[Record], frames: Frames, count: int) -> tuple[IndexedDialogue, ...]:
    """Put together what an index says; raises a `ValueError` if it cannot be."""
    dialogues: list[IndexedDialogue] = []
    requests: dict[int, IndexedExchange] = {}
    shared: dict[tuple[str, ...], frozenset[str]] = {}
    for record in records:
        if isinstance(record, ConnectionIndexed):
            dialogues.append(IndexedDialogue(record, frames, count))
        elif not dialogues:
            raise ValueError("a request of no connection")
        else:
            says = shared.get(record.says)
            if says is None:
                says = shared[record.says] = _names(record)
            requests[record.line] = _exchange(record, dialogues[-1], says, requests, count)
            dialogues[-1].add(requests[record.line])
    return tuple(dialogues)


def _exchange(
    record: RequestIndexed,
    dialogue: IndexedDialogue,
    says: frozenset[str],
    requests: Mapping[int, IndexedExchange],
    count: int,
) -> IndexedExchange:
    before = dialogue.exchanges[-1].line if dialogue.exchanges else -1
    follows = None if record.follows is None else requests.get(record.follows)
    known = catalogue().by_name
    if not before < record.line < count or (record.follows is not None and follows is None):
        raise ValueError(f"a request in line {record.line} that cannot be there")
    kind = known.get(record.name)
    if kind is None or kind.sender is not Sender.CLIENT:
        raise ValueError(f"what no message is called, of the request in line {record.line}")
    if record.answers and record.answers[0] <= record.line:
        raise ValueError(f"an answer before the request in line {record.line}")
    return IndexedExchange(
        dialogue=dialogue,
        place=len(dialogue.exchanges),
        line=record.line,
        at=record.at,
        name=record.name,
        number=record.number,
        follows=follows,
        fate=record.fate,
        keys=_keys(record),
        says=says,
        lines=_lines(record.answers, count),
    )


def _names(record: RequestIndexed) -> frozenset[str]:
    says = frozenset(record.says)
    if not catalogue().by_name.keys() >= says - {""}:
        raise ValueError(f"what no message is called, in the answer to the request in line {record.line}")
    return says


def _keys(record: RequestIndexed) -> Keys:
    at_any_time = record.asks_at_any_time or record.asks
    under_any_name = record.asks_under_any_name or at_any_time
    return Keys(name=record.name, exactly=record.asks, at_any_time=at_any_time, under_any_name=under_any_name)


def _lines(steps: Iterable[int], count: int) -> array[int]:
    """Return the lines that an index gives in steps."""
    lines = list(accumulate(steps))
    if lines and lines[-1] >= count:
        raise ValueError(f"line {lines[-1]}, of {count}")
    return array("I", lines)


def _wrong(line: int) -> InputError:
    return InputError(f"the recording's index is not of its lines: line {line} is none of the messages there")
