"""What ib-compat reads that others wrote, as functions of bytes: each returns or raises an error of ours."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache
from pathlib import Path

from harness.diagnose.control.attempt_state import EndedError, Heard, Try
from harness.diagnose.control.first_requests import Asking
from harness.plan.matrix.load import load_matrix
from harness.recordings import entry_words
from harness.recordings.archive import RecordingFile
from harness.recordings.cleaning.cleaner import Cleaner
from harness.recordings.cutting import Cutting
from harness.recordings.entry_lines import to_line
from harness.recordings.packing import pack
from harness.recordings.recording import Ended, Framed, Head, Opened
from harness.results.decide.requirement_files import read_used
from harness.results.merge.join import merge
from harness.results.results_files import read_results
from harness.results.transcript_file import read_transcript
from harness.run.recording.guard import CHANGING, Guard, Permits
from harness.shared.errors import IbCompatError
from harness.wire.catalogue import catalogue
from harness.wire.codec import Codec
from harness.wire.framing import FrameReader, encode_frame
from harness.wire.hello import Hello, VersionReply
from harness.wire.message import Message, Sender
from harness.wire.side import ClientSide, GatewaySide
from harness.wire.transcript import Change
from harness.wire.transcript_words import in_words
from harness.wire.wire_errors import ProtocolError

Target = Callable[[bytes], None]

ROOT = Path(__file__).parents[1]
VERSIONS = (100, 151, 163, 176, 178, 187, 200, 201, 203, 210, 219, 222, 226)
"""Server versions at which a family of messages changes its form; the first byte of an input picks one."""

REQUIREMENTS = ("requirements.txt", "pyproject.toml", "uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")


@dataclass(frozen=True, slots=True)
class Reader:
    """One thing that is read.

    Args:
        read: reads an input.
        start: inputs that are right, to begin with.
    """

    read: Target
    start: Callable[[], Sequence[bytes]]


def client(data: bytes) -> None:
    """Read what a gateway sends, as the reference client and the reader of transcripts do."""
    version, rest = _version(data)
    side = ClientSide(Hello(min_version=100, max_version=226))
    heard = Heard(Try(when="fuzz", host="127.0.0.1", port=4002, client_id=1, timeout=1.0))
    heard.asking = Asking(("DU9000001",), version)
    reply = VersionReply(server_version=version, connection_time="20261129 05:00:00 UTC").encode()
    for message in side.receive(reply + rest):
        with suppress(EndedError):
            heard.take(message)
        if isinstance(message, Message):
            heard.asking.take(message)


def gateway(data: bytes) -> None:
    """Read what a client sends, as the simulated gateway and the tap do."""
    version, rest = _version(data)
    side = GatewaySide()
    for _ in side.receive(Hello(min_version=100, max_version=version).encode()):
        side.accept(VersionReply(server_version=version, connection_time="20261129 05:00:00 UTC"))
    for _ in side.receive(side.early() + rest):
        pass


def cleaning(data: bytes) -> None:
    """Clean what either side sends, as a recorder does; what is not left out must be a message.

    Raises:
        AssertionError: it is none.
    """
    version, rest = _version(data)
    sender = list(Sender)[data[0] // len(VERSIONS) % 2] if data else Sender.GATEWAY
    cleaner, codec = Cleaner(factor=Fraction(2)), Codec(version)
    reply = VersionReply(server_version=version, connection_time="20261129 05:00:00 UTC").encode()
    for by, stream in ((Sender.GATEWAY, reply), (sender, rest)):
        for payload in FrameReader().feed(stream):
            cleaned = cleaner.clean(Framed(at=0.0, connection=1, sender=by, payload=payload))
            if stream is rest and isinstance(cleaned, Framed):
                _must_be_read(codec, cleaned)


def _must_be_read(codec: Codec, frame: Framed) -> None:
    try:
        codec.decode(frame.payload, frame.sender)
    except ProtocolError as error:
        raise AssertionError("a cleaned message cannot be read") from error


def guard(data: bytes) -> None:
    """Read what a client sends while its gateway is recorded; nothing that changes something may pass.

    Raises:
        AssertionError: it did.
    """
    version, rest = _version(data)
    watched = Guard(Permits(), lambda _held: None)
    watched.gateway(VersionReply(server_version=version, connection_time="20261129 05:00:00 UTC").encode())
    watched.client(Hello(min_version=100, max_version=version).encode())
    for payload in FrameReader().feed(watched.client(rest)):
        with suppress(ProtocolError):
            said = Codec(version).decode(payload, Sender.CLIENT)
            if isinstance(said, Message) and said.name in CHANGING:
                raise AssertionError("an order passed")
    list(FrameReader().feed(watched.answers()))


def recording(data: bytes) -> None:
    """Read a recording, and say it in words."""
    with RecordingFile(_file("fuzz.ibrec", data)) as opened:
        for line in entry_words.in_words(opened.entries()):
            str(line)


def unfinished(data: bytes) -> None:
    """Pack what a recording left that could not end; that is a recording.

    Raises:
        AssertionError: it is none.
    """
    target = _file("packed.ibrec", b"")
    pack(_file("fuzz.ibrec.part", data), target)
    try:
        recording(target.read_bytes())
    except IbCompatError as error:
        raise AssertionError("what was packed cannot be read") from error


def hello(data: bytes) -> None:
    """Read whatever a port hears before it knows who is there, in one piece and byte by byte."""
    for pieces in ([data], [data[at : at + 1] for at in range(len(data))]):
        side = GatewaySide()
        with suppress(ProtocolError):
            for piece in pieces:
                list(side.receive(piece))


def transcript(data: bytes) -> None:
    """Read a transcript, and say it in words."""
    in_words(read_transcript(_file("wire.jsonl", data)))


def results(data: bytes) -> None:
    """Read the results of a run, and merge them with themselves."""
    file = _file("results.json", data)
    merge([read_results(file.parent)])


def requirements(data: bytes) -> None:
    """Read what a user's program depends on; the first byte says in which kind of file."""
    name = REQUIREMENTS[data[0] % len(REQUIREMENTS)] if data else REQUIREMENTS[0]
    read_used(_file(name, data[1:]), python="3.11")


