"""Writes a recording in a process of its own: cuts what it is told into messages, cleans them, and keeps them.

Cutting and cleaning need processor time. In the proxy's process every connection would wait for it, also with threads,
which share one interpreter lock. This process ends when the proxy's does, whatever ended that.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.recordings.clean_writing import CleanWriter, names_here
from harness.recordings.cleaning.cleaner import Cleaner
from harness.recordings.cutting import Cutting
from harness.recordings.part_file import PartFile
from harness.recordings.recording import Ended, Entry, Head, Omitted, Opened
from harness.run.recording.pipe import Decoder, Skipped, Told
from harness.shared.errors import IbCompatError
from harness.wire.transcript import Chunk

_AT_ONCE = 2**20
_REPORT_SECONDS = 0.5
_NICE = 5
"""By how much this process gives way to others: programs trade while it writes."""

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


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
    """Cuts what it is told into messages.

    Args:
        writer: cleans and keeps them.
    """

    def __init__(self, writer: CleanWriter) -> None:
        self._writer = writer
        self._cutting = Cutting()

    def take(self, told: Told) -> None:
        """Take what happened next.

        Raises:
            UnwritableError: a file takes no more.
        """
        for entry in self._cut(told):
            self._writer.write(entry)

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
            raw = files.enter_context(_raw_part(task, task.raw))
        writer, decoder = CleanWriter(Cleaner(hidden=names_here()), part, raw), Decoder()
        writing = Writing(writer)
        _report({"ready": True})
        reported = time.monotonic()
        while data := read():
            for told in decoder.feed(data):
                writing.take(told)
            writer.flush()
            if time.monotonic() - reported >= _REPORT_SECONDS:
                reported = time.monotonic()
                _report({"frames": writer.frames, "omitted": writer.omitted.total()})
        _report({"frames": writer.frames, "omitted": writer.omitted.total(), "why": dict(writer.omitted)})


def _raw_part(task: Task, raw: Path) -> PartFile:
    """Open the part file of what is not cleaned; if that fails, nothing is left of the other one."""
    try:
        return PartFile(raw, task.head.model_copy(update={"cleaned": False}))
    except IbCompatError:
        with suppress(OSError):  # Windows removes no file that is open
            task.part.unlink()
        raise


def _report(said: dict[str, Any]) -> None:
    with suppress(OSError):  # the proxy has ended, and the files are what counts
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
