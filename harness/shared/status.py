"""Defines the statuses of checks and cells, the sides that may be at fault, and what is found of programs."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """What a check, and a cell, ended as."""

    PASS = "pass"  # noqa: S105
    DEGRADED = "degraded"
    FAIL = "fail"
    TIMEOUT = "timeout"
    ERROR = "error"
    UNSUPPORTED = "unsupported"
    SKIPPED = "skipped"
    NOT_RUN = "not-run"


class Fault(StrEnum):
    """Who is at fault if a square is red; ``unknown`` is an honest answer."""

    LIBRARY = "library"
    GATEWAY = "gateway"
    SETTINGS = "settings"
    NETWORK = "network"
    ACCOUNT = "account"
    PACKAGING = "packaging"
    HARNESS = "harness"
    UNKNOWN = "unknown"


class Finding(StrEnum):
    """Whether a program does with one gateway or library what it does with another."""

    SAME = "same"
    DIFFERENT = "different"
    NO_CONTACT = "no contact"
    """It never connected, so it was not tried at all."""
    UNSTEADY = "unsteady"
    """Two runs at one gateway differ so much that a third tells nothing."""
    FAILS = "fails"
    """It fails at both in the same way, and at a simulated gateway nobody can say whether at a real one, too."""
    LACKING = "lacking"
    """It asks what is not simulated, or not in the recording."""

    @property
    def status(self) -> Status:
        """The status of what was found: nobody knows is neither right nor wrong."""
        return {Finding.SAME: Status.PASS, Finding.DIFFERENT: Status.FAIL}.get(self, Status.SKIPPED)

    @property
    def answers(self) -> bool:
        """Whether it answers the question."""
        return self in {Finding.SAME, Finding.DIFFERENT}
