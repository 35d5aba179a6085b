"""What every situation must be, so that a reader knows what it shows."""

from __future__ import annotations

import importlib

import pytest

from harness.pytest_plugin.settings import settings
from harness.situations.all import situations
from harness.situations.situation import Situation


@pytest.mark.parametrize("situation", situations(), ids=lambda each: each.name)
def test_a_situation_says_what_a_program_does_in_one_sentence(situation: Situation) -> None:
    assert situation.does.endswith(".")
    assert importlib.import_module(f"harness.situations.all.{situation.name}").play.__doc__


@pytest.mark.parametrize("situation", situations(), ids=lambda each: each.name)
def test_the_gateway_of_a_situation_can_be(situation: Situation) -> None:
    settings([(situation.name, situation.gateway)])
