"""The highest announced server version that a gateway answers, where it does not answer the widest range."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from harness.diagnose.control.attempt import attempt
from harness.diagnose.control.attempt_state import Try

LADDER = (203, 207, 213, 217, 220, 223, 226)
"""Maxima that are announced one after another, where no more than one may stay unanswered: of published libraries, and
those at which a Gateway sends more in protobuf."""

STEPS = 4
"""Versions that are tried side by side: silence has to be waited out."""

_BEYOND = 400
"""Far above what any gateway speaks; versions grow by about ten a year."""


async def highest_answered(tries: Sequence[Try], *, above: int) -> int:
    """Narrow down the highest announced maximum that gets a version reply.

    Args:
        tries: how to make attempts side by side, each with a client id of its own.
        above: a maximum that is answered.

    Returns:
        The highest that was answered, ``above`` at least.
    """
    low, high = above, _BEYOND
    while high - low > 1:
        versions = _between(low, high, len(tries))
        announced = [
            replace(each.announced, max_version=version) for each, version in zip(tries, versions, strict=False)
        ]
        made = (attempt(replace(each, announced=hello)) for each, hello in zip(tries, announced, strict=False))
        answered = ["version" in record.seconds for record in await asyncio.gather(*made)]
        first_silent = answered.index(False) if False in answered else len(answered)
        low = versions[first_silent - 1] if first_silent else low
        high = versions[first_silent] if first_silent < len(versions) else high
    return low


def _between(low: int, high: int, parts: int) -> list[int]:
    """Return up to ``parts`` whole numbers between two, evenly apart."""
    return sorted({low + (high - low) * part // (parts + 1) for part in range(1, parts + 1)} - {low, high})
