"""Known incompatibilities are written down with its reason, and nothing of it is copied version by version."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from harness.plan.build_plan import build_plan
from harness.plan.matrix.load import load_matrix

MATRICES = Path(__file__).parents[3] / "matrices"


@pytest.mark.parametrize("name", ["default.toml", "known.toml"])
def test_every_expectation_says_why_and_until_when(name: str) -> None:
    for rule in load_matrix(MATRICES / name).expectations:
        expectation = rule.expectation
        assert len(expectation.reason) > 20
        assert expectation.link is None or expectation.link.startswith("https://")
        assert expectation.since < expectation.review <= expectation.since + timedelta(days=400)


def test_what_is_known_is_planned_with_orders_on_simulated_paper_only() -> None:
    matrix = load_matrix(MATRICES / "known.toml")
    assert matrix.defaults.orders
    assert {(gateway.kind, gateway.mode) for gateway in matrix.gateways} == {("simulator", "paper")}


def test_every_rule_of_what_is_known_speaks_of_a_cell_that_is_planned() -> None:
    plan = build_plan(load_matrix(MATRICES / "known.toml"))
    spoken_of = {
        expectation.rule for cell in plan.cells for expectation in cell.expectations(installed=cell.row.version)
    }
    assert spoken_of == {rule.expectation.rule for rule in plan.rules}


def test_the_full_matrix_has_every_python_that_is_supported() -> None:
    rows = load_matrix(MATRICES / "full.toml").rows
    assert {row.python for row in rows} >= {"3.10", "3.11", "3.12", "3.13", "3.14"}
    assert len(rows) == len({row.id for row in rows})
