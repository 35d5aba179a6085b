"""Checks market rules: from which price on orders have which price increment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.checks.check import Check, Client, plain
from harness.checks.expected import Records, number, records, whole
from harness.checks.heard import NotHeardError
from harness.checks.quoted import where_patient

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.checks.expected import Expected
    from harness.checks.heard import Answer, Heard
    from harness.checks.truth import Truth, Values

CENTS = 26
"""The rule of stocks of the United States."""
WITH_STEPS = 1901
"""A rule with several steps, of simulated gateways alone: which a real one has depends on the year."""


def ask(client: Client) -> dict[str, Any]:
    """Ask the rules."""
    rules = (CENTS, WITH_STEPS) if client.simulated else (CENTS,)
    with where_patient(client):
        steps = [client.connection.lists.market_rule(rule, client.request_timeout) for rule in rules]
    return {"records": plain([step for each in steps for step in each])}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Return the true steps of both."""
    rules = [rule for rule in truth.reference["market_rules"] if rule["market_rule_id"] in {CENTS, WITH_STEPS}]
    return {"records": records(("rule", "low_edge"), (row for rule in rules for row in _steps(rule)))}


def heard(said: Heard) -> Mapping[str, Records]:
    """Return the steps that the gateway sent."""
    rows = [row for answer in said.answers("req_market_rule") for row in _steps(_rule(answer))]
    return {"records": Records(("rule", "low_edge"), tuple(rows), repeats=True)}


def _rule(answer: Answer) -> Values:
    rule = answer.only("market_rule")
    if rule["market_rule_id"] != answer.request["market_rule_id"]:
        raise NotHeardError("another rule came than was asked for")
    return rule


def _steps(rule: Values) -> Iterator[Mapping[str, Expected]]:
    increments = rule["increments"]
    assert isinstance(increments, (list, tuple))  # noqa: S101 - so the catalogue and the truth have it
    for step in increments:
        edges = {name: float(number(step, name) or 0.0) for name in ("low_edge", "increment")}
        yield {"rule": whole(rule, "market_rule_id"), **edges}


CHECK = Check(
    name="market_rule",
    asks="req_market_rule",
    proves="every step of a market rule arrives",
    ask=ask,
    expected=expected,
    heard=heard,
    requests=2,
)
