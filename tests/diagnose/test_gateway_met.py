"""The verdict on a gateway as a run met it: what got through a moment later does not outdo what failed in the run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.diagnose.control import search as tries
from harness.diagnose.gateway_met import diagnose_met
from harness.shared.evidence import Ended, ProbeRecord
from harness.shared.status import Fault
from tests.diagnose.seen import IN_USE, found, passed, stopped
from tests.gateways.test_kinds import spec

if TYPE_CHECKING:
    from tests.conftest import Maker

BEFORE = {"when": "before"}
HELD = stopped("ready", Ended.CLOSED, notices=(IN_USE,), **BEFORE)
SILENT = stopped("version", Ended.SILENT, **BEFORE)
LATER = found(passed(client_id=7398), passed(tries.TOGETHER, client_id=7397), speaks=tries.API)


@pytest.mark.parametrize(("probe", "code"), [(HELD, "client-id-in-use"), (SILENT, "unstable")])
def test_a_search_that_gets_through_does_not_make_a_failing_gateway_healthy(
    make: Maker, probe: ProbeRecord, code: str
) -> None:
    verdict = diagnose_met(spec(), make.gateway(probes=(probe,), search=LATER))
    assert verdict is not None
    assert verdict.code == code
    assert verdict.fault is not None


@pytest.mark.parametrize(
    ("called", "spoken", "code"),
    [
        ("10.45", 223, "healthy"),
        ("10.45", 215, "other-version"),
        ("10.45.1j", 223, "healthy"),
        ("10.45.1j", 215, "other-version"),
        ("10.40", 223, "other-version"),
        ("10.45", 9000, "other-version"),
        ("10.99", 215, "healthy"),
        ("latest", 215, "healthy"),
    ],
)
@pytest.mark.parametrize("kind", ["address", "simulator"])
def test_one_that_answers_as_another_version_is_told(
    make: Maker, called: str, spoken: int, code: str, kind: str
) -> None:
    probe = passed(server_version=spoken, **BEFORE)
    beside = found(passed(server_version=spoken), passed(tries.TOGETHER, server_version=spoken), speaks=tries.API)
    verdict = diagnose_met(spec(kind=kind, version=called), make.gateway(probes=(probe,), search=beside))
    assert verdict is not None
    assert verdict.code == code
    assert verdict.usable


def test_one_at_which_no_probe_failed_is_judged_by_its_search(make: Maker) -> None:
    verdict = diagnose_met(spec(version="10.45"), make.gateway(probes=(passed(**BEFORE),), search=LATER))
    assert verdict is not None
    assert verdict.code == "healthy"


BETWEEN = {"when": "between"}
MUTE = stopped("version", Ended.SILENT, **BETWEEN)
CLOSED = stopped("version", Ended.CLOSED, **BETWEEN)
UNREADY = stopped("ready", Ended.SILENT, **BETWEEN)


@pytest.mark.parametrize(
    ("failed", "later", "code"),
    [
        (stopped("tcp", Ended.NO_ANSWER, **BETWEEN), [passed(**BETWEEN)], "faltered"),
        (MUTE, [MUTE], "stopped-answering"),
        (CLOSED, [stopped("tcp", Ended.REFUSED, **BETWEEN)], "stopped-answering"),
        (CLOSED, [CLOSED, passed(when="after")], "faltered"),
        (CLOSED, [passed(**BETWEEN), MUTE, MUTE], "stopped-answering"),
        (UNREADY, [passed(client_id=7398, **BETWEEN)], "faltered"),
        (UNREADY, [UNREADY], "stopped-answering"),
        (replace(HELD, when="between"), [passed(client_id=7398, **BETWEEN)], "client-id-taken-meanwhile"),
        (stopped("version", Ended.NOT_ASKED, when="after"), [], "left-alone"),
        (replace(MUTE, when="after"), [], "stopped-answering"),
    ],
)
def test_one_that_answered_has_stopped_only_where_it_never_answers_again(
    make: Maker, failed: ProbeRecord, later: list[ProbeRecord], code: str
) -> None:
    verdict = diagnose_met(spec(), make.gateway(probes=(passed(**BEFORE), failed, *later)))
    assert verdict is not None
    assert verdict.code == code
    assert (verdict.fault is Fault.UNKNOWN) == (code in {"faltered", "client-id-taken-meanwhile"})
