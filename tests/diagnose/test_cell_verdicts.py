"""From what was seen of a red cell to its verdict, and to whom it lays the fault."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.checks.all import CHECKS
from harness.diagnose.cell_verdict import diagnose_cell, facts_of
from harness.diagnose.verdict import Sureness
from harness.shared.evidence import Against, Ended, Notice, WireFacts
from harness.shared.status import Fault, Status
from tests.diagnose.cells import (
    AFTER,
    BEFORE,
    DEGRADED,
    FAIL,
    GATEWAY,
    LATE,
    LIBRARY,
    NOT_RUN,
    PACKAGING,
    READ_ONLY,
    READY,
    SETTINGS,
    STARTED,
    UNKNOWN,
    UNWELL,
    WIRES,
    answering,
    beside,
    executions,
    red,
)
from tests.diagnose.seen import FARM, IN_USE, passed, stopped


@pytest.mark.parametrize(
    ("cell", "code", "fault"),
    [
        pytest.param(red("positions", Status.ERROR), "harness-failed", Fault.HARNESS, id="error"),
        pytest.param(red("tcp", Status.NOT_RUN), "harness-failed", Fault.HARNESS, id="not run"),
        pytest.param(
            red("install", FAIL, reason="there is no version of it"),
            "no-such-release",
            PACKAGING,
            id="install",
        ),
        pytest.param(red("positions", wire=answering(0.2)), "library-loses-the-answer", LIBRARY, id="answered"),
        pytest.param(red("positions", FAIL, wire=answering(4.9)), LATE, UNKNOWN, id="just so"),
        pytest.param(red("positions", wire=answering(5.0)), "gateway-answers-late", GATEWAY, id="late"),
        pytest.param(red("positions", wire=answering(None)), "gateway-does-not-answer", GATEWAY, id="never"),
        pytest.param(
            red("positions", FAIL, wire=answering(None, refused=0.1)),
            "request-refused",
            UNKNOWN,
            id="an error in its place",
        ),
        pytest.param(red("positions", wire=READY), "library-does-not-ask", LIBRARY, id="not asked"),
        pytest.param(red("positions", wire=replace(READY, whole=False)), "nobody-saw", UNKNOWN, id="nobody knows"),
        pytest.param(
            red("positions", wire=replace(READY, unread_sent=1)), "nobody-saw", UNKNOWN, id="what it sent is unreadable"
        ),
        pytest.param(red("positions", wire=answering(0.2, unread=1)), "nobody-saw", UNKNOWN, id="unreadable"),
        pytest.param(red("positions", wire=answering(None, whole=False)), "nobody-saw", UNKNOWN, id="left out"),
        pytest.param(red("positions", FAIL), "nobody-saw", UNKNOWN, id="no transcript"),
        pytest.param(red("close", FAIL, wire=READY), "library-fails", LIBRARY, id="close"),
        pytest.param(
            red("positions", wire=answering(None, ended_by_gateway=True)), "ended-by-gateway", GATEWAY, id="dropped"
        ),
        pytest.param(
            red("ready", wire=replace(STARTED, ended_by_gateway=True)), "ended-by-gateway", GATEWAY, id="ended at start"
        ),
        pytest.param(red("ready", FAIL, notices=(IN_USE,)), "client-id-in-use", SETTINGS, id="326 heard"),
        pytest.param(
            red("ready", wire=replace(STARTED, errors=frozenset({326}))), "client-id-in-use", SETTINGS, id="326 unheard"
        ),
        pytest.param(red("open_orders", notices=(READ_ONLY,), wire=READY), "read-only-api", SETTINGS, id="read-only"),
        pytest.param(
            red("version", wire=replace(STARTED, reply_pieces=2), probes=(passed("before", reply_pieces=2), AFTER)),
            "version-reply-in-pieces",
            GATEWAY,
            id="in pieces",
        ),
        pytest.param(
            red("version", wire=replace(STARTED, reply_pieces=2)), "version-reply-in-pieces", GATEWAY, id="only for it"
        ),
        pytest.param(
            red("version", FAIL, probes=(passed("before", early_frames=1), AFTER)), "early-frames", GATEWAY, id="early"
        ),
        pytest.param(
            red("ready", wire=executions(None)),
            "gateway-does-not-answer",
            GATEWAY,
            id="an end that ib_insync waits for at its start",
        ),
        pytest.param(red("ready", wire=READY), "library-does-not-get-ready", LIBRARY, id="all came"),
        pytest.param(
            red("ready", DEGRADED, wire=READY), "library-fails-at-its-start", LIBRARY, id="ready, and not well"
        ),
        pytest.param(
            red("ready", DEGRADED, wire=replace(READY, whole=False)), "nobody-saw", UNKNOWN, id="and nobody knows"
        ),
        pytest.param(
            red("ready", DEGRADED, wire=executions(4.0)),
            "gateway-does-not-answer",
            GATEWAY,
            id="an end that came later than the library waits at its start",
        ),
        pytest.param(
            red("second_client", DEGRADED, wire=beside(None)),
            "gateway-does-not-answer",
            GATEWAY,
            id="an end that did not come on a connection that the check made",
        ),
        pytest.param(
            red("reconnect", DEGRADED, wire=beside(0.1)), "library-fails", LIBRARY, id="all came on that connection"
        ),
        pytest.param(
            red("reconnect", DEGRADED, wire=beside(None, whole=False)),
            "nobody-saw",
            UNKNOWN,
            id="and nobody knows there",
        ),
        pytest.param(
            red("reconnect", DEGRADED, wire=beside(None, errors=((READ_ONLY.code, READ_ONLY.message),))),
            "read-only-api",
            SETTINGS,
            id="refused on that connection",
        ),
        pytest.param(red("version", wire=WireFacts()), "library-sends-no-hello", LIBRARY, id="no hello"),
        pytest.param(
            red("ready", wire=replace(STARTED, started=False)), "library-does-not-start", LIBRARY, id="no START_API"
        ),
        pytest.param(
            red("version", wire=replace(STARTED, started=False, hello_at=1.0, answered_at=3.0)),
            LATE,
            UNKNOWN,
            id="a late reply",
        ),
        pytest.param(
            red("ready", wire=replace(READY, hello_at=1.0, answered_at=4.9)), LATE, UNKNOWN, id="late accounts"
        ),
        pytest.param(red("ready", DEGRADED, wire=executions(3.9)), LATE, UNKNOWN, id="late at its start"),
        pytest.param(
            red("ready", DEGRADED, wire=executions(1.9)), "library-fails-at-its-start", LIBRARY, id="early at its start"
        ),
        pytest.param(red("positions", wire=answering(2.5)), LATE, UNKNOWN, id="a late answer"),
        pytest.param(red("positions", wire=answering(2.4)), "library-loses-the-answer", LIBRARY, id="an early answer"),
        pytest.param(red("reconnect", DEGRADED, wire=beside(4.9)), LATE, UNKNOWN, id="late on that connection"),
        pytest.param(
            red("version", wire=WireFacts(hello=True)), "gateway-answers-the-control-only", Fault.UNKNOWN, id="no reply"
        ),
        pytest.param(red("ready", wire=STARTED), "gateway-answers-the-control-only", Fault.UNKNOWN, id="no accounts"),
    ],
)
def test_what_was_seen_of_a_cell_on_a_healthy_gateway(cell: Any, code: str, fault: Fault) -> None:
    told = diagnose_cell(cell)
    assert (told.code, told.fault) == (code, fault)


@pytest.mark.parametrize(
    "probes",
    [(), (NOT_RUN,), (BEFORE, NOT_RUN), (NOT_RUN, AFTER)],
    ids=["none", "failed", "failed after", "failed before"],
)
@pytest.mark.parametrize("wire", [None, READY, answering(0.2), WireFacts()])
@pytest.mark.parametrize("stage", ["tcp", "version", "ready", "positions", "close"])
def test_no_library_is_at_fault_where_the_control_did_not_pass(
    stage: str, wire: WireFacts | None, probes: tuple[Any, ...]
) -> None:
    told = diagnose_cell(red(stage, wire=wire, probes=probes, verdict=UNWELL))
    assert told.fault is (GATEWAY if probes else Fault.UNKNOWN)


def test_who_stops_where_the_control_stops_is_not_the_cause() -> None:
    told = diagnose_cell(red("ready", probes=(BEFORE, NOT_RUN), verdict=UNWELL))
    assert (told.code, told.fault) == ("same-as-control", GATEWAY)
    assert f"{UNWELL.title} [{UNWELL.code}]" in told.says
    assert diagnose_cell(red("positions", probes=(BEFORE, NOT_RUN), verdict=UNWELL)).code == "gateway-unwell"


@pytest.mark.parametrize("fault", [SETTINGS, Fault.NETWORK, Fault.ACCOUNT])
@pytest.mark.parametrize("stage", ["ready", "positions"])
def test_where_the_control_failed_the_one_is_at_fault_whom_the_gateways_verdict_names(stage: str, fault: Fault) -> None:
    told = diagnose_cell(red(stage, probes=(NOT_RUN,), verdict=replace(UNWELL, fault=fault)))
    assert told.fault is fault
    assert diagnose_cell(red(stage, probes=(NOT_RUN,), verdict=None)).fault is GATEWAY
    assert diagnose_cell(red(stage, probes=(NOT_RUN,), verdict=replace(UNWELL, fault=None))).fault is GATEWAY


def test_where_the_control_passed_the_gateways_verdict_names_nobody() -> None:
    verdict = replace(UNWELL, fault=SETTINGS)
    assert diagnose_cell(red("positions", wire=answering(None), verdict=verdict)).fault is GATEWAY


@pytest.mark.parametrize(
    ("against", "code", "fault", "sure"),
    [
        (Against.BOTH, "library-reads-it-wrongly", LIBRARY, Sureness.CERTAIN),
        (Against.WIRE, "library-reads-it-wrongly", LIBRARY, Sureness.LIKELY),
        (Against.CODEC, "harness-contradicts-itself", Fault.HARNESS, Sureness.LIKELY),
        (Against.SIMULATOR, "harness-contradicts-itself", Fault.HARNESS, Sureness.LIKELY),
        (Against.TRUTH, "answer-not-as-it-should-be", Fault.UNKNOWN, Sureness.POSSIBLE),
        (Against.ASKED, "gateway-answers-something-else", GATEWAY, Sureness.LIKELY),
        (Against.CLOCK, "clocks-differ", Fault.UNKNOWN, Sureness.POSSIBLE),
        (Against.ASKED_UNSEEN, "answer-not-as-it-should-be", Fault.UNKNOWN, Sureness.POSSIBLE),
        (Against.OTHERS, "libraries-disagree", Fault.UNKNOWN, Sureness.POSSIBLE),
    ],
)
def test_a_wrong_answer_is_the_fault_of_whom_the_transcript_shows(
    against: Against, code: str, fault: Fault, sure: Sureness
) -> None:
    told = diagnose_cell(red("positions", DEGRADED, detail={"against": against.value}, wire=answering(0.2)))
    assert (told.code, told.fault, told.sure) == (code, fault, sure)


def test_errors_of_no_account_are_not_taken_for_others() -> None:
    assert facts_of(red(notices=(FARM,))).errors == ""
    not_valid = Notice(code=321, message="Error validating request.-'bN' : cause - Invalid account.")
    assert facts_of(red(notices=(not_valid,))).errors == ""
    assert facts_of(red(notices=(READ_ONLY,))).errors == "read-only"
    assert facts_of(red(notices=(READ_ONLY, IN_USE))).errors == "in-use"


def test_an_id_in_use_that_a_check_provoked_does_not_explain_a_request() -> None:
    assert diagnose_cell(red("positions", notices=(IN_USE,), wire=answering(None))).code == "gateway-does-not-answer"


def test_without_a_transcript_nothing_of_the_wire_is_known() -> None:
    facts = facts_of(red())
    unseen = (facts.hello, facts.reply, facts.started, facts.accounts, facts.asked, facts.answered, facts.unanswered)
    assert unseen == (None,) * len(unseen)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_every_check_that_fails_has_a_verdict(check: Any) -> None:
    told = diagnose_cell(red(check.name, wire=READY))
    assert told.code != "unknown"
    assert told.next


PROBES = st.lists(st.sampled_from([BEFORE, AFTER, NOT_RUN, stopped("tcp", Ended.REFUSED, "before")]), max_size=3)


@given(
    st.sampled_from([check.name for check in CHECKS]),
    st.sampled_from([each for each in Status if each is not Status.PASS]),
    st.none() | WIRES,
    PROBES,
)
def test_a_library_is_at_fault_only_where_every_control_probe_passed(
    stage: str,
    status: Status,
    wire: WireFacts | None,
    probes: list[Any],
) -> None:
    told = diagnose_cell(red(stage, status, wire=wire, probes=probes, verdict=UNWELL))
    if told.fault is LIBRARY:
        assert probes
        assert all(probe.passed for probe in probes)


def test_a_gateway_that_is_only_misnamed_is_no_cause_of_a_red_cell() -> None:
    unwell = diagnose_cell(red("ready", verdict=replace(UNWELL, usable=True)))
    misnamed = diagnose_cell(red("ready", verdict=replace(UNWELL, code="other-version", fault=SETTINGS, usable=True)))
    assert unwell.code == "gateway-unwell"
    assert misnamed.code != "gateway-unwell"