def matrix(data: bytes) -> None:
    """Read a matrix file, beside the programs that ours name."""
    file = _file("matrix.toml", data)
    if not (programs := file.with_name("programs")).exists():
        shutil.copytree(ROOT / "matrices" / "programs", programs, ignore=shutil.ignore_patterns("node_modules"))
    load_matrix(file)


def refused(target: Target, data: bytes) -> bool:
    """Give an input to a target; tells whether it was refused with an error of ours. Any other error is a finding."""
    try:
        target(data)
    except IbCompatError:
        return True
    return False


def _version(data: bytes) -> tuple[int, bytes]:
    return VERSIONS[data[0] % len(VERSIONS)] if data else VERSIONS[0], data[1:]


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Make the folder of inputs that are files; it is gone when the program ends."""
    return tempfile.TemporaryDirectory(prefix="ib-compat-fuzz-")


def _file(name: str, data: bytes) -> Path:
    file = Path(_folder().name) / name
    file.write_bytes(data)
    return file


def _messages(sender: Sender) -> Iterator[bytes]:
    """Yield every message of a sender with its defaults, in each form that it has."""
    seen = set()
    for index, version in enumerate(VERSIONS):
        for name, kind in catalogue().by_name.items():
            if kind.sender is sender:
                payload = _payload(name, version)
                if payload is not None and payload not in seen:
                    seen.add(payload)
                    yield bytes([index]) + encode_frame(payload)


def _of_both() -> list[bytes]:
    """Give every message of both sides; the first byte also says whose it is."""
    return [
        bytes([data[0] + place * len(VERSIONS)]) + data[1:]
        for place, sender in enumerate(Sender)
        for data in _messages(sender)
    ]


def _payload(name: str, version: int) -> bytes | None:
    with suppress(ProtocolError):  # not there at this version
        return Codec(version).encode(Message(name, {}))
    return None


def _transcripts() -> list[bytes]:
    header: dict[str, object] = {
        "event": "tap",
        "began": "2026-11-29T05:00:00+00:00",
        "listened": "127.0.0.1:1",
        "gateway": "127.0.0.1:2",
    }
    said = [("client", b"API\0\0\0\0\x09v100..226"), ("gateway", b"\0\0\0\x1a178\x0020261129 05:00:00 UTC\0")]
    lines = [header, {"event": "opened", "at": 0.1, "connection": 1}]
    lines += [{"event": "bytes", "from": who, "at": 0.2, "connection": 1, "bytes": data.hex()} for who, data in said]
    lines += [{"event": "left-out", "from": "gateway", "at": 0.3, "connection": 1, "count": 9}]
    lines += [{"event": "closed", "at": 0.4, "connection": 1}]
    return ["".join(f"{json.dumps(line)}\n" for line in lines[:count]).encode() for count in range(1, len(lines) + 1)]


def _parts() -> list[bytes]:
    """Give a recording that was ended after each of its entries."""
    head = Head(made_by="ib-compat", began=datetime(2026, 11, 29, 5, tzinfo=UTC), cleaned=True)
    lines, data = [head.model_dump_json().encode() + b"\n"], b"".join(data[1:] for data in _messages(Sender.GATEWAY))
    cutting, hello = Cutting(), Hello(min_version=100, max_version=226).encode()
    reply = VersionReply(server_version=178, connection_time="20261129 05:00:00 UTC").encode()
    entries = [
        *cutting.event(Opened(at=0.1, connection=1)),
        *cutting.feed(0.2, 1, Sender.CLIENT, hello),
        *cutting.feed(0.3, 1, Sender.GATEWAY, reply + data[:5000]),
        *cutting.event(Ended(at=0.4, connection=1, change=Change.CLOSED)),
    ]
    lines += [to_line(entry) for entry in entries]
    return [b"".join(lines[:count]) for count in (1, 2, 3, 4, len(lines))]


def _recordings() -> list[bytes]:
    packed = list[bytes]()
    for data in _parts():
        target = _file("start.ibrec", b"")
        pack(_file("start.ibrec.part", data), target)
        packed.append(target.read_bytes())
    return packed


def _runs() -> list[bytes]:
    """Give the runs that lie about here, newest first; without one the campaign begins with less."""
    files = sorted(ROOT.glob("results/20*/results.json"), reverse=True)[:3]
    return [b"{}", b'{"schema_version": "1.0.0"}', *(file.read_bytes() for file in files)]


def _locks() -> list[bytes]:
    lock = b'version = 1\n[[package]]\nname = "ib-async"\nversion = "2.1.0"\ndependencies = [{ name = "aeventkit" }]\n'
    pinned = b"ib_async==2.1.0  # why\nibapi>=9.81 ; python_version < '3.12'\n-c other.txt\n"
    project = (ROOT / "pyproject.toml").read_bytes()
    texts = (pinned, project, lock, lock, lock, lock)
    return [bytes([index]) + text for index, text in enumerate(texts)]


READERS: dict[str, Reader] = {
    "client": Reader(client, lambda: list(_messages(Sender.GATEWAY))),
    "gateway": Reader(gateway, lambda: list(_messages(Sender.CLIENT))),
    "cleaning": Reader(cleaning, _of_both),
    "guard": Reader(guard, lambda: list(_messages(Sender.CLIENT))),
    "recording": Reader(recording, _recordings),
    "unfinished": Reader(unfinished, _parts),
    "hello": Reader(hello, lambda: [b"API\0\0\0\0\x09v100..226", b"GET / HTTP/1.1\r\n\r\n", b"63\0"]),
    "transcript": Reader(transcript, _transcripts),
    "results": Reader(results, _runs),
    "requirements": Reader(requirements, _locks),
    "matrix": Reader(matrix, lambda: [file.read_bytes() for file in sorted(ROOT.glob("matrices/*.toml"))]),
}
