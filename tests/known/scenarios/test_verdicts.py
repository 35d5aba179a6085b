"""Every scenario names the verdict that it must get, and that is one that there is."""

from __future__ import annotations

import pytest

from harness.diagnose.verdict_rules import load as rules
from harness.known.scenarios import HEALTHY, Scenario
from harness.known.scenarios import load as scenarios


@pytest.mark.parametrize("scenario", scenarios().values(), ids=lambda each: each.name)
def test_a_scenario_names_a_verdict_that_there_is(scenario: Scenario) -> None:
    assert scenario.verdict in {rule.code for rule in rules("gateway")}


def test_the_verdict_of_an_ordinary_gateway_is_that_all_is_well() -> None:
    rule = next(rule for rule in rules("gateway") if rule.code == HEALTHY)
    assert (rule.fault, rule.usable) == (None, True)
