"""The control finds the highest server version that a gateway answers, where it does not answer the widest range."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.diagnose import gateway_facts
from harness.diagnose.control import search as tries
from harness.diagnose.control.attempt_state import WIDEST
from harness.diagnose.control.search import LADDER, UNANSWERED
from tests.diagnose.control.hearing import OWN_VERSION, Hearing
from tests.diagnose.control.searches import MORE, PATIENCE, heard_by, unanswered

if TYPE_CHECKING:
    from harness.wire.hello import Hello

pytestmark = pytest.mark.usefixtures("no_pause")


@pytest.mark.parametrize("highest", [200, 201, OWN_VERSION, 399])
def test_the_highest_version_that_is_answered_is_found_where_more_may_be_asked(highest: int) -> None:
    gateway = Hearing(lambda hello: hello.max_version <= highest)
    result = heard_by(gateway, PATIENCE, manner=MORE)
    assert (result.highest_answered, result.speaks) == (highest, "api")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("highest", "told"),
    [(199, None), (200, 200), (201, 200), (203, 203), (OWN_VERSION, OWN_VERSION), (399, LADDER[-1])],
)
def test_the_highest_step_that_is_answered_is_found_with_one_that_is_not(highest: int, told: int | None) -> None:
    result = heard_by(Hearing(lambda hello: hello.max_version <= highest, silent=True), PATIENCE)
    assert result.highest_answered == told
    assert unanswered(result) == UNANSWERED


def test_who_answers_everything_but_the_first_has_no_highest_version() -> None:
    """It was the moment, not the version."""
    heard: list[Hello] = []

    def answers(hello: Hello) -> bool:
        heard.append(hello)
        return len(heard) > 1

    result = heard_by(Hearing(answers, silent=True), PATIENCE)
    assert (result.highest_answered, result.attempts[-1].when) == (None, tries.LONGER)
    assert gateway_facts.of_search(result, port=4002).again == gateway_facts.PASSES


def test_where_the_widest_range_is_answered_no_other_is_looked_for() -> None:
    gateway = Hearing(starts=lambda _: False)
    assert heard_by(gateway).highest_answered is None
    announced = {each.hello.max_version for each in gateway.heard if each.hello}
    assert announced == {WIDEST.max_version}


def test_where_not_even_text_is_answered_no_version_is_looked_for() -> None:
    gateway = Hearing(answers=lambda _: False)
    assert heard_by(gateway).highest_answered is None
    assert {each.hello.max_version for each in gateway.heard if each.hello} == {WIDEST.max_version, 200}
