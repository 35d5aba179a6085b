"""Who waited for what: the moments at which something changed for a gateway that we bring up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class What(StrEnum):
    """What begins for a gateway at a moment."""

    WAITS = "waits"
    BOOTS = "boots"
    ASKED = "asked"
    STOPS = "stops"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When something began for a gateway; ``at`` is in seconds since the run began.

    ``why`` says what it waits for, or why it did not come up; it is empty where there is nothing to say.
    """

    gateway: str
    what: What
    at: float
    why: str = ""
