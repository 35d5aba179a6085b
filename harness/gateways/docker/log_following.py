"""A container's log, followed line by line: to whoever waits, and into a file."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from harness.gateways.docker.engine_calls import Stream
from harness.gateways.docker.engine_errors import EngineError
from harness.shared import private

_LAST_WORDS = 5.0
"""Seconds that the rest of the log of a container that has ended may take."""

_LONGEST = 1_000_000
"""Bytes without an end of line that are kept; nothing that we look for is that long."""


class Following:
    """Reads a log in a thread of its own.

    Args:
        stream: the engine's.
        file: where it is kept, after what a run that goes on kept there before; ``None`` keeps nothing.
        redact: makes a line as it may be kept.

    Raises:
        EngineError: the file cannot be written.
    """

    def __init__(self, stream: Stream[bytes], *, file: Path | None, redact: Callable[[str], str]) -> None:
        self.lines: asyncio.Queue[str | None] = asyncio.Queue()
        """Each line as it came, then ``None``; for whoever listens."""
        self.problem: EngineError | None = None
        """Why the log could not be followed to its end."""
        self._stream = stream
        self._file = file
        self._redact = redact
        self._loop = asyncio.get_running_loop()
        self._listening = True
        self._over = threading.Event()
        if file is not None:
            _begin(file)
        threading.Thread(target=self._read, daemon=True, name="ib-compat container log").start()

    def stop_listening(self) -> None:
        """Go on writing the file, and keep nothing for anybody to hear."""
        self._listening = False

    async def finish(self) -> None:
        """Read what a container that has ended said last."""
        await asyncio.to_thread(self._over.wait, _LAST_WORDS)

    async def end(self) -> None:
        """Read no further; nothing is left that reads."""
        await asyncio.to_thread(self._stream.end)
        await asyncio.to_thread(self._over.wait, _LAST_WORDS)

    def _read(self) -> None:
        try:
            if self._file is None:
                self._pass_on(_lines(self._stream))
            else:
                with self._file.open("a", encoding="utf-8", newline="\n") as kept:
                    for line in self._heard(_lines(self._stream)):
                        kept.write(f"{self._redact(line)}\n")
                        kept.flush()
        except EngineError as error:
            self.problem = error
        except OSError as error:
            self.problem = _unkept(error, self._file)
        finally:
            self._hear(None)
            self._over.set()  # last: nothing of this thread touches the loop from here on

    def _pass_on(self, lines: Iterable[str]) -> None:
        for _ in self._heard(lines):
            pass

    def _heard(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            if self._listening:
                self._hear(line)
            yield line

    def _hear(self, line: str | None) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.lines.put_nowait, line)


def _begin(file: Path) -> None:
    """Make the file, so that it is there from the beginning."""
    try:
        private.make_folder(file.parent)
        file.touch(mode=private.FILE_MODE)
    except OSError as error:
        raise _unkept(error, file) from error


def _unkept(error: OSError, file: Path | None) -> EngineError:
    return EngineError(f"the container's log cannot be kept in {file}: {error.strerror}")


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Yield whole lines, without their ends, of bytes that come in pieces."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (_text(line) for line in whole)
        rest = rest[-_LONGEST:]
    if rest:
        yield _text(rest)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r")
