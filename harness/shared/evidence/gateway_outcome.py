"""What was seen of a gateway, and of a whole run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.shared.evidence.boot_moment import Moment
    from harness.shared.evidence.boot_record import BootRecord
    from harness.shared.evidence.cell_outcome import CellOutcome
    from harness.shared.evidence.machine_view import HostView
    from harness.shared.evidence.probe_record import ProbeRecord, Search


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayOutcome:
    """A gateway as it was met: where it listened, what the control read.

    ``server_version`` is its own maximum: as the control measured it. ``server_version_evidence`` says where a
    simulated one's number comes from (``measured`` or ``inferred``, with words). ``error`` is why it could not be
    started. ``search`` is what the control tried more where its first attempt failed, ``view`` what this machine told
    then. ``boot`` is how it was brought up, where we bring it up. ``passed_over`` is why cells were kept from it that
    were to be asked.
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
