"""Creates and starts one container, follows its log line by line, and removes it whatever happens."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from harness.gateways.docker.engine import Engine, State, ToCreate
from harness.gateways.docker.engine_calls import EngineError, Stream, blocking, unbroken
from harness.shared import private

_LAST_WORDS = 5.0
"""Seconds to wait for the rest of a container's log after the container has ended."""

_LONGEST = 1_000_000
"""The most bytes of an unfinished line that are kept; no line that we look for is that long."""


class Following:
    """Reads a log in its own thread.

    Args:
        stream: the log as the engine sends it.
        file: the file to which the log is appended; an interrupted run may have begun it. ``None`` for no file.
        redact: removes from a line what must not be kept.

    Raises:
        EngineError: the file cannot be written.
    """

    def __init__(self, stream: Stream[bytes], *, file: Path | None, redact: Callable[[str], str]) -> None:
        self.lines: asyncio.Queue[str | None] = asyncio.Queue()
        """Each line as it came, then ``None``, for the listener."""
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
        """Continue to write the file, and keep nothing for listeners."""
        self._listening = False

    async def finish(self) -> None:
        """Read the last output of a container that has ended."""
        await asyncio.to_thread(self._over.wait, _LAST_WORDS)

    async def end(self) -> None:
        """Stop reading, and wait until the thread has ended."""
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
    """Create the file, so that it exists from the beginning."""
    try:
        private.make_folder(file.parent)
        file.touch(mode=private.FILE_MODE)
    except OSError as error:
        raise _unkept(error, file) from error


def _unkept(error: OSError, file: Path | None) -> EngineError:
    return EngineError(f"the container's log cannot be kept in {file}: {error.strerror}")


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Yield complete lines, without their line ends, from bytes that come in pieces."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (_text(line) for line in whole)
        rest = rest[-_LONGEST:]
    if rest:
        yield _text(rest)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r")


GRACE = 2
"""Seconds that a container gets to log out by itself before it is killed."""

_SETTLES = 5.0
"""Seconds from the end of its log until the engine knows that a container has ended."""
_POLL = 0.1


class Container:
    """A container, identified by a name that no other container has.

    Args:
        engine: the engine that has it, or will have it.
        name: its name.
        note: called with sentences for a person.
    """

    def __init__(self, engine: Engine, name: str, *, note: Callable[[str], None]) -> None:
        self.name = name
        self.kept = False
        """Whether it is left running at the end."""
        self.following: Following | None = None
        self._engine = engine
        self._note = note

    async def create(self, wanted: ToCreate, archive: bytes) -> None:
        """Create it, with its files in it.

        Raises:
            EngineError: the engine does not.
        """
        await blocking(self._engine.create, wanted)
        await blocking(self._engine.put, self.name, "/", archive)

    async def start(self) -> None:
        """Start it, once.

        Raises:
            EngineError: the engine does not.
        """
        await blocking(self._engine.start, self.name)

    async def follow(self, *, file: Path | None, redact: Callable[[str], str], since: float | None = None) -> Following:
        """Follow its log, from the beginning of the log or from ``since``, in seconds since the epoch."""
        stream = await blocking(self._engine.log, self.name, since)
        self.following = Following(stream, file=file, redact=redact)
        return self.following

    async def port(self, inside: int) -> int | None:
        """Return the port on the engine's machine; ``None`` if the container is not running.

        Raises:
            EngineError: it is running, and the engine has not published the port.
        """
        state = await self.state()
        if state.running and inside not in state.ports:
            raise EngineError(f"the engine has not published port {inside} of {self.name}")
        return state.ports.get(inside)

    async def state(self) -> State:
        """Return its current state.

        Raises:
            EngineError: the engine does not answer.
        """
        state: State = await blocking(self._engine.state, self.name)
        return state

    async def ended(self) -> State:
        """Return its state once its log is over; it may still be running if the engine cut the log off."""
        until = asyncio.get_running_loop().time() + _SETTLES
        state = await self.state()
        while state.running and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(_POLL)
            state = await self.state()
        return state

    async def stop(self) -> None:
        """Stop it, and read its last lines.

        Raises:
            EngineError: the engine does not.
        """
        await blocking(self._engine.stop, self.name, GRACE)
        if self.following is not None:
            await self.following.finish()

    async def close(self) -> None:
        """Release it: a container that is kept stays, any other ends."""
        if not self.kept:
            await self.end()
        elif self.following is not None:
            await unbroken(self.following.end())

    async def end(self) -> None:
        """Stop and remove it even if interrupted. A failure is reported; ``ib-compat clean`` can remove it later."""
        await unbroken(self._end())

    async def _end(self) -> None:
        try:
            await self.stop()
        except EngineError:
            pass  # removing it by force ends it as well, or says why not
        finally:
            if self.following is not None:
                await self.following.end()
        try:
            await asyncio.to_thread(self._engine.remove, self.name)
        except EngineError as error:
            self._note(f"its container {self.name} is left: {error}. `ib-compat clean` removes it")
