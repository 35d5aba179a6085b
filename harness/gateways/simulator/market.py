"""Holds a market that lives: the contracts of a world, and prices that move by one clock and from one seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from harness.gateways.simulator.fresh_account import emptied
from harness.gateways.simulator.moving_prices import MovingPrices
from harness.gateways.simulator.truth import Truth
from harness.gateways.simulator.world import World

_MINUTE = 60.0
"""Seconds for which what is traded stays the same: contracts end with a minute."""


class Market:
    """What a gateway trades.

    Args:
        seed: the same seed makes the same prices at the same moments.
        now: the gateway's clock, in Unix seconds.
        fresh: whether the accounts hold nothing, and nothing was ever ordered.
    """

    def __init__(self, seed: int, now: Callable[[], float], *, fresh: bool = False) -> None:
        self._world = _world()
        self._now = now
        self._fresh = fresh
        self.prices = MovingPrices(self._world.listings, seed, now)
        self._known: tuple[float, Truth] | None = None

    def truth(self, told: Truth, mode: str, scenario: str | None) -> Truth:
        """Return a gateway's truth with what is traded now: hours and expiries are of the clock's day."""
        minute = self._now() // _MINUTE
        if self._known is None or self._known[0] != minute:
            self._known = minute, self.truth_at(self._now(), told, mode, scenario)
        return self._known[1]

    def truth_at(self, when: float, told: Truth, mode: str, scenario: str | None) -> Truth:
        """Return a gateway's truth at a moment, in Unix seconds: its accounts hold what was traded then."""
        traded = self._world.truth(mode, when, scenario)
        traded = emptied(traded) if self._fresh else traded
        return replace(traded, desupport=told.desupport, clock_ahead=told.clock_ahead)


@cache
def _world() -> World:
    return World()
