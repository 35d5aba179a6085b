"""Makes recordings in memory: of what a test lets clients and a gateway say, and of what crossed a tap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from harness.recordings.exchanges import dialogues_of
from harness.recordings.recording import (
    ClientRecorded,
    Ended,
    Entry,
    Framed,
    GatewayRecorded,
    Greeted,
    Manifest,
    Omitted,
    Opened,
    Recording,
)
from harness.wire.codec import Codec
from harness.wire.conversation import Stream
from harness.wire.framing import FrameReader
from harness.wire.hello import Hello, VersionReply
from harness.wire.message import Message, Sender, Value
from harness.wire.transcript import Change, Chunk, Event, Transcript

ACCOUNT = "DU9000001"
BEGAN = datetime(2026, 11, 20, 10, 11, 12, tzinfo=UTC)


def payload_of(frame: bytes) -> bytes:
    """Return what one frame holds."""
    (payload,) = FrameReader().feed(frame)
    return payload


class Script:
    """Says one thing after the other, each a hundredth of a second after the one before."""

    def __init__(self) -> None:
        self.now = 0.0
        self._entries: list[Entry] = []
        self._codecs: dict[int, Codec] = {}

    def _at(self) -> float:
        self.now += 0.01
        return self.now

    def connect(self, version: int = 178, *, client_id: int = 7, most: int | None = None, start: bool = True) -> int:
        """Let a client connect, and start; return the number of its connection."""
        number = len(self._codecs) + 1
        codec = self._codecs[number] = Codec(version)
        hello = Hello(min_version=100, max_version=most or version)
        self._entries += [
            Opened(at=self._at(), connection=number),
            Greeted(at=self._at(), connection=number, data=hello.encode()),
        ]
        reply = VersionReply(server_version=codec.server_version, connection_time="20261120 10:11:12 UTC")
        self._frame(number, Sender.GATEWAY, payload_of(reply.encode()))
        if start:
            self.asks(number, "start_api", client_id=client_id)
            self.says(number, "managed_accounts", accounts=ACCOUNT)
            self.says(number, "next_valid_id", order_id=1)
        return number

    def asks(self, connection: int, name: str, **values: Value) -> None:
        """Let the client send a message."""
        self._message(connection, Sender.CLIENT, name, values)

    def says(self, connection: int, name: str, **values: Value) -> None:
        """Let the gateway send a message."""
        self._message(connection, Sender.GATEWAY, name, values)

    def omits(self, connection: int, kind: int | None = None) -> None:
        """Let the gateway say what is not in the recording."""
        sender = Sender.GATEWAY
        self._entries.append(
            Omitted(at=self._at(), connection=connection, sender=sender, size=9, kind=kind, why="unreadable")
        )

    def ends(self, connection: int, by: Sender = Sender.CLIENT) -> None:
        """Let one side end the connection."""
        self._entries.append(Ended(at=self._at(), connection=connection, change=Change.HALF_CLOSED, by=by))

    def waits(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        self._entries.append(Opened(at=self.now, connection=999))

    def _message(self, connection: int, sender: Sender, name: str, values: dict[str, Value]) -> None:
        self._frame(connection, sender, self._codecs[connection].encode(Message(name, values)))

    def _frame(self, connection: int, sender: Sender, payload: bytes) -> None:
        self._entries.append(Framed(at=self._at(), connection=connection, sender=sender, payload=payload))

    def recording(self) -> Recording:
        """Return all that was said."""
        return recorded(self._entries)


def recorded(entries: Iterable[Entry], clients: Iterable[ClientRecorded] = ()) -> Recording:
    """Return a recording of entries."""
    there = tuple(entries)
    gateway = GatewayRecorded(product="gateway", server_version=178, build="10.45.1c", mode="paper", kind="simulator")
    manifest = Manifest(made_by="ib-compat tests", began=BEGAN, cleaned=True, gateway=gateway, clients=tuple(clients))
    return Recording(manifest=manifest, entries=there)


def of_transcripts(transcripts: Iterable[Transcript]) -> Recording:
    """Return what crossed taps, one after the other, as one recording."""
    entries: list[Entry] = []
    at, number = 0.0, 0
    for transcript in transcripts:
        some = list(_entries(transcript))
        entries += [replace(each, at=each.at + at, connection=each.connection + number) for each in some]
        at = max((each.at for each in entries), default=0.0) + 1.0
        number = max((each.connection for each in entries), default=0)
    return recorded(entries)


def _entries(transcript: Transcript) -> Iterator[Entry]:
    streams: dict[tuple[int, Sender], Stream] = {}
    for entry in transcript.entries:
        if isinstance(entry, Event):
            made = Opened(at=entry.at, connection=entry.connection)
            ended = Ended(at=entry.at, connection=entry.connection, change=entry.change, by=entry.by)
            yield made if entry.change is Change.OPENED else ended
        if not isinstance(entry, Chunk):
            continue
        stream = streams.setdefault((entry.connection, entry.sender), Stream(entry.sender))
        for part in stream.feed(entry.data):
            if isinstance(part.content, Hello):
                yield Greeted(at=entry.at, connection=entry.connection, data=part.content.encode())
            else:
                yield Framed(at=entry.at, connection=entry.connection, sender=entry.sender, payload=part.content)


def without(recording: Recording, requests: frozenset[str]) -> Recording:
    """Return a recording in which nobody asked some requests; their answers are left out with them."""
    answers = {
        (told.payload, exchange.dialogue.connection)
        for dialogue in dialogues_of(recording)
        for exchange in dialogue.exchanges
        if exchange.request.name in requests
        for told in exchange.answers
    }
    versions = {dialogue.connection: dialogue.server_version for dialogue in dialogues_of(recording)}

    def stays(entry: Entry) -> bool:
        if not isinstance(entry, Framed) or (entry.payload, entry.connection) in answers:
            return not isinstance(entry, Framed)
        if entry.sender is Sender.GATEWAY or not versions.get(entry.connection):
            return True
        read = Codec(versions[entry.connection]).decode(entry.payload, Sender.CLIENT)
        return not isinstance(read, Message) or read.name not in requests

    return Recording(manifest=recording.manifest, entries=[each for each in recording.entries if stays(each)])
