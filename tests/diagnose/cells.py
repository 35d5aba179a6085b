"""Red cells that nobody ran, and what might have been seen of them on the wire."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from harness.checks.all import CHECKS
from harness.diagnose.red_cell import Red
from harness.diagnose.verdict import Diagnosis, Sureness
from harness.shared.evidence import (
    Became,
    CellOutcome,
    CheckNotice,
    CheckRecord,
    Ended,
    Further,
    GatewayOutcome,
    Notice,
    ProbeRecord,
    Request,
    WireFacts,
)
from harness.shared.status import Fault, Status
from tests.diagnose.seen import HERE, PORT, passed, stopped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TIMEOUT, FAIL, DEGRADED = Status.TIMEOUT, Status.FAIL, Status.DEGRADED
LIBRARY, GATEWAY, SETTINGS, PACKAGING = Fault.LIBRARY, Fault.GATEWAY, Fault.SETTINGS, Fault.PACKAGING
UNKNOWN = Fault.UNKNOWN
READ_ONLY = Notice(
    code=321, message="Error validating request.-'b7' : cause - The API interface is currently in Read-Only mode."
)
LATE = "perhaps-too-late"
CELL = "ib_async==2.1.0/py3.11/gateway-10.45-paper"
BEFORE, AFTER = passed("before"), passed("after")
NOT_RUN = stopped("ready", Ended.SILENT, "after")
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


def answering(after: float | None, *, refused: float | None = None, **more: Any) -> WireFacts:
    return replace(READY, requests=(Request(name="req_positions", at=0.0, after=after, refused=refused),), **more)


def executions(after: float | None) -> WireFacts:
    """What a library asks at its start, and when that was answered."""
    return replace(READY, requests=(Request(name="req_executions", at=0.0, after=after),))


def beside(after: float | None, **more: Any) -> WireFacts:
    """A further connection that got ready, and what became there of what libraries ask first."""
    asked = Request(name="req_open_orders", at=0.0, after=after)
    further = Further(at=0.0, became=Became.READY, after=0.1, requests=(asked,), **more)
    return replace(READY, further=(further,))


REQUESTS = st.builds(
    Request,
    name=st.sampled_from([check.asks for check in CHECKS]),
    at=st.floats(0, 20),
    after=st.none() | st.floats(0, 20),
    refused=st.none() | st.floats(0, 20),
)
SEVERAL = st.lists(REQUESTS, max_size=5).map(tuple)
WIRES = st.builds(
    WireFacts,
    requests=SEVERAL,
    errors=st.frozensets(st.sampled_from([321, 326, 1100, 2104])),
)
