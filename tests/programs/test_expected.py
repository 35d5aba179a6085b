"""What a user expects of every run of a program."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.programs.asked import Outcome
from harness.programs.expected import Expected
from harness.programs.program import Ran
from tests.programs.ran import ran, request

ASKED = ran(request("req_positions"), request("req_executions", Outcome.UNANSWERED), output="ready\nis done\n")
ENDED = ran(ended_at=9.0)
DONE_ALONE = replace(ran(), end=replace(ran().end, done=True))
DONE = replace(ENDED, end=replace(ENDED.end, done=True))


@pytest.mark.parametrize(
    ("expected", "run", "unmet"),
    [
        (Expected(), ASKED, 0),
        (Expected(), ran(code=3), 1),
        (Expected(exits=(0, 3)), ran(code=3), 0),
        (Expected(), ENDED, 0),
        (Expected(ends=True), ENDED, 1),
        (Expected(ends=False), ENDED, 0),
        (Expected(ends=False), ran(), 1),
        (Expected(ends=True), DONE, 0),
        (Expected(ends=False, done=True), ENDED, 1),
        (Expected(ends=False, done=True), DONE, 0),
        (Expected(done=True), ran(), 1),
        (Expected(ends=False, done=True), DONE_ALONE, 0),
        (Expected(says=("is done",)), ASKED, 0),
        (Expected(says=("is gone",), never_says=("ready",)), ASKED, 2),
        (Expected(asks=("req_positions",)), ASKED, 0),
        (Expected(asks=("req_executions", "req_pnl")), ASKED, 2),
    ],
)
def test_what_is_not_as_expected(expected: Expected, run: Ran, unmet: int) -> None:
    assert len(expected.unmet(run)) == unmet
