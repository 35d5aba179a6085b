"""What every situation must be, so that a reader knows what it shows."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest

from harness.pytest_plugin.settings import settings
from harness.situations.all import request_timeout, situations
from harness.situations.played_gateway import HarnessError
from harness.situations.situation import Situation
from harness.situations.stage import Stage


@pytest.mark.parametrize("situation", situations(), ids=lambda each: each.name)
def test_a_situation_says_what_a_program_does_in_one_sentence(situation: Situation) -> None:
    assert situation.does.endswith(".")
    scripts = [each for each in (situation.play, situation.ibapi) if each is not None]
    assert scripts
    assert all(each.__doc__ for each in scripts)


@pytest.mark.parametrize("situation", situations(), ids=lambda each: each.name)
def test_the_gateway_of_a_situation_can_be(situation: Situation) -> None:
    settings([(situation.name, situation.gateway)])


def test_a_timeout_before_the_library_has_said_hello_is_not_known() -> None:
    """Else a busy machine would show as a change: the library then logs one record more."""
    library = MagicMock()  # its client.apiStart is never emitted
    with pytest.raises(HarnessError, match="too busy"):
        request_timeout.play(Stage(library, MagicMock(), MagicMock()))
