"""One container: created, started, and gone again whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from harness.gateways.docker.engine import Engine, State, ToCreate
from harness.gateways.docker.engine_calls import blocking, unbroken
from harness.gateways.docker.engine_errors import EngineError
from harness.gateways.docker.log_following import Following

GRACE = 2
"""Seconds that a container gets to log out by itself before it is killed."""

_SETTLES = 5.0
"""Seconds from the end of its log until the engine knows that a container has ended."""
_POLL = 0.1


class Container:
    """A container by its name, which nobody else's has.

    Args:
        engine: where it is, or will be.
        name: what it is called.
        note: told what a person should know.
    """

    def __init__(self, engine: Engine, name: str, *, note: Callable[[str], None]) -> None:
        self.name = name
        self.kept = False
        """Whether it is left running in the end."""
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
        """Read its log from now on: from its beginning, or from ``since`` in seconds since the epoch."""
        stream = await blocking(self._engine.log, self.name, since)
        self.following = Following(stream, file=file, redact=redact)
        return self.following

    async def port(self, inside: int) -> int | None:
        """Return the port on the engine's machine; ``None`` where it does not run.

        Raises:
            EngineError: it runs, and the engine has not published the port.
        """
        state = await self.state()
        if state.running and inside not in state.ports:
            raise EngineError(f"the engine has not published port {inside} of {self.name}")
        return state.ports.get(inside)

    async def state(self) -> State:
        """Return what becomes of it.

        Raises:
            EngineError: the engine does not tell.
        """
        state: State = await blocking(self._engine.state, self.name)
        return state

    async def ended(self) -> State:
        """Return its state once its log is over; it still runs where the engine cut that off."""
        until = asyncio.get_running_loop().time() + _SETTLES
        state = await self.state()
        while state.running and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(_POLL)
            state = await self.state()
        return state

    async def stop(self) -> None:
        """Stop it, and read what it said last.

        Raises:
            EngineError: the engine does not.
        """
        await blocking(self._engine.stop, self.name, GRACE)
        if self.following is not None:
            await self.following.finish()

    async def close(self) -> None:
        """Let go of it: it stays where it is kept, else it ends."""
        if not self.kept:
            await self.end()
        elif self.following is not None:
            await unbroken(self.following.end())

    async def end(self) -> None:
        """Stop and remove it, whoever interrupts; what cannot be removed is said, and found by ``ib-compat clean``."""
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
