"""Answers that came late: the gateway, the way to it or ib-compat itself held them up, and never a library."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.checks.all import CHECKS
from harness.checks.check import Check, Phase
from harness.diagnose.cell_verdict import diagnose_cell
from harness.diagnose.verdict import Sureness
from harness.shared.evidence import Request, Way, WireFacts
from tests.diagnose.cells import (
    DEGRADED,
    FAIL,
    LATE,
    LIBRARY,
    READY,
    SEVERAL,
    STARTED,
    TIMEOUT,
    UNKNOWN,
    WIRES,
    answering,
    executions,
    red,
)

if TYPE_CHECKING:
    from harness.shared.status import Status


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


@pytest.mark.parametrize(("after", "code"), [(6.0, LATE), (14.0, LATE), (16.0, "gateway-answers-late")])
@pytest.mark.parametrize("name", ["kept_up_to_date_bars", "real_time_bars"])
def test_an_answer_is_late_only_where_a_check_does_not_wait_longer_for_it(name: str, after: float, code: str) -> None:
    """They are waited for three times as long as others."""
    check = next(check for check in CHECKS if check.name == name)
    wire = replace(READY, requests=(Request(name=check.asks, at=0.0, after=after),))
    assert diagnose_cell(red(name, TIMEOUT, wire=wire)).code == code


def test_what_was_refused_was_not_held_up_on_the_way() -> None:
    wire = answering(None, refused=0.1, to_gateway=Way(lost=9))
    assert diagnose_cell(red("positions", FAIL, wire=wire)).code == "request-refused"


@pytest.mark.parametrize(("way", "code"), [(Way(), "another-answer-missing"), (Way(lost=9), "held-up-on-the-way")])
def test_a_library_is_not_blamed_while_another_request_of_the_check_waits(way: Way, code: str) -> None:
    """The answer that the check is about came in time; that to a second request never did."""
    first = answering(0.2, to_gateway=way)
    wire = replace(first, requests=(*first.requests, *executions(None).requests))
    told = diagnose_cell(red("positions", wire=wire))
    assert (told.code, told.fault) == (code, UNKNOWN)


def test_what_a_library_asks_at_its_start_may_be_held_up_on_the_way() -> None:
    wire = replace(executions(None), to_gateway=Way(lost=9))
    assert diagnose_cell(red("ready", wire=wire)).code == "held-up-on-the-way"


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


@pytest.mark.parametrize(
    ("answered", "code"),
    [
        pytest.param(None, "sends-without-end", id="it was never answered"),
        pytest.param(0.2, "machine-too-busy", id="it was answered"),
    ],
)
def test_what_a_flood_leaves_unanswered_is_not_laid_at_this_machine(answered: float | None, code: str) -> None:
    """The library gave up before so much had come that the gateway was cut off."""
    cell = red("positions", wire=replace(answering(answered), flood="it sent 100,001 messages", flooded_at=9.0))
    check = replace(cell.check, began=0.0, seconds=5.0)
    assert diagnose_cell(replace(cell, check=check, outcome=replace(cell.outcome, late=0.6))).code == code
