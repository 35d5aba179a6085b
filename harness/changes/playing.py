"""Plays situations with rows' libraries, several at once, each with a simulated gateway of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any

from harness.changes.change import Observation
from harness.changes.performer import Cast, Performer, UnfinishedError
from harness.pytest_plugin.gateway_thread import GatewayThread
from harness.pytest_plugin.ib_gateway import IBGateway
from harness.pytest_plugin.orders import Order
from harness.pytest_plugin.settings import settings
from harness.pytest_plugin.simulated import simulated
from harness.shared.errors import IbCompatError
from harness.situations.situation import Situation

AT_ONCE = 4
"""The most situations at once; much of them is waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What was seen in a situation; ``reason`` says why it did not come to its end, else it is empty."""

    observations: tuple[Observation, ...]
    reason: str = ""


def play(
    casts: Sequence[Cast], situations: Sequence[Situation], told: Callable[[int, int], None] = lambda *_: None
) -> list[list[Played]]:
    """Let every cast play all situations; return what each saw, in the order of both.

    Args:
        casts: who plays.
        situations: what they play.
        told: called after each, with how many are done, of how many.
    """
    plays = [_Plays(cast, situations) for cast in casts]
    lanes = max(1, AT_ONCE // max(1, len(casts)))
    count, lock, done = len(casts) * len(situations), Lock(), 0

    def tell() -> None:
        nonlocal done
        with lock:
            done += 1
            told(done, count)

    with ThreadPoolExecutor(lanes * max(1, len(casts))) as pool:
        try:
            for lane in [pool.submit(each.lane, tell) for each in plays for _ in range(lanes)]:
                lane.result()
        except BaseException:
            for each in plays:
                each.interrupt()
            raise
    return [each.played() for each in plays]


@dataclass(slots=True)
class _Plays:
    """What one cast plays, by several lanes, each with a process that has imported the library.

    Args:
        cast: who plays.
        situations: what it plays.
    """

    cast: Cast
    situations: Sequence[Situation]
    _waiting: SimpleQueue[int] = field(default_factory=SimpleQueue)
    _done: dict[int, Played] = field(default_factory=dict)
    _performers: set[Performer] = field(default_factory=set)
    _interrupted: bool = False

    def __post_init__(self) -> None:
        for number in range(len(self.situations)):
            self._waiting.put(number)

    def played(self) -> list[Played]:
        """Return what was seen, in the order of the situations."""
        return [self._done[number] for number in range(len(self.situations))]

    def interrupt(self) -> None:
        """Play no more, and end what is being played."""
        self._interrupted = True
        for each in tuple(self._performers):
            each.kill()

    def lane(self, tell: Callable[[], None]) -> None:
        """Play what waits until nothing does."""
        performer: Performer | None = None
        try:
            while not self._interrupted:
                number = self._waiting.get_nowait()
                self._done[number], performer = self._play_to_its_end(self.situations[number], performer)
                tell()
        except Empty:
            return
        finally:
            self._let_go(performer)

    def _let_go(self, performer: Performer | None) -> None:
        if performer is not None:
            performer.end()
            self._performers.discard(performer)

    def _play_to_its_end(self, situation: Situation, performer: Performer | None) -> tuple[Played, Performer | None]:
        """Play a situation; once more if it did not come to its end, for which the machine may have been too busy."""
        played, performer = self._play(situation, performer)
        if played.reason and not self._interrupted:
            return self._play(situation, performer)
        return played, performer

    def _play(self, situation: Situation, performer: Performer | None) -> tuple[Played, Performer | None]:
        """Play a situation; return what was seen, and the process if it can play another."""
        seen: list[Observation] = []
        reason, usable = "", False
        try:
            if performer is None:
                performer = Performer(self.cast)
                self._performers.add(performer)
            with ExitStack() as stack:
                usable = performer.perform(situation.name, *_gateway(self.cast, situation, stack), seen)
        except (UnfinishedError, IbCompatError, OSError, ValueError) as problem:  # a situation is wrong, or we are
            reason = str(problem) or type(problem).__name__
        if not usable:
            self._let_go(performer)
            performer = None
        return Played(observations=tuple(seen), reason=reason), performer


def _gateway(
    cast: Cast, situation: Situation, stack: ExitStack
) -> tuple[str, int, Callable[[str, Mapping[str, Any]], dict[str, Any]]]:
    """Return the address of the gateway that a situation meets, and what does to it what the situation asks."""
    wanted = settings([("--gateway", {"gateway": cast.gateway}), (f"situation {situation.name}", situation.gateway)])
    gateway = IBGateway(stack.enter_context(GatewayThread(lambda: simulated(wanted))))
    played = _PlayedGateway(gateway, stack.enter_context(ExitStack()))
    return gateway.host, gateway.port, played.answer


class _PlayedGateway:
    """Does to a gateway what a situation asks.

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
