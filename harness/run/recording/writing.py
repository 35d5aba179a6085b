"""Writes a recording in a process of its own: cuts what it is told into messages, cleans them, and keeps them.

Cutting and cleaning need processor time. In the proxy's process every connection would wait for it, also with threads,
which share one interpreter lock. This process ends when the proxy's does, whatever ended that.
"""

from __future__ import annotations

import getpass
import json
import os
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from harness.recordings.cleaning.cleaner import Cleaner
from harness.recordings.cutting import Cutting
from harness.recordings.part_file import PartFile
from harness.recordings.recording import Ended, Entry, Framed, Greeted, Head, Omitted, Opened
from harness.run.recording.pipe import Decoder, Skipped, Told
from harness.shared.errors import IbCompatError
from harness.wire.message import Sender
from harness.wire.transcript import Chunk

_AT_ONCE = 2**20
_REPORT_SECONDS = 0.5
_NICE = 5
"""By how much this process gives way to others: programs trade while it writes."""

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class Cleans(Protocol):
    """Replaces what is personal in entries that are given in order."""

    def clean(self, entry: Entry) -> Entry:
        """Return the entry without anything personal, or an `Omitted` in its place."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What the process is to write.

    Args:
        part: the part file of what is cleaned.
        raw: the part file of what is not; ``None`` if there is none.
        head: what is known of the recording.
    """

    part: Path
    raw: Path | None
    head: Head

    def as_words(self) -> str:
        """Return it as one word of a command line."""
        raw = None if self.raw is None else str(self.raw)
        return json.dumps({"part": str(self.part), "raw": raw, "head": self.head.model_dump(mode="json")})

    @classmethod
    def of_words(cls, words: str) -> Task:
        """Return what :meth:`as_words` gave."""
        given: dict[str, Any] = json.loads(words)
        raw = None if given["raw"] is None else Path(given["raw"])
        return cls(part=Path(given["part"]), raw=raw, head=Head.model_validate(given["head"]))


class Writing:
    """Cuts, cleans and keeps.

    Args:
        cleaner: cleans what goes to ``part``.
        part: what is kept of it.
        raw: the file for what is not cleaned; ``None`` if there is none.
    """

    def __init__(self, cleaner: Cleans, part: PartFile, raw: PartFile | None = None) -> None:
        self._cleaner = cleaner
        self._part = part
        self._raw = raw
        self._cutting = Cutting()
        self.frames = 0
        self.omitted: Counter[str] = Counter()
        """How many messages are not in the recording, by reason."""

    def take(self, told: Told) -> None:
        """Take what happened next; it is in the files after :meth:`flush`.

        Raises:
            UnwritableError: a file takes no more.
        """
        for entry in self._cut(told):
            if self._raw is not None:
                self._raw.write(entry)
            self._part.write(self._counted(self._cleaned(entry)))

    def flush(self) -> None:
        """Write what was taken; raises as :meth:`take`."""
        self._part.flush()
        if self._raw is not None:
            self._raw.flush()

    def _cut(self, told: Told) -> Iterator[Entry]:
        match told:
            case Chunk():
                return self._cutting.feed(told.at, told.connection, told.sender, told.data)
            case Skipped(entry=Omitted() as gone):
                return self._cutting.skip(gone)
            case Opened() | Ended() | Omitted():
                return self._cutting.event(told)
            case _:
                raise ValueError(f"the proxy tells no {type(told).__name__}")

    def _cleaned(self, entry: Entry) -> Entry:
        try:
            return self._cleaner.clean(entry)
        except Exception as error:
            if not isinstance(entry, Framed | Greeted):
                raise
            sender, size = (
                (Sender.CLIENT, len(entry.data)) if isinstance(entry, Greeted) else (entry.sender, len(entry.payload))
            )
            why = f"an error of ib-compat's own kept it from being cleaned: {type(error).__name__}"
            return Omitted(at=entry.at, connection=entry.connection, sender=sender, size=size, why=why)

    def _counted(self, entry: Entry) -> Entry:
        if isinstance(entry, Framed):
            self.frames += 1
        elif isinstance(entry, Omitted):
            self.omitted[entry.why] += entry.count
        return entry


def serve(words: Sequence[str]) -> None:
    """Run as the process: write what standard input says until it ends; say on standard output how it goes."""
    for name in _SIGNALS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)  # they are for the proxy, whose end ends this
    if hasattr(os, "nice"):
        os.nice(_NICE)
    task = Task.of_words(words[0])
    try:
        _serve(task, lambda: os.read(sys.stdin.fileno(), _AT_ONCE))
    except IbCompatError as problem:
        _report({"failed": str(problem), "hint": problem.hint})


def _serve(task: Task, read: Callable[[], bytes]) -> None:
    with ExitStack() as files:
        part = files.enter_context(PartFile(task.part, task.head))
        raw = None
        if task.raw is not None:
            raw = files.enter_context(PartFile(task.raw, task.head.model_copy(update={"cleaned": False})))
        writing, decoder = Writing(Cleaner(hidden=_names()), part, raw), Decoder()
        _report({"ready": True})
        reported = time.monotonic()
        while data := read():
            for told in decoder.feed(data):
                writing.take(told)
            writing.flush()
            if time.monotonic() - reported >= _REPORT_SECONDS:
                reported = time.monotonic()
                _report({"frames": writing.frames, "omitted": writing.omitted.total()})
        _report({"frames": writing.frames, "omitted": writing.omitted.total(), "why": dict(writing.omitted)})


def _names() -> list[str]:
    """Return the names of this machine and its user."""
    names = [socket.gethostname()]
    with suppress(OSError, KeyError, ImportError):  # nobody knows the user's name
        names.append(getpass.getuser())
    return [name for name in names if name]


def _report(said: dict[str, Any]) -> None:
    with suppress(OSError):  # the proxy has ended, and the files are what counts
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
