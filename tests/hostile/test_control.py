"""The control cuts off what sends without end, says so, and keeps no more of it than its bounds."""

from __future__ import annotations

import tracemalloc

import pytest

from harness.diagnose.control import attempt_state
from harness.diagnose.control.attempt import attempt
from harness.diagnose.control.attempt_state import Try
from harness.diagnose.gateway_case import Case, diagnose
from harness.shared.evidence import Ended, ProbeRecord, Search
from tests.diagnose.control.listeners import listening
from tests.gateways.simulator.talk import run
from tests.hostile.servers import SERVERS

PATIENCE = 20.0
"""Seconds; none of it is waited for where a server is cut off."""

SHORT = 1.0
MIB = 2**20
ROOM = 32 * MIB
CUT = ("notices before ready", "notices after ready", "20,000 accounts", "1.5 million accounts", "a giant frame")


def met(name: str, timeout: float) -> ProbeRecord:
    async def scenario() -> ProbeRecord:
        async with listening(SERVERS[name]()) as listener:
            tried = Try(when="plainly", host="127.0.0.1", port=listener.port, client_id=7399, timeout=timeout)
            return await attempt(tried)

    return run(scenario())


@pytest.mark.parametrize("name", CUT)
def test_what_sends_too_much_is_cut_off_and_the_verdict_says_so(name: str) -> None:
    record = met(name, PATIENCE)

    assert (record.ended, record.passed) == (Ended.ENDLESS, False)
    assert record.received <= attempt_state.MOST_BYTES + attempt_state.LONGEST_FRAME
    assert len(record.notices) <= attempt_state.MOST_NOTICES
    assert len(record.accounts) <= attempt_state.MOST_ACCOUNTS
    found = Search(attempts=(record,), speaks="api")
    verdict = diagnose(Case(host="127.0.0.1", port=4002, found=found, view=None, product="gateway", client_id=7399))
    assert (verdict.code, str(verdict.fault)) == ("sends-without-end", "gateway")
    assert str(record.reason).split(";")[0] in verdict.says


@pytest.mark.parametrize("name", ["one byte at a time", "half a hello"])
def test_what_sends_too_little_takes_no_more_than_the_time_that_it_was_given(name: str) -> None:
    record = met(name, SHORT)

    assert record.ended is Ended.SILENT


@pytest.mark.parametrize("name", ["notices before ready", "20,000 accounts", "a giant frame"])
def test_no_server_takes_more_room_than_a_few_frames(name: str) -> None:
    tracemalloc.start()
    try:
        met(name, PATIENCE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < ROOM
