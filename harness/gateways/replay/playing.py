"""Decides when a recorded message is due again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import InitVar, dataclass, field
from functools import cache
from math import inf
from typing import Protocol

from harness.gateways.replay.names import Names
from harness.gateways.replay.rewriting import Line
from harness.recordings.indexed import IndexedExchange
from harness.shared.errors import InputError
from harness.wire.catalogue import catalogue

AT_THE_CLIENTS_PACE = None
"""A speed. What came before the client's next request is sent at once, what came after two more requests when the
client has sent two more, and all at the latest when it came in the recording. Only what follows an answer, such as the
changes of a bar, keeps its pauses, of at most `LONGEST_PAUSE`: a client that listens for the next change would miss one
that comes together with the answer."""

LONGEST_PAUSE = 0.5
"""In seconds."""

Speed = float | None
"""How many times faster than recorded; or `AT_THE_CLIENTS_PACE`."""

SHORT = 0.02
"""Seconds of a pause that nobody made on purpose."""

CHANGES = frozenset({"historical_data_update"})
_BEFORE_A_CHANGE = 0.25
"""Seconds between bars and their first change, however soon that came: a library that reads both at once shows its
user the change alone."""

PART = 65536
"""Bytes that are written before others have their turn."""


class Due(Protocol):
    """What is to be sent.

    Args:
        delay: in seconds after what it answers.
        requests: how many more requests the client had sent by then.
        pause: seconds after the message before it, which are always kept.
    """

    @property
    def delay(self) -> float: ...  # noqa: D102 - as above

    @property
    def requests(self) -> int: ...  # noqa: D102

    @property
    def pause(self) -> float: ...  # noqa: D102

    def frame(self, version: int, names: Names) -> bytes:
        """Return its bytes for a client."""
        ...


@dataclass(slots=True, kw_only=True)
class Playing:
    """Messages that are being sent.

    Args:
        exchange: what they answer; ``None`` for the greeting.
        lines: the messages.
        names: what the client calls things.
        since: when the request came, by the loop's clock.
        asked: how many requests the client had sent by then, this one included.
        closes_after: seconds after which the gateway ends the connection; infinite if it does not.
    """

    exchange: IndexedExchange | None
    lines: InitVar[Iterable[Due]]
    names: Names
    since: float
    asked: int
    closes_after: float = inf
    problem: InputError | None = field(default=None, init=False)
    """Why the next message cannot be read."""
    _next: Due | None = field(init=False)
    _rest: Iterator[Due] = field(init=False)
    _last: float = field(default=0.0, init=False)

    def __post_init__(self, lines: Iterable[Due]) -> None:
        self._rest = iter(lines)
        self._advance()

    def _advance(self) -> None:
        try:
            self._next = next(self._rest, None)
        except InputError as problem:
            self._next, self.problem = None, problem

    @property
    def is_done(self) -> bool:
        """Whether everything was sent."""
        return self._next is None

    def due(self, asked: int, speed: Speed) -> float:
        """Return when the next message, or the end of the connection, is due; infinity if nothing is left.

        Args:
            asked: how many requests the client has sent.
            speed: of the replay.
        """
        line = self._next
        if line is None:
            at_once = speed is AT_THE_CLIENTS_PACE and self.closes_after < inf
            return self.since if at_once else self.since + self.closes_after / (speed or 1.0)
        by_time = self.since + line.delay / (speed or 1.0)
        in_turn = speed is AT_THE_CLIENTS_PACE and line.requests <= asked - self.asked
        return max(self._last, self.since) + line.pause if in_turn else by_time

    def take(self, part: bytearray, now: float, asked: int, speed: Speed, version: int) -> None:
        """Add the frames that are due to a part, until it is full.

        Args:
            part: what is sent at once.
            now: by the loop's clock.
            asked: how many requests the client has sent.
            speed: of the replay.
            version: of the client.
        """
        while self._next is not None and len(part) < PART and self.due(asked, speed) <= now:
            part += self._next.frame(version, self.names)
            self._advance()
            self._last = now


def scheduled(exchange: IndexedExchange, lines: Iterable[Line], version: int) -> Iterator[Line]:
    """Yield what answers a request, and note when each message is due to a client of a version."""
    ends = _ends(exchange.name, exchange.dialogue.server_version, version)
    ended, last, before, asked = False, 0.0, "", exchange.place + 1
    for line in lines:
        delay, after, name, *_ = line.told
        if ended and delay - last >= SHORT:
            line.pause = min(delay - last, LONGEST_PAUSE)
        if name in CHANGES and before and before not in CHANGES:
            line.pause = max(line.pause, _BEFORE_A_CHANGE)
        line.requests = after - asked
        yield line
        ended, last, before = ended or name in ends, delay, name


@cache
def _ends(name: str, recorded: int, version: int) -> frozenset[str]:
    """Return the messages that end the answer to a request, at either version."""
    kind = catalogue().by_name[name]
    return kind.ends_at(recorded) | kind.ends_at(version)
