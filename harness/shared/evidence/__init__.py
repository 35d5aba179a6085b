"""What was seen, not yet what it means."""

from __future__ import annotations

from harness.shared.evidence.against import Against
from harness.shared.evidence.asked_record import Answer, ApiSettings, AskedRecord
from harness.shared.evidence.boot_moment import Moment, What
from harness.shared.evidence.boot_record import BootRecord
from harness.shared.evidence.cell_outcome import (
    CellOutcome,
    CheckRecord,
    Notice,
    Resolved,
    VersionRange,
    killed_from_outside,
)
from harness.shared.evidence.gateway_outcome import GatewayOutcome, RunOutcome
from harness.shared.evidence.probe_record import Ended, ProbeRecord, Search
from harness.shared.evidence.wire_facts import Became, Further, Invalid, Request, Way, WireFacts

__all__ = [
    "Against",
    "Answer",
    "ApiSettings",
    "AskedRecord",
    "Became",
    "BootRecord",
    "CellOutcome",
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
