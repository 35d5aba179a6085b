"""A check that was skipped because nothing came is red if the transcript shows that it did come."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.checks.check import NOTHING_CAME
from harness.gateways.simulator.answers import _ANSWERS
from harness.results.answers.truth_sent import SETTLED
from harness.run.reader_process import read
from harness.shared.status import Status
from tests.rows import need_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.run.reader_process import Unread
    from harness.shared.evidence import CheckRecord
    from tests.checks.conftest import Leave
    from tests.worker.conftest import Worker

PATIENT = (
    *("current_time_in_millis", "kept_up_to_date_bars", "market_depth", "market_rule", "matching_symbols", "news"),
    *("real_time_bars", "tick_by_tick"),
)
"""The checks that a real gateway may leave without an answer, or a library without waiting for it."""

DEAF = "import ib_async.wrapper\nib_async.wrapper.Wrapper.realtimeBar = lambda *_: None"


def judged(left: Unread, name: str) -> CheckRecord:
    """Return a check, at a gateway of which nobody knows the truth."""
    return next(check for check in read(replace(left, truth=None)).checks if check.name == name)


def waited(left: Unread, name: str, seconds: float) -> Unread:
    """The same cell, if nothing had come of a check, and the library had waited for so long after it came."""
    return replace(
        left,
        checks=tuple(
            replace(each, status=Status.SKIPPED, seconds=each.seconds + seconds, detail={NOTHING_CAME: "no answer"})
            if each.name == name
            else each
            for each in left.checks
        ),
    )


@pytest.fixture(scope="module")
def left(leave: Leave) -> Unread:
    return leave(PATIENT, need_row("ibapi-latest==10.51.1"), "gateway-10.50")


@pytest.mark.parametrize("name", PATIENT)
def test_what_came_while_the_library_waited_was_lost(left: Unread, name: str) -> None:
    record = judged(waited(left, name, 2 * SETTLED), name)
    assert record.status is Status.TIMEOUT
    assert str(record.reason).startswith("no answer; ")


@pytest.mark.parametrize("name", PATIENT)
def test_what_came_at_the_last_moment_may_just_have_been_missed(left: Unread, name: str) -> None:
    assert judged(waited(left, name, SETTLED / 2), name).status is Status.SKIPPED


@pytest.mark.parametrize("sends", [True, False])
def test_a_library_that_is_deaf_is_told_from_a_gateway_that_is_silent(
    leave: Leave,
    start: Callable[..., Worker],
    monkeypatch: pytest.MonkeyPatch,
    sends: bool,  # noqa: FBT001
) -> None:
    row = need_row("ib_async==2.1.0")
    if not sends:
        monkeypatch.setitem(_ANSWERS, "req_real_time_bars", lambda *_: iter(()))
    left = leave(["real_time_bars"], row, simulated=False, timeout=SETTLED, worker=start(row, before=DEAF))
    record = judged(left, "real_time_bars")
    assert record.status is (Status.TIMEOUT if sends else Status.SKIPPED)
