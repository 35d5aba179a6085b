"""Red cells that nobody ran."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.diagnose.red_cell import Red
from harness.diagnose.verdict import Diagnosis, Sureness
from harness.shared.evidence import (
    CellOutcome,
    CheckNotice,
    CheckRecord,
    GatewayOutcome,
    Notice,
    ProbeRecord,
    WireFacts,
)
from harness.shared.status import Fault, Status
from tests.diagnose.seen import HERE, PORT, passed

CELL = "ib_async==2.1.0/py3.11/gateway-10.45-paper"
BEFORE, AFTER = passed("before"), passed("after")
STARTED = WireFacts(hello=True, reply=True, reply_pieces=1, started=True)
READY = replace(STARTED, accounts=True, next_valid_id=True)
UNWELL = Diagnosis(
    code="silent-after-version",
    title="it stays silent after the version",
    fault=Fault.GATEWAY,
    sure=Sureness.LIKELY,
    usable=False,
    says="It is up and not ready.",
    because=(),
    decides=None,
    next=(),
)


def _heard(notice: Notice | CheckNotice) -> CheckNotice:
    return notice if isinstance(notice, CheckNotice) else CheckNotice(notice=notice)


def red(
    stage: str = "positions",
    status: Status = Status.TIMEOUT,
    *,
    reason: str | None = "no answer within 5 s",
    detail: Mapping[str, Any] | None = None,
    probes: Sequence[ProbeRecord] = (BEFORE, AFTER),
    wire: WireFacts | None = None,
    notices: tuple[Notice | CheckNotice, ...] = (),
    **more: Any,
) -> Red:
    """A cell whose one check did not pass, against a gateway on which the control passed before and after."""
    check = CheckRecord(name=stage, status=status, reason=reason, detail=detail or {})
    ordinary: dict[str, Any] = {
        "cell": CELL,
        "product": "gateway",
        "client_id": 7301,
        "connect_timeout": 4.0,
        "request_timeout": 5.0,
        "check": check,
        "outcome": CellOutcome(cell=CELL, checks=(check,), notices=tuple(map(_heard, notices)), wire=wire),
        "gateway": GatewayOutcome(name="gateway-10.45-paper", host=HERE, port=PORT, probes=tuple(probes)),
        "verdict": None,
    }
    return Red(**{**ordinary, **more})
