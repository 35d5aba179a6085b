"""Recordings for tests: whatever may happen on connections, in the order of time, and archives made of it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from harness.recordings.archive import read_recording
from harness.recordings.entry_lines import ENDINGS
from harness.recordings.packing import pack
from harness.recordings.part_file import PartFile
from harness.recordings.recording import Ended, Entry, Framed, Greeted, Head, Omitted, Opened, Recording
from harness.recordings.summary import Summary
from harness.wire.codec import Codec
from harness.wire.framing import FrameReader
from harness.wire.hello import Hello, VersionReply
from harness.wire.message import Message, Sender
from harness.wire.transcript import Change

HEAD = Head(made_by="ib-compat 0.1.0", began=datetime(2026, 11, 30, 14, 30, tzinfo=UTC), cleaned=True)
HELLO = Hello(min_version=100, max_version=203).encode()


def frame(message: Message, server_version: int = 203) -> bytes:
    return Codec(server_version).encode(message)


(REPLY,) = FrameReader().feed(VersionReply(server_version=203, connection_time="20261130 14:30:00 UTC").encode())
START = frame(Message("start_api", {"client_id": 7}))
ACCOUNTS = frame(Message("managed_accounts", {"accounts": "DU9000001"}))

SESSION: tuple[Entry, ...] = (
    Opened(at=0.001, connection=1),
    Greeted(at=0.002, connection=1, data=HELLO),
    Framed(at=0.003, connection=1, sender=Sender.GATEWAY, payload=REPLY, pieces=2),
    Framed(at=0.004, connection=1, sender=Sender.CLIENT, payload=START),
    Framed(at=0.005, connection=1, sender=Sender.GATEWAY, payload=ACCOUNTS),
    Omitted(at=0.006, connection=1, sender=Sender.GATEWAY, size=70, kind=8, why="it cannot be read"),
    Ended(at=0.007, connection=1, change=Change.HALF_CLOSED, by=Sender.CLIENT),
    Ended(at=0.008, connection=1, change=Change.CLOSED),
)
"""A client that connects to a paper account and leaves."""

_SENDERS = st.sampled_from(Sender)
_PAYLOADS = st.one_of(st.binary(min_size=1, max_size=40), st.sampled_from([REPLY, START, ACCOUNTS]))


@st.composite
def _happenings(draw: st.DrawFn) -> Entry:
    at, connection = draw(st.integers(0, 10**9)) / 1e6, draw(st.integers(1, 3))
    match draw(st.sampled_from(["opened", "hello", "frame", "frame", "frame", "omitted", "ended"])):
        case "opened":
            return Opened(at=at, connection=connection)
        case "hello":
            return Greeted(at=at, connection=connection, data=HELLO)
        case "frame":
            sender, payload, pieces = draw(_SENDERS), draw(_PAYLOADS), draw(st.integers(1, 5))
            frame = Framed(at=at, connection=connection, sender=sender, payload=payload, pieces=pieces)
            return replace(frame, shortened=draw(st.booleans()))
        case "omitted":
            return Omitted(
                at=at,
                connection=connection,
                sender=draw(_SENDERS),
                size=draw(st.integers(0, 2**40)),
                kind=draw(st.none() | st.integers(0, 400)),
                count=draw(st.integers(0, 1000)),
                why=draw(st.text(max_size=20)),
            )
        case _:
            change = draw(st.sampled_from(sorted(ENDINGS)))
            return Ended(at=at, connection=connection, change=change, by=draw(st.none() | _SENDERS))


@st.composite
def recorded(draw: st.DrawFn) -> tuple[Entry, ...]:
    """Give entries of which each may follow those before it."""
    summary, kept = Summary(), list[Entry]([Opened(at=0.0, connection=1)])
    summary.take(kept[0])
    for entry in sorted(draw(st.lists(_happenings(), max_size=30)), key=lambda each: each.at):
        try:
            summary.take(entry)
        except ValueError:
            continue
        kept.append(entry)
    return tuple(kept)


def write_part(part: Path, entries: Iterable[Entry], head: Head = HEAD) -> Path:
    with PartFile(part, head) as opened:
        for entry in entries:
            opened.write(entry)
    return part


def packed(folder: Path, entries: Iterable[Entry], head: Head = HEAD) -> Path:
    target = folder / "made.ibrec"
    pack(write_part(folder / "made.ibrec.part", entries, head), target)
    return target


def read_back(folder: Path, data: bytes) -> Recording:
    file = folder / "other.ibrec"
    file.write_bytes(data)
    return read_recording(file)


def members_of(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def zipped(members: Iterable[tuple[str, bytes]]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in members:
            opened.writestr(name, data)
    return target.getvalue()


def with_manifest(archive: bytes, change: Mapping[str, Any]) -> bytes:
    """Give an archive whose manifest says something else."""
    members = members_of(archive)
    manifest = json.loads(members["manifest.json"]) | change
    return zipped((members | {"manifest.json": json.dumps(manifest).encode()}).items())
