"""Gives a program the network in which it finds its gateway, and starts it there.

``own`` is a network of its own, of which only the usual ports of a gateway lead anywhere: to ours. Programs that have
an address in their code need no change, several run side by side, and none can reach a real Gateway. Only Linux has it.
``open`` is this machine's network: the gateway is at those usual ports that are free.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from pathlib import Path

from harness.known.gateway_versions import document
from harness.run.programs.process import ProgramProcess
from harness.run.tap.proxy import LOOPBACK_6
from harness.shared.accepting import readable
from harness.shared.errors import UsageError, WorkerError
from harness.shared.hosts import LOOPBACK

_LAUNCHER = Path(__file__).with_name("launcher.py")
_MOST_SOCKETS, _LONGEST_REASON = 16, 1_000
_READY, _GO = b"ready", b"go"
"""What the launcher says and waits for; it is a program of its own and is not imported."""

_HANDED_OVER_SECONDS = 30.0

_NEW_GROUP = 0x200
"""``CREATE_NEW_PROCESS_GROUP``, which only Windows has."""


class Network(StrEnum):
    """What a program can reach."""

    OWN = "own"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What is started.

    Args:
        command: its words.
        environment: all of its variables.
        folder: where it runs.
        output: the file descriptor to which it writes.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    output: int = subprocess.DEVNULL


def usual_ports() -> tuple[int, ...]:
    """Return the ports at which programs look for a gateway; that of a paper account at IB Gateway first."""
    ports = document()["ports"]
    return tuple(ports[product][mode] for mode in ("paper", "live") for product in ("gateway", "tws"))


class OwnNetwork:
    """A network of its own, for one program."""

    def __init__(self) -> None:
        self.port = usual_ports()[0]
        self._channel: socket.socket | None = None
        self._process: ProgramProcess | None = None

    @property
    def session(self) -> int | None:
        """The session of what was started, which may not have begun; ``None`` before."""
        return None if self._process is None else self._process.pid

    async def prepare(self, start: Start) -> Sequence[socket.socket]:
        """Make the network; return the sockets at which the program will look for its gateway.

        Raises:
            UsageError: this system gives no network to a program.
        """
        if not sys.platform.startswith("linux"):
            raise no_own_network(f"{sys.platform} has no networks for single programs")
        ours, its = socket.socketpair()
        self._channel = ours
        ports = ",".join(map(str, usual_ports()))
        words = (sys.executable, "-I", str(_LAUNCHER), str(its.fileno()), ports, *start.command)
        with its:
            self._process = _started(words, start, pass_fds=(its.fileno(),))
        return await self._handed_over(ours)

    async def _handed_over(self, channel: socket.socket) -> Sequence[socket.socket]:
        try:
            async with asyncio.timeout(_HANDED_OVER_SECONDS):
                await readable(channel)  # no thread: it would have the sockets if this is cancelled, and nobody else
            said, numbers, _, _ = socket.recv_fds(channel, _LONGEST_REASON, _MOST_SOCKETS)
        except TimeoutError:
            said, numbers = f"it was not ready after {_HANDED_OVER_SECONDS:.0f} s; is this machine busy?".encode(), []
        if said != _READY:
            await self.close()
            raise no_own_network(said.decode(errors="replace") or "the launcher ended")
        return [socket.socket(fileno=number) for number in numbers]

    async def begin(self) -> ProgramProcess:
        """Let the program begin; its gateway is served by now."""
        if self._channel is None or self._process is None:
            raise RuntimeError("nothing was prepared")
        self._process.becomes_the_program()
        self._channel.send(_GO)
        return self._process

    async def close(self) -> None:
        """End what has not begun."""
        if self._channel is not None:
            self._channel.close()  # the launcher ends with it
        if self._process is not None:
            await _ended(self._process)


class OpenNetwork:
    """This machine's network, which one program at a time shares with all others.

    Raises:
        UsageError: a gateway may be there, which the program might take for ours.
    """

    def __init__(self) -> None:
        _refuse_neighbours()
        self._listeners = _at_usual_ports() or [socket.create_server((LOOPBACK, 0))]
        self.port: int = self._listeners[0].getsockname()[1]
        self._start: Start | None = None
        self._process: ProgramProcess | None = None

    @property
    def session(self) -> int | None:
        """The session of what was started, which may not have begun; ``None`` before."""
        return None if self._process is None else self._process.pid

    async def prepare(self, start: Start) -> Sequence[socket.socket]:
        """Return the sockets at which the program will look for its gateway."""
        self._start = start
        return self._listeners

    async def begin(self) -> ProgramProcess:
        """Start the program."""
        if self._start is None:
            raise RuntimeError("nothing was prepared")
        self._process = _started(self._start.command, self._start)
        return self._process

    async def close(self) -> None:
        """End the program, if it is still there."""
        for listener in self._listeners:
            listener.close()
        if self._process is not None:
            await _ended(self._process)


async def _ended(process: ProgramProcess) -> None:
    """End a process, if it is still there."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    with contextlib.suppress(WorkerError):  # who waited for it before was told
        await process.wait()


def _refuse_neighbours() -> None:
    """Refuse to try a program in this machine's network beside a gateway: the program might find that one.

    Raises:
        UsageError: something listens at a usual port of a gateway.
    """
    for port, host in product(usual_ports(), (LOOPBACK, LOOPBACK_6)):
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1.0):
            raise UsageError(
                f"something listens at {host}, port {port}, and the program may take it for its gateway",
                hint="End it while you try, or try on a machine where no Gateway runs.",
            )


def no_own_network(why: str) -> UsageError:
    """Return what to say where a program cannot have a network of its own."""
    return UsageError(
        f"the program cannot have a network of its own: {why}",
        hint="--network open lets it share this machine's. Then it can reach any Gateway whose address it knows.",
    )


def _at_usual_ports() -> list[socket.socket]:
    found = []
    for port in usual_ports():
        with contextlib.suppress(OSError):  # it is taken, or no port for us
            found.append(socket.create_server((LOOPBACK, port)))
    return found


def _started(words: Sequence[str], start: Start, pass_fds: Sequence[int] = ()) -> ProgramProcess:
    """Start a process in a session of its own.

    Raises:
        UsageError: it cannot be started.
    """
    windows = sys.platform == "win32"
    try:
        return ProgramProcess(
            words,
            stdin=subprocess.DEVNULL,
            stdout=start.output,
            stderr=subprocess.STDOUT,
            cwd=start.folder,
            env=dict(start.environment),
            creationflags=_NEW_GROUP if windows else 0,
            start_new_session=not windows,
            pass_fds=pass_fds,
        )
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or problem
        raise UsageError(f"{words[0]}: cannot be started: {why}") from None
