"""Says what a recording is one of: a real gateway, as far as its maker's machine showed, or a simulated one."""

from __future__ import annotations

from enum import StrEnum


class Origin(StrEnum):
    """Whether a real Gateway is in a recording."""

    REAL = "real"
    SIMULATED = "simulated"
    UNKNOWN = "unknown"
    """Nobody saw it: it ran on another machine or behind a forwarder, or was captured."""

    @property
    def words(self) -> str:
        """What it is a recording of."""
        return _OF[self]


_OF = {
    Origin.REAL: "a real gateway",
    Origin.SIMULATED: "a simulated gateway",
    Origin.UNKNOWN: "a gateway that may be real or simulated",
}
