"""Tells on standard error how a recording goes: one line that changes on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TextIO

from harness.shared.amounts import counted, duration
from harness.shared.hosts import written
from harness.views.terminal.style import cut

if TYPE_CHECKING:
    from harness.run.recording.record import Progress

_LINE_SECONDS = 60.0


class News:
    """What a person should know of a recording that goes on, each thing once.

    Args:
        gateway: what a person calls it.
    """

    def __init__(self, gateway: str) -> None:
        self._gateway = gateway
        self._told: set[str] = set()

    def fresh(self, progress: Progress) -> list[str]:
        """Return what was not told yet."""
        news = [each for each in self._all(progress) if each not in self._told]
        self._told.update(news)
        return news

    def _all(self, progress: Progress) -> list[str]:
        news = [f"a connection was ended: {reason}" for reason in progress.counts.ended]
        if progress.counts.refused:
            news.append(f"the gateway at {self._gateway} cannot be reached; clients are reset")
        if progress.failed is not None:
            news.append(f"NOTHING IS RECORDED ANY MORE: {progress.failed}; clients go on as before")
        return news


class RecordProgress:
    """Writes the progress of one recording.

    Args:
        stream: where to.
        gateway: the gateway's address.
        width: characters in a line of the terminal.
        until: how the user ends it, in words.
    """

    def __init__(self, stream: TextIO, gateway: tuple[str, int], width: int, until: str) -> None:
        self._stream = stream
        self._gateway = gateway
        self._width = width
        self._until = until
        self._shown = ""
        self._line_at: float | None = None
        self._news = News(written(*gateway))

    def tell(self, progress: Progress) -> None:
        """Show how it goes."""
        if self._line_at is None:
            here = written("127.0.0.1", progress.port)
            self._say(f"recording: clients connect to {here}, the gateway is {written(*self._gateway)}; {self._until}")
            self._line_at = time.monotonic()
        for news in self._news.fresh(progress):
            self._say(news)
        self._show(_line(progress))

    def end(self) -> None:
        """Leave what was shown last, and go to the next line."""
        if self._shown and self._stream.isatty():
            self._stream.write("\n")

    def _show(self, line: str) -> None:
        if self._stream.isatty():
            shown = cut(line, self._width - 1)
            self._stream.write(f"\r{shown:{len(self._shown)}}")
            self._shown = shown
        elif line != self._shown and time.monotonic() - (self._line_at or 0.0) >= _LINE_SECONDS:
            self._line_at, self._shown = time.monotonic(), line
            self._stream.write(f"{line}\n")
        self._stream.flush()

    def _say(self, text: str) -> None:
        if self._stream.isatty() and self._shown:
            self._stream.write("\r" + " " * len(self._shown) + "\r")
        self._stream.write(f"{text}\n")
        self._stream.flush()


def _line(progress: Progress) -> str:
    counts = progress.counts
    parts = [
        duration(progress.seconds),
        f"{counted(counts.now, 'client')} ({counts.clients} so far)",
        f"{sum(counts.frames.values()):,} messages",
        f"{progress.omitted:,} omitted",
    ]
    return ", ".join(parts)
