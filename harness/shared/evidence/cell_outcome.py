"""What was seen of a cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.shared.evidence.wire_facts import WireFacts
    from harness.shared.status import Status


_FROM_OUTSIDE = frozenset({1, 2, 3, 9, 15, 24, 25})
"""SIGHUP, SIGINT, SIGQUIT, SIGKILL, SIGTERM, SIGXCPU, SIGXFSZ, numbered as on Linux and macOS: what one process does to
another, or the system does at a limit; a process that fails by itself ends with another."""


def killed_from_outside(exit_code: int | None) -> bool:
    """Tell whether a process ended by a signal that somebody else sent; negative exit codes are signals."""
    return exit_code is not None and -exit_code in _FROM_OUTSIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRecord:
    """One check of one cell, as in an evidence line; ``detail`` is plain JSON data.

    ``began`` is when, in Unix seconds; ``None`` where the cell's process did not tell.
    """

    name: str
    status: Status
    seconds: float = 0.0
    reason: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    began: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRange:
    """The protocol versions that a client announces in its hello."""

    min: int
    max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What is installed in the row's environment, from distribution metadata.

    ``module_version`` is what the library says of itself, which has been wrong before. ``requirements`` maps what
    else is installed to its version.
    """

    distribution: str
    version: str
    module_version: str | None = None
    requirements: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An error callback of the library: a code and a text that the gateway sent.

    ``check`` is the one in which it came, or after which; ``None`` where that is not known.
    """

    code: int
    message: str
    req_id: int = -1
    check: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CellOutcome:
    """All that was seen of one cell.

    ``checks`` holds ``install`` and ``import`` too, which the scheduler knows before the cell starts; where one of
    them did not pass, nothing follows. ``began`` is the check that had begun and has no record, ``began_at`` when the
    last one did. ``killed`` says that its time passed, of which it was ``allowed`` so many seconds. ``worker_error`` is
    what went wrong in our own half.
    ``zone_data`` is where its Python finds the data of time zones, ``none`` where it has none, ``None`` where nobody
    told. ``skipped`` is a reason found while running, such as a gateway that another cell wedged.
    """

    cell: str
    checks: tuple[CheckRecord, ...] = ()
    began: str | None = None
    began_at: float | None = None
    announced: VersionRange | None = None
    resolved: Resolved | None = None
    python: str | None = None
    zone_data: str | None = None
    negotiated: int | None = None
    notices: tuple[Notice, ...] = ()
    log_records: int = 0
    exit_code: int | None = None
    killed: bool = False
    allowed: float | None = None
    worker_error: str | None = None
    left: int | None = None
    """The number of its process, where that could not be ended."""
    skipped: str | None = None
    late: float = 0.0
    crowded: bool = False
    """Others were at the gateway, and what was seen may be of them; it was not asked again alone."""
    seconds: float = 0.0
    cpu_seconds: float | None = None
    max_rss_bytes: int | None = None
    wire: WireFacts | None = None
    """What its transcript says; ``None`` where all passed, or nothing was written down."""
    heard: frozenset[str] = frozenset()
    """Names of the checks whose answers were held against what the gateway sent, by the transcript."""
    artifacts: tuple[str, ...] = ()
    """Files of the cell, relative to the run's folder, with forward slashes."""
