"""What the evidence means: who is at fault, how sure that is, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from harness.shared.status import Fault


class Sureness(StrEnum):
    """How far the evidence goes."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The verdict on a gateway or on a cell.

    Args:
        code: what it is called, for programs.
        title: the same, for a person.
        fault: who is at fault; ``None`` where all is well.
        sure: how far the evidence goes.
        usable: whether a client can connect and trade all the same.
        says: one paragraph.
        because: the evidence that decided, a sentence each.
        decides: the one experiment that would tell, where it is not certain.
        next: what to do, in this order, in this product on this system.
    """

    code: str
    title: str
    fault: Fault | None
    sure: Sureness
    usable: bool
    says: str
    because: tuple[str, ...] = ()
    decides: str | None = None
    next: tuple[str, ...] = ()
