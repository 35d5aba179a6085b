"""Whether a program does the same at another gateway."""

from __future__ import annotations

import pytest

from harness.programs.answer import decide
from harness.programs.asked import Notice, Outcome
from harness.programs.difference import Kind
from harness.programs.program import Ran
from harness.shared.status import Finding
from tests.programs.ran import ran, request

POSITIONS = request("req_positions")
NOT_KNOWN = request("message 250", Outcome.NOT_SIMULATED)


@pytest.mark.parametrize(
    ("today", "again", "then", "finding"),
    [
        pytest.param(ran(POSITIONS), ran(POSITIONS), ran(POSITIONS), Finding.SAME, id="the same"),
        pytest.param(ran(POSITIONS), ran(POSITIONS), ran(), Finding.DIFFERENT, id="another request"),
        pytest.param(ran(POSITIONS), ran(), ran(), Finding.SAME, id="as different as from itself"),
        pytest.param(ran(), ran(), ran(spoke=0), Finding.DIFFERENT, id="does not connect there"),
        pytest.param(ran(spoke=0), ran(spoke=0), ran(spoke=0), Finding.NO_CONTACT, id="never connects"),
        pytest.param(ran(), ran(code=1), ran(), Finding.UNSTEADY, id="fails now and then"),
        pytest.param(ran(), ran(spoke=0), ran(), Finding.UNSTEADY, id="connects now and then"),
        pytest.param(ran(code=1), ran(code=1), ran(code=1), Finding.FAILS, id="fails everywhere"),
        pytest.param(ran(ended_at=9.0), ran(ended_at=9.0), ran(ended_at=9.0), Finding.SAME, id="runs on"),
        pytest.param(ran(NOT_KNOWN), ran(NOT_KNOWN), ran(NOT_KNOWN), Finding.LACKING, id="nobody knows"),
        pytest.param(ran(NOT_KNOWN), ran(NOT_KNOWN), ran(NOT_KNOWN, code=1), Finding.DIFFERENT, id="differs anyway"),
        pytest.param(ran(POSITIONS), ran(POSITIONS), ran(NOT_KNOWN, code=1), Finding.LACKING, id="one cannot answer"),
    ],
)
def test_the_answer(today: Ran, again: Ran, then: Ran, finding: Finding) -> None:
    assert decide((today, again), (then,)).finding is finding


@pytest.mark.parametrize(("one", "other", "same"), [(178, 178, True), (203, 226, False), (178, 0, False)])
def test_that_the_protocol_is_the_same_is_said_only_if_both_runs_show_it(one: int, other: int, *, same: bool) -> None:
    assert decide((ran(spoke=one), ran(spoke=one)), (ran(spoke=other),)).same_wire is same


def test_a_notice_of_one_gateway_alone_is_named() -> None:
    notice, both = Notice(2172, "It ends."), Notice(2104, "OK")
    today = ran(notices=(notice, both))
    assert [each for each, _ in decide((today, today), (ran(notices=(both,)),)).notices] == [notice]


@pytest.mark.parametrize(
    ("third", "second", "finding"),
    [
        pytest.param(ran(POSITIONS), ran(), Finding.DIFFERENT, id="it differs again"),
        pytest.param(ran(POSITIONS), ran(POSITIONS), Finding.SAME, id="the other once did something else"),
        pytest.param(ran(), ran(), Finding.SAME, id="today it does that, too"),
        pytest.param(ran(POSITIONS), ran(code=1), Finding.UNSTEADY, id="the other ends now so and now so"),
    ],
)
def test_what_differs_is_believed_only_if_it_differs_again(third: Ran, second: Ran, finding: Finding) -> None:
    today = ran(POSITIONS)
    assert decide((today, today, third), (ran(), second)).finding is finding


def test_what_is_noise_is_said_of_the_side_whose_runs_differ() -> None:
    today, then = ran(POSITIONS), ran()
    answer = decide((today, today, today), (then, ran(code=1)))
    assert (answer.noise, [each.kind for each in answer.noise_then]) == ((), [Kind.END])
    assert [(each.kind, side) for each, side in answer.unsteady] == [(Kind.END, answer.then.side)]


def test_lines_that_are_new_in_each_run_tell_nothing_of_a_gateway() -> None:
    one, other, then = (ran(output=f"session {name}\nready") for name in ("abcd", "bcda", "cdab"))
    assert decide((one, other), (then,)).finding is Finding.SAME
    failing = ran(output="session cdab\nready\nfailed")
    assert decide((one, other), (failing,)).finding is Finding.DIFFERENT
