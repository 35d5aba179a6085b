"""The clock of a run, and what it wrote down of the gateways that are brought up."""

from __future__ import annotations

import time
from collections.abc import Callable

from harness.shared.evidence import Moment, What


class Timeline:
    """Tells of moments in the order in which they come; times are seconds that the run took until then.

    Args:
        told: who keeps them.
        passed: seconds that the parts of the run before this one took.
    """

    def __init__(self, told: Callable[[Moment], object], *, passed: float = 0.0) -> None:
        self._began = time.monotonic() - passed
        self._told = told

    def mark(self, gateway: str, what: What, why: str = "") -> None:
        """Tell what begins for a gateway now; ``why`` says what it waits for, or why it did not come up."""
        self._told(Moment(gateway=gateway, what=what, at=time.monotonic() - self._began, why=why))
