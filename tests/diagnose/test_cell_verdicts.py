"""From what was seen of a red cell to its verdict, and to whom it lays the fault."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.checks.all import CHECKS
from harness.checks.check import Check, Phase
from harness.diagnose.cell_verdict import diagnose_cell, facts_of
from harness.diagnose.install_failures import why_not_imported
from harness.diagnose.verdict import Sureness
from harness.shared.evidence import Against, Became, Ended, Further, Notice, Request, Way, WireFacts
from harness.shared.status import Fault, Status
from tests.diagnose.cells import AFTER, BEFORE, READY, STARTED, UNWELL, red
from tests.diagnose.seen import FARM, IN_USE, passed, stopped

TIMEOUT, FAIL, DEGRADED = Status.TIMEOUT, Status.FAIL, Status.DEGRADED
LIBRARY, GATEWAY, SETTINGS, PACKAGING = Fault.LIBRARY, Fault.GATEWAY, Fault.SETTINGS, Fault.PACKAGING
UNKNOWN = Fault.UNKNOWN
READ_ONLY = Notice(
    code=321, message="Error validating request.-'b7' : cause - The API interface is currently in Read-Only mode."
)
LATE = "perhaps-too-late"
NOT_RUN = stopped("ready", Ended.SILENT, "after")


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
            Fault.UNKNOWN,
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


@pytest.mark.parametrize("stage", ["install", "import"])
def test_what_fails_before_contact_is_the_packages_fault_whatever_the_control_met(stage: str) -> None:
    for probes in ((), (NOT_RUN,), (BEFORE, AFTER)):
        told = diagnose_cell(red(stage, FAIL, reason="there is no version of it", probes=probes, verdict=UNWELL))
        assert told.fault is PACKAGING


@pytest.mark.parametrize(
    ("said", "code", "fault"),
    [
        ("dns error: failed to lookup address information", "index-not-reached", Fault.NETWORK),
        ("returned a 403 Forbidden error", "index-refuses", SETTINGS),
        ("No space left on device (os error 28)", "machine-cannot-install", SETTINGS),
        ("error: [Errno 2] No such file or directory: 'gcc'", "no-compiler", SETTINGS),
        ("the installer failed without a word", "not-installed", UNKNOWN),
    ],
)
def test_what_says_nothing_of_a_release_is_never_laid_at_its_door(said: str, code: str, fault: Fault) -> None:
    for probes in ((), (NOT_RUN,), (BEFORE, AFTER)):
        for status in (Status.ERROR, FAIL):
            told = diagnose_cell(red("install", status, reason=said, probes=probes, verdict=UNWELL))
            assert (told.code, told.fault) == (code, fault)


@pytest.mark.parametrize(
    ("said", "why", "code"),
    [
        ("ModuleNotFoundError: No module named 'google'", "protobuf-missing", "protobuf-missing"),
        ("ModuleNotFoundError: No module named 'google.protobuf'", "protobuf-missing", "protobuf-missing"),
        ("ModuleNotFoundError: No module named 'ibapi.protobuf'", "protobuf-missing", "protobuf-missing"),
        (
            "VersionError: Detected incompatible Protobuf Gencode/Runtime versions: gencode 5.29.3 runtime 5.28.3.",
            "protobuf-too-old",
            "protobuf-too-old",
        ),
        (
            "ImportError: cannot import name 'runtime_version' from 'google.protobuf'",
            "protobuf-too-old",
            "protobuf-too-old",
        ),
        ("RuntimeError: There is no current event loop in thread 'MainThread'.", "no-event-loop", "python-too-new"),
        (
            "TypeError: unsupported operand type(s) for |: 'type' and 'NoneType'",
            "python-too-old",
            "python-too-old",
        ),
        ("ImportError: cannot import name 'TypeAlias' from 'typing'", "python-too-old", "python-too-old"),
        ("TypeError: 'type' object is not subscriptable", "python-too-old", "python-too-old"),
        ("ModuleNotFoundError: No module named 'numpy'", None, "cannot-be-imported"),
        ("", None, "cannot-be-imported"),
    ],
)
def test_why_a_library_cannot_be_imported(said: str, why: str | None, code: str) -> None:
    assert why_not_imported(said) == why
    told = diagnose_cell(red("import", FAIL, reason=said or None))
    assert (told.code, told.fault) == (code, PACKAGING)


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


@pytest.mark.parametrize(
    ("came", "seconds", "code"),
    [
        pytest.param(12.0, 4.0, "library-does-not-start", id="half of its patience was left"),
        pytest.param(12.1, 4.0, LATE, id="less was left"),
        pytest.param(13.9, 4.0, LATE, id="hardly any was left"),
        pytest.param(10.5, 0.6, "library-does-not-start", id="it did not wait"),
    ],
)
def test_what_counts_is_how_much_patience_was_left(came: float, seconds: float, code: str) -> None:
    """Its own words may have been late, too: where a packet was lost, its hello goes out when time has passed."""
    cell = red("version", wire=replace(STARTED, started=False, hello_at=came - 0.1, answered_at=came))
    assert diagnose_cell(replace(cell, check=replace(cell.check, began=10.0, seconds=seconds))).code == code


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


@given(
    st.sampled_from([check for check in CHECKS if check.phase not in {Phase.INSTALL, Phase.IMPORT, Phase.CLOSE}]),
    st.sampled_from([TIMEOUT, FAIL, DEGRADED]),
    st.floats(2.5, 20),
    st.builds(lambda started, requests: replace(READY, started=started, requests=requests), st.booleans(), SEVERAL),
)
def test_nothing_is_laid_at_a_librarys_door_that_was_answered_late(
    check: Check, status: Status, after: float, wire: WireFacts
) -> None:
    late = Request(name=check.asks or "req_executions", at=0.0, after=after)
    told = diagnose_cell(red(check.name, status, wire=replace(wire, requests=(late, *wire.requests))))
    assert told.fault is not LIBRARY


@given(
    st.sampled_from([check for check in CHECKS if check.phase not in {Phase.INSTALL, Phase.IMPORT}]),
    st.sampled_from([TIMEOUT, FAIL, DEGRADED]),
    WIRES,
    st.builds(Way, round_trip=st.floats(0.005, 1), lost=st.integers(0, 9)),
)
def test_nothing_is_laid_at_a_librarys_door_whose_packets_are_lost_or_delayed_on_the_way_to_it(
    check: Check, status: Status, wire: WireFacts, way: Way
) -> None:
    assert diagnose_cell(red(check.name, status, wire=replace(wire, to_client=way))).fault is not LIBRARY


@pytest.mark.parametrize(
    ("after", "way", "code"),
    [
        pytest.param(6.0, Way(), "gateway-answers-late", id="a good way"),
        pytest.param(6.0, Way(round_trip=0.2, lost=1), "held-up-on-the-way", id="far, and it loses"),
        pytest.param(6.0, Way(round_trip=0.02, lost=1), "gateway-answers-late", id="one loss takes no such time"),
        pytest.param(6.0, Way(round_trip=0.02, lost=2), "held-up-on-the-way", id="two may"),
        pytest.param(6.0, Way(round_trip=0.6), "held-up-on-the-way", id="far"),
        pytest.param(None, Way(lost=10_000), "held-up-on-the-way", id="it loses without end"),
        pytest.param(0.2, Way(round_trip=0.6, lost=9), "library-loses-the-answer", id="in time all the same"),
    ],
)
def test_a_late_answer_is_the_gateways_fault_only_where_the_way_to_it_may_not_have_held_it_up(
    after: float | None, way: Way, code: str
) -> None:
    told = diagnose_cell(red("positions", wire=answering(after, to_gateway=way)))
    assert told.code == code
    assert told.sure is not Sureness.CERTAIN or told.fault is LIBRARY


def test_what_was_refused_was_not_held_up_on_the_way() -> None:
    wire = answering(None, refused=0.1, to_gateway=Way(lost=9))
    assert diagnose_cell(red("positions", FAIL, wire=wire)).code == "request-refused"


def test_what_a_library_asks_at_its_start_may_be_held_up_on_the_way() -> None:
    wire = replace(executions(None), to_gateway=Way(lost=9))
    assert diagnose_cell(red("ready", wire=wire)).code == "held-up-on-the-way"


def test_a_gateway_that_is_only_misnamed_is_no_cause_of_a_red_cell() -> None:
    unwell = diagnose_cell(red("ready", verdict=replace(UNWELL, usable=True)))
    misnamed = diagnose_cell(red("ready", verdict=replace(UNWELL, code="other-version", fault=SETTINGS, usable=True)))
    assert unwell.code == "gateway-unwell"
    assert misnamed.code != "gateway-unwell"


@pytest.mark.parametrize(
    ("status", "seconds", "code"),
    [
        pytest.param(DEGRADED, 0.03, "library-fails-at-its-start", id="it went on at once"),
        pytest.param(DEGRADED, 4.1, "machine-too-busy", id="it went on when its time was over"),
        pytest.param(TIMEOUT, 0.03, "machine-too-busy", id="it did not go on"),
    ],
)
def test_our_own_lateness_explains_only_what_waited(status: Status, seconds: float, code: str) -> None:
    cell = red("ready", status, wire=READY)
    late = replace(cell, check=replace(cell.check, seconds=seconds), outcome=replace(cell.outcome, late=0.6))
    assert diagnose_cell(late).code == code
