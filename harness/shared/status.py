"""Defines the statuses of checks and cells, and the sides that may be at fault."""

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
