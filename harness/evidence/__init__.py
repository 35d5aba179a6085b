"""What was seen, not yet what it means."""

from __future__ import annotations

from harness.evidence.asked import Answer, ApiSettings, AskedRecord
from harness.evidence.boot import BootRecord
from harness.evidence.cell import CellOutcome, CheckRecord, Notice, Resolved, VersionRange, killed_from_outside
from harness.evidence.gateway import GatewayOutcome, RunOutcome
from harness.evidence.held import Against
from harness.evidence.moment import Moment, What
from harness.evidence.probe import Ended, ProbeRecord, Search
from harness.evidence.wire import Became, Further, Invalid, Request, Way, WireFacts

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
