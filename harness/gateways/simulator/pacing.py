"""Measures how fast clients ask, by the gateway's own clock: messages a second, and requests for history.

Sources: users' logs for the rate of messages and the text of its error; IBKR's documentation for history. Inferred are
that a second begins with a message, and that it is one violation however much comes in it: logs have violation 1 with
138 messages.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from harness.gateways.simulator.timing import Timing
from harness.known.scenarios import Behaviour
from harness.wire.message import Message

MOST_MESSAGES = 50
"""In a second: half the lines of market data, of which an ordinary account has 100 (documented)."""
MOST_VIOLATIONS = 3
"""The last ends the connection (users' logs)."""
HOLD_BACK = "+PACEAPI"
"""The connect option of a client that wants its messages held back, where they would be rejected."""

BARS_IN_TEN_MINUTES = 60
REAL_TIME_BARS_IN_TEN_MINUTES = 60
TEN_MINUTES, SAME_AGAIN, SAME_CONTRACT = 600.0, 15.0, 2.0
"""Seconds in which there may be so many, no second one that is equal, and no six of one contract (documented)."""
TOO_MANY_OF_ONE = 6

_SMALL = frozenset({"1 secs", "1 sec", "5 secs", "10 secs", "15 secs", "30 secs"})
"""Bars to which the limits of history apply: those of 30 seconds or less (documented)."""
_OF_HISTORY = frozenset(
    {
        *("req_id", "end", "bar_size", "duration", "use_rth", "what_to_show", "format_date", "keep_up_to_date"),
        *("chart_options_text", "chart_options"),
    }
)
"""Fields of a request for bars that say nothing of the contract."""


class Rate:
    """Counts the messages of one client.

    Args:
        behaviour: what becomes of those above the limit.
        timing: the clock of the gateway.
    """

    def __init__(self, behaviour: Behaviour, timing: Timing) -> None:
        self._is_kept = behaviour.pacing
        self._rejects = behaviour.rejects_too_fast
        self._timing = timing
        self._began = 0.0
        self._received = 0
        self._violations = 0

    def heed(self, options: str) -> None:
        """Take the connect options of the client's hello."""
        if HOLD_BACK in options.split():
            self._rejects = False

    @property
    def is_used_up(self) -> bool:
        """Whether the client has sent too fast too often."""
        return self._violations >= MOST_VIOLATIONS

    async def take(self) -> None:
        """Count a message; where messages are held back, wait until there may be one more."""
        while self._is_kept and not self._rejects and self._received >= MOST_MESSAGES and self._is_same_second():
            await self._timing.until(self._began + 1.0)
        if not self._is_same_second():
            self._began, self._received = self._timing.now(), 0
        self._received += 1

    def _is_same_second(self) -> bool:
        return self._began <= self._timing.now() < self._began + 1.0

    def violation(self) -> str | None:
        """Return what is said of the message that was counted last; ``None`` if it is taken."""
        above = self._received - MOST_MESSAGES
        if not self._rejects or above <= 0:
            return None
        self._violations += above == 1
        what = f"max={MOST_MESSAGES} rec={self._received} ({self._violations})"
        return f"Max rate of messages per second has been exceeded:{what}"


@dataclass(frozen=True, slots=True)
class _Asked:
    when: float
    weight: int
    contract: int
    request: int


class History:
    """Counts what was asked of the historical data service, by all clients of a gateway (inferred).

    A request that is refused is not counted, so that who waits is served (ours).
    """

    def __init__(self) -> None:
        self._bars: deque[_Asked] = deque()
        self._real_time: deque[float] = deque()

    def takes(self, request: Message, now: float) -> bool:
        """Return whether a request for bars is not too much, and count it if so; one for quotes counts double."""
        if request["bar_size"] not in _SMALL:
            return True
        while self._bars and now - self._bars[0].when >= TEN_MINUTES:
            self._bars.popleft()
        asked = _asked(request, now)
        recent = [one for one in self._bars if now - one.when < SAME_CONTRACT and one.contract == asked.contract]
        again = any(now - one.when < SAME_AGAIN and one.request == asked.request for one in self._bars)
        of_one, of_all = _weight((*recent, asked)), _weight((*self._bars, asked))
        if again or of_one >= TOO_MANY_OF_ONE or of_all > BARS_IN_TEN_MINUTES:
            return False
        self._bars.append(asked)
        return True

    def takes_real_time_bars(self, now: float) -> bool:
        """Return whether a request for real-time bars is not too much, and count it if so."""
        while self._real_time and now - self._real_time[0] >= TEN_MINUTES:
            self._real_time.popleft()
        if len(self._real_time) >= REAL_TIME_BARS_IN_TEN_MINUTES:
            return False
        self._real_time.append(now)
        return True


def _asked(request: Message, now: float) -> _Asked:
    weight = 2 if request["what_to_show"] == "BID_ASK" else 1
    values = {name: value for name, value in sorted(request.values.items()) if name != "req_id"}
    contract = {name: value for name, value in values.items() if name not in _OF_HISTORY}
    tick_type = request["what_to_show"]
    return _Asked(now, weight, hash(repr((contract, tick_type))), hash(repr(values)))


def _weight(asked: Iterable[_Asked]) -> int:
    return sum(one.weight for one in asked)
