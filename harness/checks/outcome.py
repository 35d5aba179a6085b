"""What a check ended as, and with which code a cell ends: the words of the evidence."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from adapters.listening import said_by

Status = Literal["pass", "degraded", "fail", "timeout", "error", "unsupported", "skipped"]
"""Those words of the grid that a check itself can end as; the host has more."""

EVERY_CHECK_PASSED = 0
A_CHECK_DID_NOT = 1
JOB_NOT_UNDERSTOOD = 2
WORKER_FAILED = 3


@dataclass(frozen=True)
class Outcome:
    """How one check ended; ``seconds`` is what it took, ``detail`` what it saw."""

    name: str
    status: Status
    seconds: float
    reason: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Tell whether the check passed; a degraded one did not."""
        return self.status == "pass"

    @property
    def harmless(self) -> bool:
        """Tell whether the check found nothing wrong: it passed, or could not be asked for a reason that is told."""
        return self.status in {"pass", "unsupported", "skipped"}

    def as_json(self) -> dict[str, Any]:
        """Give the check as the ready line and the evidence show it."""
        return asdict(self)


def describe(error: BaseException) -> str:
    """Name an exception the way a traceback ends: type and message, and the one that it came out of."""
    said = said_by(error)
    if error.__context__ is None or error.__suppress_context__:
        return said
    return f"{said} (while handling {describe(error.__context__)})"
