"""How long a cell may take: the sum of all that may be waited for in it, check by check.

A healthy cell waits for nothing and is done in a moment; what is far away, or silent, costs what its timeouts say. So a
deadline ends only what keeps none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.checks.all import CHECKS
from harness.checks.check import Check, Phase

if TYPE_CHECKING:
    from collections.abc import Iterable

SPARE = 10.0
"""Seconds for what has no timeout: the start of the process, the reading of answers, on a machine that is busy."""

_TIMES_A_TIMEOUT = 3
"""How many times its connect timeout a library may take until it is ready: ib_async and ib_insync give it to the wait
for readiness, to the start-up requests and to the executions (`adapters.asyncio_connect`)."""

_CONNECT = frozenset({Phase.TCP, Phase.VERSION, Phase.READY})
_BY_NAME = {check.name: check for check in CHECKS}


def may_take(name: str, *, connect_timeout: float, request_timeout: float, round_trip: float = 0.0) -> float:
    """Give the seconds that a check may take by its own word (`Check.requests`, `Check.connects`), with some to spare.

    Args:
        name: the check; for a stage of the connect it is the whole connect.
        connect_timeout: seconds that a connect is given.
        request_timeout: seconds that a request is given.
        round_trip: seconds from a message of the control to its answer; what a check sends before and after its
            requests, such as a cancellation, takes that, too.
    """
    return SPARE + _waits(_BY_NAME[name], connect_timeout, request_timeout, round_trip)


def all_may_take(names: Iterable[str], *, connect_timeout: float, request_timeout: float) -> float:
    """Give the seconds that all of these checks may take together; the stages of a connect are one connect."""
    checks = [_BY_NAME[name] for name in names]
    asked = sum(_waits(check, connect_timeout, request_timeout, 0.0) for check in checks if check.phase not in _CONNECT)
    return SPARE + _TIMES_A_TIMEOUT * connect_timeout + asked


def _waits(check: Check, connect_timeout: float, request_timeout: float, round_trip: float) -> float:
    connects = _TIMES_A_TIMEOUT * check.connects
    messages = connects + 2 * check.requests
    return connects * connect_timeout + check.requests * request_timeout + messages * round_trip
