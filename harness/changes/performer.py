"""Runs the process in which a row's library plays situations, one after another."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any

from harness.changes.change import Observation
from harness.run.worker_process import BOOTSTRAP, environment_of_rows, own_group

ZONE = "Asia/Tokyo"
"""The zone of the computer on which libraries run: away from that of the gateway's instruments, and from UTC."""

DEADLINE = 120.0
"""Seconds after which a situation is ended; all that it waits for takes a part of that on a busy machine."""

_QUOTED = 300

Answer = Callable[[str, Mapping[str, Any]], dict[str, Any]]
"""Does to a gateway what a situation asks; ``harness.situations.played_gateway`` is the other end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who plays, and where: a row's library at a simulated gateway.

    Args:
        adapter: ``ib_async``, ``ib_insync`` or ``ibapi``, which is also the name of the package.
        library: name and version, ``ib_async==2.1.0``.
        python: the interpreter of its environment.
        gateway: the version that is simulated, such as ``gateway-10.45``.
    """

    adapter: str
    library: str
    python: Path
    gateway: str


class UnfinishedError(Exception):
    """A situation did not come to its end; the text says why."""


class Performer:
    """One process, which has imported the library; use one thread at a time.

    Args:
        cast: whose library.
    """

    def __init__(self, cast: Cast) -> None:
        words = (
            *(str(cast.python), "-I", str(BOOTSTRAP), "harness.situations.process"),
            *("--adapter", cast.adapter, "--seconds", str(DEADLINE)),
        )
        self._complaints = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115 - closed by end()
        self._process = subprocess.Popen(  # noqa: S603 - the interpreter of an environment that we built
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            text=True,
            encoding="utf-8",
            env=environment_of_rows(ZONE),
            **own_group(),
        )

    def perform(self, situation: str, host: str, port: int, answer: Answer, seen: list[Observation]) -> bool:
        """Play one situation; return whether the process can play another.

        Args:
            situation: its name.
            host: the address of its gateway.
            port: the port of its gateway.
            answer: does to the gateway what the situation asks.
            seen: takes what is seen.

        Raises:
            UnfinishedError: it did not come to its end, and the process is of no use any more.
        """
        timer = Timer(DEADLINE, self.kill)
        timer.start()
        try:
            self._say({"situation": situation, "host": host, "port": port})
            self._follow(answer, seen)
            return '"left"' in self._line()
        except UnfinishedError as problem:
            self.kill()
            raise UnfinishedError(f"{problem}{self._complained()}") from None
        finally:
            timer.cancel()

    def _follow(self, answer: Answer, seen: list[Observation]) -> None:
        """Take what the process says until the situation has come to its end."""
        while line := self._line():
            match json.loads(line):
                case {"event": "observed", "what": str(what), "kind": str(kind), "value": str(value), "type": str(of)}:
                    seen.append(Observation(what=what, kind=kind, value=value, type=of))
                case {"event": "gateway", "do": str(action), "arguments": dict(arguments)}:
                    self._say(answer(action, arguments))
                case {"event": "failed", "reason": str(reason)}:
                    raise UnfinishedError(reason)
                case {"event": "end"}:
                    return
                case {"event": "left"}:
                    raise UnfinishedError("its process ended before the situation did")
                case _:
                    raise UnfinishedError(f"its process said {line[:_QUOTED]!r}")
        raise UnfinishedError(f"its process ended, or took more than {DEADLINE:g} s")

    def _line(self) -> str:
        return "" if self._process.stdout is None else self._process.stdout.readline()

    def _say(self, message: Mapping[str, Any]) -> None:
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):  # its end is seen where it is read
                self._process.stdin.write(json.dumps(message) + "\n")
                self._process.stdin.flush()

    def _complained(self) -> str:
        self._complaints.seek(0)
        last = " ".join(self._complaints.read().strip().splitlines()[-1:])
        return f" ({last[:_QUOTED]})" if last else ""

    def kill(self) -> None:
        """End the process, and what it started."""
        if sys.platform == "win32":
            self._process.kill()
        else:
            with suppress(ProcessLookupError, PermissionError):  # all are gone; macOS says it the second way
                os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> None:
        """End it, and let go of all that it took."""
        self.kill()
        with suppress(BrokenPipeError):
            self._process.communicate()
        self._complaints.close()
