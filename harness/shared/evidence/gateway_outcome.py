"""Defines the records of what was seen of a gateway, how it came up, and what a whole run saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from harness.shared.evidence.cell_outcome import CellOutcome
from harness.shared.evidence.machine_view import HostView
from harness.shared.evidence.probe_record import ProbeRecord, Search
from harness.shared.mask import Seconds, Words


class What(StrEnum):
    """What begins for a gateway at a moment."""

    WAITS = "waits"
    BOOTS = "boots"
    ASKED = "asked"
    STOPS = "stops"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When something began for a gateway that was brought up for the run."""

    gateway: str
    what: What
    """waits (for its turn), boots, asked (its cells), stops, gone"""
    at: Seconds
    """since the run began"""
    why: Words = ""
    """what it waits for, or why it did not come up; empty if there is nothing to say"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BootRecord:
    """How ib-compat brought up a gateway."""

    image: str
    """the image that was asked for"""
    digest: str | None = None
    """its digest at the registry; null for an image made locally"""
    build: str | None = None
    """the exact version of Gateway or TWS in it"""
    ibc: str | None = None
    """the version of IBC in it"""
    reused: bool = False
    """it was left running by an earlier run"""
    seconds: Mapping[str, Seconds] = field(default_factory=dict)
    """image, container, login, hello: time from the beginning until it was reached"""
    failure: str | None = None
    """the code of what ended the wait; null if it came up"""
    line: Words | None = None
    """the line of its log that shows the failure, or its last line if it ended while it was asked"""
    exit_code: int | None = None
    """of the container, if it ended by itself, before or while it was asked"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayOutcome:
    """A gateway as the run met it: where it listened, what the reference client read.

    ``server_version`` is its own maximum: as the reference client measured it. ``server_version_evidence`` says where a
    simulated one's number comes from (``measured`` or ``inferred``, with words). ``error`` is why it could not be
    started. ``search`` has the further attempts of the reference client after its first one failed, ``view`` what this
    machine showed then. ``boot`` is how we brought it up, if we did. ``passed_over`` is why its planned cells were not
    asked.
    """

    name: str
    host: str | None = None
    port: int | None = None
    server_version: int | None = None
    server_version_evidence: str = ""
    probes: tuple[ProbeRecord, ...] = ()
    search: Search | None = None
    view: HostView | None = None
    error: str | None = None
    boot: BootRecord | None = None
    artifacts: tuple[str, ...] = ()
    passed_over: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutcome:
    """Everything the scheduler saw. Cells that it did not reach have no outcome."""

    outcomes: tuple[CellOutcome, ...]
    gateways: tuple[GatewayOutcome, ...]
    interrupted: bool = False
    timeline: tuple[Moment, ...] = ()
