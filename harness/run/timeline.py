"""The clock of a run, and what it wrote down of the gateways that are brought up."""

from __future__ import annotations

import time

from harness.evidence import Moment, What


class Timeline:
    """Keeps moments in the order in which they come; times are seconds since it was made."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.moments: list[Moment] = []

    def mark(self, gateway: str, what: What, why: str = "") -> None:
        """Keep what begins for a gateway now; ``why`` says what it waits for, or why it did not come up."""
        self.moments.append(Moment(gateway=gateway, what=what, at=time.monotonic() - self._began, why=why))
