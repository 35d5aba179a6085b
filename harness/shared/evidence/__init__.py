"""Defines the records of what was seen, not yet of what it means."""

from __future__ import annotations

from harness.shared.evidence.cell_outcome import (
    Against,
    CellOutcome,
    CheckNotice,
    CheckRecord,
    Notice,
    Resolved,
    VersionRange,
    killed_from_outside,
)
from harness.shared.evidence.gateway_outcome import BootRecord, GatewayOutcome, Moment, RunOutcome, What
from harness.shared.evidence.probe_record import Answer, ApiSettings, AskedRecord, Ended, ProbeRecord, Search
from harness.shared.evidence.wire_facts import Became, Further, Invalid, Request, Way, WireFacts

__all__ = [
    "Against",
    "Answer",
    "ApiSettings",
    "AskedRecord",
    "Became",
    "BootRecord",
    "CellOutcome",
    "CheckNotice",
    "CheckRecord",
    "Ended",
    "Further",
    "GatewayOutcome",
    "Invalid",
    "Moment",
    "Notice",
    "ProbeRecord",
    "Request",
    "Resolved",
    "RunOutcome",
    "Search",
    "VersionRange",
    "Way",
    "What",
    "WireFacts",
    "killed_from_outside",
]
