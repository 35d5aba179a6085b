"""Every step of a market rule is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.gateways.simulator.truth import load
from harness.shared.status import Status
from tests.checks.conftest import with_reference

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


def test_a_step_that_does_not_come_is_named(ask: Ask, row: LibraryRow) -> None:
    rules = [{**rule, "increments": rule["increments"][:1]} for rule in load("paper").reference["market_rules"]]
    record = ask("market_rule", row, told=with_reference("market_rules", rules))
    assert record.status is Status.DEGRADED
    assert record.reason == "not the truth: rule 1901, low_edge 1000.0: expected a record, got none"
