"""Writes and reads a transcript as JSON lines, ``wire.jsonl``; ``docs/reference/results.md`` describes the file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.results.packed_evidence import read_kept
from harness.shared import private
from harness.shared.errors import InputError, ResultsError
from harness.wire.message import Sender
from harness.wire.transcript import Change, Chunk, Entry, Event, LeftOut, Leg, Passed, Transcript

FILE = "wire.jsonl"
TOGETHER = 0.001
"""Seconds within which the chunks of one side share a line; some gateways send every byte alone."""

_DIGITS = 6

_WRONG = (KeyError, ValueError, TypeError, AttributeError, OverflowError)
"""Errors that a line of JSON may raise that is no line of a transcript."""

_LONGEST = 2**31
"""The most seconds that a line may have; no tap is open longer."""

_PORTS = 2**16


def write_transcript(file: Path, transcript: Transcript) -> None:
    """Write a transcript.

    Raises:
        OSError: the file cannot be written.
    """
    with open(file, "w", encoding="utf-8", newline="\n", opener=private.opener) as lines:
        lines.writelines(json.dumps(line) + "\n" for line in _lines(transcript))


def _lines(transcript: Transcript) -> Iterator[Mapping[str, Any]]:
    yield {
        "event": "tap",
        "began": transcript.began.isoformat(),
        "listened": _address_text(transcript.listened),
        "gateway": _address_text(transcript.gateway),
    }
    together: list[Chunk] = []
    for entry in transcript.entries:
        if together and not _joins(entry, together[0]):
            yield _bytes_line(together)
            together = []
        if isinstance(entry, Chunk):
            together.append(entry)
        else:
            yield _line(entry)
    if together:
        yield _bytes_line(together)


def _joins(entry: Entry, first: Chunk) -> bool:
    if not isinstance(entry, Chunk):
        return False
    same = (entry.connection, entry.sender) == (first.connection, first.sender)
    return same and entry.at - first.at < TOGETHER


def _address_text(address: tuple[str, int]) -> str:
    return f"{address[0]}:{address[1]}"


def _bytes_line(chunks: Sequence[Chunk]) -> Mapping[str, Any]:
    data = " ".join(chunk.data.hex() for chunk in chunks)
    return {"event": "bytes", **_common(chunks[0]), "from": chunks[0].sender.value, "bytes": data}


def _line(entry: LeftOut | Passed | Event | Leg) -> Mapping[str, Any]:
    match entry:
        case LeftOut():
            more: dict[str, Any] = {"from": entry.sender.value, "count": entry.count}
            return {"event": "left-out", **_common(entry), **more, **({"indexed": True} if entry.indexed else {})}
        case Passed():
            about = {} if entry.number is None else {"number": entry.number}
            kept = {"bytes": entry.payload.hex()} if entry.payload else {}
            told = {"message": entry.kind, **about, "count": entry.count, "size": entry.size, **kept}
            return {"event": "passed", **_common(entry), **told}
        case Leg():
            took = {"round_trip": round(entry.round_trip, _DIGITS), "lost": entry.lost}
            return {"event": "way", **_common(entry), "to": entry.to.value, **took}
        case Event():
            more = {"from": entry.by and entry.by.value, "reason": entry.reason}
            known = {key: value for key, value in more.items() if value is not None}
            return {"event": entry.change.value, **_common(entry), **known}


def _common(entry: Entry) -> Mapping[str, Any]:
    return {"at": round(entry.at, _DIGITS), "connection": entry.connection}


def read_transcript(file: Path) -> Transcript:
    """Read a transcript; a last line that was cut off is left out.

    Raises:
        ResultsError: the file does not exist.
        InputError: it cannot be read, or a line of it is not of a transcript.
    """
    try:
        *lines, last = read_kept(file).split(b"\n")
    except FileNotFoundError:
        hint = "A cell whose gateway no connection reached has none, nor has one of a run with --no-record."
        raise ResultsError(f"{file}: there is no transcript", hint=hint) from None
    if not lines:
        what = f"is not a transcript: {_quoted(last)}" if last else "is empty"
        raise InputError(f"{file}: {what}")
    header, *rest = (_parsed(file, number, line) for number, line in enumerate(lines, start=1))
    try:
        return _transcript(header, tuple(_entries(file, rest)))
    except _WRONG:
        raise InputError(f"{file}: line 1 is not the header of a transcript: {_quoted(lines[0])}") from None


def _parsed(file: Path, number: int, line: bytes) -> Mapping[str, Any]:
    try:
        parsed = json.loads(line)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise InputError(f"{file}: line {number} is not a line of a transcript: {_quoted(line)}")
    return parsed


def _quoted(line: bytes) -> str:
    return repr(line[:80].decode("utf-8", "replace"))


def _transcript(header: Mapping[str, Any], entries: tuple[Entry, ...]) -> Transcript:
    if header["event"] != "tap":
        raise ValueError(header["event"])
    return Transcript(
        began=_moment(header["began"]),
        listened=_address(header["listened"]),
        gateway=_address(header["gateway"]),
        entries=entries,
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if int(port) not in range(_PORTS):
        raise ValueError(text)
    return host, int(port)


def _entries(file: Path, lines: Sequence[Mapping[str, Any]]) -> Iterator[Entry]:
    for number, line in enumerate(lines, start=2):
        yield from _entries_of(file, number, line)


def _entries_of(file: Path, number: int, line: Mapping[str, Any]) -> Sequence[Entry]:
    try:
        return _parsed_entries(line, at=float(line["at"]), connection=int(line["connection"]))
    except _WRONG:
        raise InputError(f"{file}: line {number} is not a line of a transcript: {str(line)[:80]!r}") from None


def _parsed_entries(line: Mapping[str, Any], *, at: float, connection: int) -> Sequence[Entry]:
    if not 0 <= at < _LONGEST:
        raise ValueError(at)
    match line["event"]:
        case "bytes":
            sender, pieces = Sender(line["from"]), line["bytes"].split(" ")
            return [Chunk(at=at, connection=connection, sender=sender, data=bytes.fromhex(each)) for each in pieces]
        case "left-out":
            sender, indexed = Sender(line["from"]), bool(line.get("indexed", False))
            return [LeftOut(at=at, connection=connection, sender=sender, count=int(line["count"]), indexed=indexed)]
        case "passed":
            return [_passed(line, at=at, connection=connection)]
        case "way":
            return [_leg(line, at=at, connection=connection)]
        case change:
            by = Sender(line["from"]) if "from" in line else None
            reason = None if line.get("reason") is None else str(line["reason"])
            return [Event(at=at, connection=connection, change=Change(change), by=by, reason=reason)]


def _leg(line: Mapping[str, Any], *, at: float, connection: int) -> Leg:
    round_trip, lost = float(line["round_trip"]), int(line["lost"])
    if not 0 <= round_trip < _LONGEST or lost < 0:
        raise ValueError(line)
    return Leg(at=at, connection=connection, to=Sender(line["to"]), round_trip=round_trip, lost=lost)


def _passed(line: Mapping[str, Any], *, at: float, connection: int) -> Passed:
    return Passed(
        at=at,
        connection=connection,
        kind=int(line["message"]),
        number=int(line["number"]) if "number" in line else None,
        count=int(line["count"]),
        size=int(line["size"]),
        payload=bytes.fromhex(line.get("bytes", "")),
    )
