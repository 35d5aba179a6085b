"""What went over the wire between one library and one gateway, in order.

On disk it is JSON lines: the first says where the gateway and the tap listened; each other is what came in one piece
from one side (``hex``), or an event of a connection (``event``), with the seconds since the tap opened.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

FILE = "wire.jsonl"
"""Its name in a cell's folder."""

LIMITS = {"client": 16 * 2**20, "gateway": 256 * 2**10}
"""Bytes kept of each connection, by who sent them; what a client says is always worth keeping."""

TOGETHER = 0.001
"""Seconds within which what one side sends piece by piece becomes one entry; ``pieces`` says how many there were."""


class From(StrEnum):
    """Who sent something, or ended it."""

    CLIENT = "client"
    GATEWAY = "gateway"


@dataclass(slots=True)
class Entry:
    """One entry; ``data`` is empty for an event.

    Args:
        at: seconds since the tap opened.
        connection: 1 for the first connection, and so on.
        sender: whose bytes, or whose event.
        data: the bytes.
        event: ``opened``, ``ended`` (no more bytes from that side), ``reset``, ``refused`` (the gateway did not take
            the connection), or ``left out`` (the limit was reached).
        pieces: how many pieces the bytes came in.
    """

    at: float
    connection: int
    sender: From
    data: bytes = b""
    event: str = ""
    pieces: int = 1


class Transcript:
    """Collects entries while a cell runs.

    Args:
        gateway: where the gateway listens, for the head of the file.
    """

    def __init__(self, gateway: tuple[str, int]) -> None:
        self.gateway = gateway
        self.tap: tuple[str, int] | None = None
        self.entries: list[Entry] = []
        self._began = time.monotonic()
        self._kept: dict[tuple[int, From], int] = {}

    def note(self, connection: int, sender: From, event: str) -> None:
        """Keep an event."""
        self.entries.append(Entry(self._now(), connection, sender, event=event))

    def take(self, connection: int, sender: From, data: bytes) -> None:
        """Keep bytes, up to the limit."""
        key = (connection, sender)
        kept = self._kept.get(key, 0)
        room = LIMITS[sender] - kept
        self._kept[key] = kept + len(data)
        if room <= 0:
            return
        if len(data) > room:
            self._append(connection, sender, data[:room])
            self.note(connection, sender, "left out")
        else:
            self._append(connection, sender, data)

    def _append(self, connection: int, sender: From, data: bytes) -> None:
        now = self._now()
        last = self.entries[-1] if self.entries else None
        if last and last.data and (last.connection, last.sender) == (connection, sender) and now - last.at < TOGETHER:
            last.data += data
            last.pieces += 1
        else:
            self.entries.append(Entry(now, connection, sender, data))

    def _now(self) -> float:
        return time.monotonic() - self._began

    def write(self, file: Path) -> None:
        """Write the file; `OSError` where it cannot be kept."""
        head = {"gateway": list(self.gateway), "tap": list(self.tap) if self.tap else None}
        lines = [head, *(_as_json(entry) for entry in self.entries)]
        file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def _as_json(entry: Entry) -> dict[str, Any]:
    common = {"at": round(entry.at, 6), "connection": entry.connection, "from": entry.sender.value}
    if entry.event:
        return {**common, "event": entry.event}
    return {**common, "hex": entry.data.hex(), **({"pieces": entry.pieces} if entry.pieces > 1 else {})}


def read_transcript(file: Path) -> list[Entry]:
    """Read a transcript back, as far as it is whole: whoever wrote it may have been killed.

    Raises OSError where the file cannot be read.
    """
    return list(_entries(file.read_text("utf-8").splitlines()[1:]))


def _entries(lines: list[str]) -> Iterator[Entry]:
    for line in lines:
        entry = _entry(line)
        if entry is None:
            return
        yield entry


def _entry(line: str) -> Entry | None:
    try:
        raw = json.loads(line)
        at, connection, sender = float(raw["at"]), int(raw["connection"]), From(raw["from"])
        data, event = bytes.fromhex(raw.get("hex", "")), str(raw.get("event", ""))
        return Entry(at, connection, sender, data, event, int(raw.get("pieces", 1)))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
