"""The verdict on a gateway that we tried to bring up, and that did not come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.diagnose.gateway_case import Case, diagnose
from harness.shared.evidence import ProbeRecord, Search

if TYPE_CHECKING:
    from harness.diagnose.verdict import Diagnosis
    from harness.plan.matrix.gateway_spec import GatewaySpec
    from harness.shared.evidence import BootRecord

_NEVER = ProbeRecord(when="before", passed=False, reason="it was never asked, because it did not come up")


def diagnose_boot(spec: GatewaySpec, boot: BootRecord) -> Diagnosis:
    """Return the verdict on a gateway whose boot failed."""
    return diagnose(
        Case(
            host=spec.host,
            port=spec.port,
            found=Search(attempts=(_NEVER,)),
            product=spec.product,
            client_id=spec.client_ids[1],
            boot=boot,
            credential=spec.credential,
        )
    )
