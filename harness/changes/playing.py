"""Plays situations with a row's library: each in a process of its own, with a simulated gateway of its own."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Timer
from typing import IO, Any

from harness.changes.change import Observation
from harness.pytest_plugin.gateway_thread import GatewayThread
from harness.pytest_plugin.ib_gateway import IBGateway
from harness.pytest_plugin.orders import Order
from harness.pytest_plugin.settings import Settings, settings
from harness.pytest_plugin.simulated import simulated
from harness.run.worker_process import BOOTSTRAP, environment_of_rows, own_group
from harness.shared.errors import IbCompatError
from harness.situations.situation import Situation

ZONE = "Asia/Tokyo"
"""The zone of the computer on which libraries run: away from that of the gateway's instruments, and from UTC."""

AT_ONCE = 4
"""The most situations at once: their processes import a library first, and then mostly wait."""

DEADLINE = 120.0
"""Seconds after which a situation is ended; all that it waits for takes a part of that on a busy machine."""

_QUOTED = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who plays, and where: a row's library at a simulated gateway.

    Args:
        adapter: ``ib_async`` or ``ib_insync``, which is also the name of the package.
        library: name and version, ``ib_async==2.1.0``.
        python: the interpreter of its environment.
        gateway: the version that is simulated, such as ``gateway-10.45``.
    """

    adapter: str
    library: str
    python: Path
    gateway: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What was seen in a situation; ``reason`` says why it did not come to its end, else it is empty."""

    observations: tuple[Observation, ...]
    reason: str = ""


class UnfinishedError(Exception):
    """A situation did not come to its end; the text says why."""


@dataclass(slots=True)
class Players:
    """Plays situations, several at once; ends what still runs when it is interrupted."""

    _running: set[subprocess.Popen[str]] = field(default_factory=set)
    _interrupted: bool = False

    def play(
        self, parts: list[tuple[Cast, Situation]], told: Callable[[int, int], None] = lambda *_: None
    ) -> list[Played]:
        """Play all parts; return what each saw, in their order.

        Args:
            parts: who plays what.
            told: called after each, with how many are done, of how many.
        """
        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                playing = [pool.submit(self._play_to_its_end, cast, situation) for cast, situation in parts]
                for number, each in enumerate(playing, start=1):
                    each.result()
                    told(number, len(parts))
            except BaseException:
                self._interrupted = True
                pool.shutdown(wait=False, cancel_futures=True)
                for process in tuple(self._running):
                    process.kill()
                raise
            return [each.result() for each in playing]

    def _play_to_its_end(self, cast: Cast, situation: Situation) -> Played:
        """Play a situation; once more if it did not come to its end, for which the machine may have been too busy."""
        played = self._play(cast, situation)
        return self._play(cast, situation) if played.reason and not self._interrupted else played

    def _play(self, cast: Cast, situation: Situation) -> Played:
        seen: list[Observation] = []
        try:
            with ExitStack() as stack:
                wanted = _wanted(cast.gateway, situation)
                thread = stack.enter_context(GatewayThread(lambda: simulated(wanted)))
                played = _PlayedGateway(IBGateway(thread), stack.enter_context(ExitStack()))
                self._run(cast, situation, played, seen)
        except (UnfinishedError, IbCompatError, OSError, ValueError) as problem:  # a situation is wrong, or we are
            return Played(observations=tuple(seen), reason=str(problem) or type(problem).__name__)
        return Played(observations=tuple(seen))

    def _run(self, cast: Cast, situation: Situation, played: _PlayedGateway, seen: list[Observation]) -> None:
        with tempfile.TemporaryFile("w+", errors="replace") as complaints:
            process = _start(cast, situation, played.gateway, complaints)
            self._running.add(process)
            timer = Timer(DEADLINE, process.kill)
            timer.start()
            try:
                _follow(process, played, seen)
            except UnfinishedError as problem:
                raise UnfinishedError(f"{problem}{_said(complaints)}") from None
            finally:
                timer.cancel()
                process.kill()
                process.communicate()
                self._running.discard(process)


def _wanted(gateway: str, situation: Situation) -> Settings:
    return settings([("--gateway", {"gateway": gateway}), (f"situation {situation.name}", situation.gateway)])


def _start(cast: Cast, situation: Situation, gateway: IBGateway, complaints: IO[str]) -> subprocess.Popen[str]:
    words = (
        *(str(cast.python), "-I", str(BOOTSTRAP), "harness.situations.process"),
        *("--adapter", cast.adapter, "--situation", situation.name),
        *("--host", gateway.host, "--port", str(gateway.port), "--seconds", str(DEADLINE)),
    )
    return subprocess.Popen(  # noqa: S603 - the interpreter of an environment that we built
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        text=True,
        encoding="utf-8",
        env=environment_of_rows(ZONE),
        **own_group(),
    )


def _follow(process: subprocess.Popen[str], played: _PlayedGateway, seen: list[Observation]) -> None:
    """Take what a process says until it says that it has come to its end.

    Raises:
        UnfinishedError: it did not.
    """
    if process.stdout is None or process.stdin is None:
        raise UnfinishedError("the process has no pipes")
    for line in process.stdout:
        match json.loads(line):
            case {"event": "observed", "what": str(what), "kind": str(kind), "value": str(value), "type": str(named)}:
                seen.append(Observation(what=what, kind=kind, value=value, type=named))
            case {"event": "gateway", "do": str(action), "arguments": dict(arguments)}:
                with suppress(BrokenPipeError):
                    process.stdin.write(json.dumps(played.answer(action, arguments)) + "\n")
                    process.stdin.flush()
            case {"event": "failed", "reason": str(reason)}:
                raise UnfinishedError(reason)
            case {"event": "end"}:
                return
            case _:
                raise UnfinishedError(f"its process said {line[:_QUOTED]!r}")
    raise UnfinishedError(f"its process ended, or took more than {DEADLINE:g} s")


def _said(complaints: IO[str]) -> str:
    complaints.seek(0)
    last = " ".join(complaints.read().strip().splitlines()[-1:])
    return f" ({last[:_QUOTED]})" if last else ""


class _PlayedGateway:
    """Does to a gateway what a situation asks; ``harness.situations.played_gateway`` is the other end.

    Args:
        gateway: the gateway.
        stack: its end brings the gateway up, if it is down.
    """

    def __init__(self, gateway: IBGateway, stack: ExitStack) -> None:
        self.gateway = gateway
        self._stack = stack

    def answer(self, action: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return what came of it: its value, or its error."""
        try:
            return {"value": self._do(action, dict(arguments))}
        except (ValueError, TimeoutError, StopIteration) as problem:
            return {"error": str(problem) or type(problem).__name__}

    def _do(self, action: str, arguments: dict[str, Any]) -> Any:
        match action:
            case "step" | "say" | "drop" | "set_price":
                getattr(self.gateway, action)(**arguments)
            case "down":
                self._stack.enter_context(self.gateway.down())
            case "up":
                self._stack.close()
            case "fill" | "reject" | "cancel":
                getattr(self.gateway, action)(self._order(arguments.pop("order_id")), **arguments)
            case "orders":
                return [_plain(order) for order in self.gateway.orders]
            case _:
                raise ValueError(f"a gateway cannot {action}")
        return None

    def _order(self, order_id: int) -> Order:
        return next(order for order in self.gateway.orders if order.id == order_id)


def _plain(order: Order) -> dict[str, Any]:
    return {key: value if isinstance(value, int | float | bool) else str(value) for key, value in asdict(order).items()}
