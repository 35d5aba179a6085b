"""The verdict on a gateway as a run met it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.diagnose.boot import diagnose_boot
from harness.diagnose.case import Case, diagnose
from harness.evidence import Search

if TYPE_CHECKING:
    from harness.diagnose.verdict import Verdict
    from harness.evidence import GatewayOutcome, ProbeRecord
    from harness.matrix.gateway import GatewaySpec


def diagnose_met(spec: GatewaySpec, met: GatewayOutcome) -> Verdict | None:
    """Return the verdict on a gateway of a run; ``None`` where it neither failed to come up nor met the control."""
    if met.boot is not None and met.boot.failure is not None:
        return diagnose_boot(spec, met.boot)
    if not met.probes:
        return None
    worst = next((probe for probe in met.probes if not probe.passed), met.probes[0])
    case = Case(
        host=met.host or spec.host,
        port=met.port or spec.port,
        found=met.search or Search(attempts=(worst,)),
        view=met.view,
        product=spec.product,
        client_id=worst.client_id or spec.client_ids[1],
        declared=spec.machine.declared,
        system=spec.machine.system,
        answered_before=_passed_before(worst, met.probes),
        boot=met.boot,
        credential=spec.credential,
    )
    return diagnose(case)


def _passed_before(worst: ProbeRecord, probes: tuple[ProbeRecord, ...]) -> bool:
    return not worst.passed and any(probe.passed for probe in probes[: probes.index(worst)])
