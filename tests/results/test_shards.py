"""What the run of a shard leaves: its own cells, and what is needed to know the whole."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from harness.plan.build_plan import build_plan
from harness.plan.shard import shard_plan
from harness.results.assemble import RunFacts, plan_file
from tests.conftest import STARTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.plan.matrix.load import Matrix
    from tests.conftest import Maker

RULE = (
    "\n[[expect]]\ncheck = 'positions'\nversions = '{versions}'\nstatus = ['pass', 'degraded']\nreason = 'known'\n"
    "since = 2026-01-01\nreview = 2027-01-01\n"
)


def test_a_shard_tells_the_whole_and_what_it_leaves_to_others(make: Maker, matrix: Callable[..., Matrix]) -> None:
    whole = build_plan(matrix(), allow_live=True)
    results = make.results(shard_plan(whole, 2, 2, {}))
    shard = results.plan.shard

    assert shard is not None
    assert (shard.shards, shard.of) == ([2], 2)
    assert list(shard.cells) == [cell.id for cell in whole.cells]
    assert list(shard.gateways) == ["gateway-10.45-paper", "tws-10.37-live"]
    assert 0 < len(results.cells) < len(whole.cells)
    assert {each.cell for each in results.plan.absent} == shard.cells.keys() - results.cells.keys()
    assert {each.reason for each in results.plan.absent} == {"in another shard (1/2)"}


def test_what_is_owed_is_what_the_cell_says_when_it_was_asked(make: Maker, matrix: Callable[..., Matrix]) -> None:
    results = make.results(shard_plan(build_plan(matrix(), allow_live=True), 1, 2, {}))

    assert results.plan.shard is not None
    for name, cell in results.cells.items():
        owed = results.plan.shard.cells[name]
        assert all(getattr(owed, each.name) == getattr(cell, each.name) for each in fields(owed))


def test_the_plan_says_it_before_the_run(matrix: Callable[..., Matrix]) -> None:
    plan = shard_plan(build_plan(matrix(), allow_live=True), 1, 2, {})
    facts = RunFacts(id="20261120T101112Z-ab12", started=STARTED, command=(), ib_compat="0.1.0")

    shard = plan_file(plan, facts).plan.shard

    assert shard is not None
    assert (shard.shards, shard.of, len(shard.cells)) == ([1], 2, 4)


def test_a_whole_run_is_no_shard(make: Maker) -> None:
    assert make.results().plan.shard is None


@pytest.mark.parametrize(("versions", "use", "unused"), [(">=1", True, []), (">=9", None, [1])])
def test_a_shard_cannot_tell_that_the_others_have_no_use_for_a_rule(
    make: Maker, matrix: Callable[..., Matrix], versions: str, *, use: bool | None, unused: list[int]
) -> None:
    whole = build_plan(matrix(RULE.format(versions=versions)), allow_live=True)
    results = make.results(shard_plan(whole, 1, 2, {}))

    assert results.plan.shard is not None
    assert [rule.used for rule in results.expectations] == [use]
    assert results.plan.shard.unused == unused
