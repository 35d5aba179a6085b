"""Defines the records of what was seen of a cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from harness.shared.evidence.wire_facts import WireFacts
from harness.shared.mask import Words
from harness.shared.status import Status

_FROM_OUTSIDE = frozenset({1, 2, 3, 9, 15, 24, 25})
"""SIGHUP, SIGINT, SIGQUIT, SIGKILL, SIGTERM, SIGXCPU, SIGXFSZ, numbered as on Linux and macOS: what one process does to
another, or the system does at a limit; a process that fails by itself ends with another."""


def killed_from_outside(exit_code: int | None) -> bool:
    """Return whether a process ended by a signal that somebody else sent; negative exit codes are signals."""
    return exit_code is not None and -exit_code in _FROM_OUTSIDE


class Against(StrEnum):
    """Which source an answer contradicts, and which it agrees with."""

    BOTH = "both"
    """From what the gateway sent, by the transcript, and from the truth of a simulated gateway."""
    WIRE = "wire"
    """From what a gateway sent whose truth is unknown."""
    CODEC = "codec"
    """From what our codec reads in the transcript, while the truth of the simulated gateway, or libraries that share no
    code, say otherwise."""
    SIMULATOR = "simulator"
    """From the truth of a simulated gateway, which sent something else."""
    TRUTH = "truth"
    """From the truth of a simulated gateway; nobody saw what was sent."""
    ASKED = "asked"
    """From what was asked for; the gateway sent the same wrong value."""
    CLOCK = "clock"
    """From this computer's clock; the gateway sent the same wrong time."""
    ASKED_UNSEEN = "asked-unseen"
    """From what was asked for; nobody saw what was sent."""
    OTHERS = "others"
    """From what other libraries read; nobody saw what was sent to each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRecord:
    """One check of one cell, as in an evidence line; ``detail`` is plain JSON data.

    ``began`` is its beginning in Unix seconds; ``None`` if the cell's process did not report it.
    """

    name: str
    status: Status
    seconds: float = 0.0
    reason: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    began: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRange:
    """The protocol versions that the library announces."""

    min: int
    max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What was installed."""

    distribution: str
    version: str
    module_version: str | None
    """the version that the library reports for itself"""
    python: str | None
    zone_data: str | None = None
    """where this Python finds time zone data: a folder, or tzdata from PyPI; none: it has none"""
    requirements: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An error callback: a message of the gateway in addition to its answers."""

    code: int
    message: Words
    req_id: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckNotice:
    """A notice that a library passed on; ``check`` is the check during or after which it came, if known."""

    notice: Notice
    check: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CellOutcome:
    """All that was seen of one cell.

    ``checks`` holds ``install`` and ``import`` too, which the scheduler knows before the cell starts; where one of
    them did not pass, nothing follows. ``began`` is the check that had begun and has no record, ``began_at`` when the
    last one did. ``killed`` says that it took longer than the ``allowed`` seconds. ``worker_error`` is what went wrong
    in our own half. ``skipped`` is a reason found while running, such as a gateway that another cell wedged.
    """

    cell: str
    checks: tuple[CheckRecord, ...] = ()
    began: str | None = None
    began_at: float | None = None
    announced: VersionRange | None = None
    resolved: Resolved | None = None
    negotiated: int | None = None
    notices: tuple[CheckNotice, ...] = ()
    log_records: int = 0
    exit_code: int | None = None
    killed: bool = False
    allowed: float | None = None
    worker_error: str | None = None
    left: int | None = None
    """The number of its process, if that could not be ended."""
    skipped: str | None = None
    late: float = 0.0
    crowded: bool = False
    """Other cells were at the gateway, and may have caused what was seen; it was not asked again alone."""
    seconds: float = 0.0
    cpu_seconds: float | None = None
    max_rss_bytes: int | None = None
    wire: WireFacts | None = None
    """What its transcript shows; ``None`` if all passed, or nothing was recorded."""
    heard: frozenset[str] = frozenset()
    """Names of the checks whose answers were compared with what the gateway sent, by the transcript."""
    artifacts: tuple[str, ...] = ()
    """Files of the cell, relative to the run's folder, with forward slashes."""
