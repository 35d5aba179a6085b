"""Parts of a run joined: the whole, in whatever order and however often, or a refusal that says why."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.plan.build_plan import build_plan
from harness.plan.matrix.load import load_matrix
from harness.plan.shard import shard_plan
from harness.results.merge import MISSING, merge
from harness.results.results_json import json_data
from harness.results.results_model import SCHEMA_VERSION
from harness.shared.errors import ResultsError
from harness.shared.evidence import CheckRecord, RunOutcome
from harness.shared.status import Fault, Status
from tests.conftest import ENDED, STARTED, TWO_BY_TWO, Maker
from tests.results.compare.changing import with_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.plan.matrix.load import Matrix
    from harness.plan.plan_model import Plan
    from harness.results.results_model import Results

RULES = """
[[gateway]]
product = "gateway"
version = "10.37"
kind = "simulator"

[[exclude]]
versions = "<2"
gateway = "gateway-10.37-*"
reason = "too old"

[[expect]]
check = "positions"
status = ["pass", "degraded"]
reason = "known"
since = 2026-01-01
review = 2027-01-01

[[expect]]
gateway = "tws-*"
check = "executions"
status = ["pass", "degraded"]
reason = "known"
since = 2026-01-01
review = 2027-01-01

[[expect]]
library = "ib_asink"
status = "fail"
reason = "nobody has it"
since = 2026-01-01
review = 2027-01-01
"""
COUNT = 3
"""Shards: the two simulated columns have three cells, the live one is one lease."""


def ran(make: Maker, plan: Plan, number: int = 0, red: Sequence[int] = (), unseen: Sequence[int] = ()) -> Results:
    """What a run leaves whose cells pass, but for some of them."""
    outcomes = []
    for position, cell in enumerate(plan.cells):
        failed = CheckRecord(name="positions", status=Status.FAIL, reason="wrong")
        if position not in unseen:
            changed = {"positions": failed} if position in red else {}
            checks = make.checks(cell, **changed)
            outcomes.append(make.outcome(cell, checks=checks, exit_code=1 if changed else 0, seconds=1 / (number + 1)))
    run = RunOutcome(
        outcomes=tuple(outcomes),
        gateways=tuple(make.gateway(gateway.name, port=40_000 + number) for gateway in plan.gateways),
        interrupted=bool(unseen),
    )
    return named(make.results(plan, run), number)


def named(results: Results, number: int) -> Results:
    later = timedelta(seconds=number)
    name = f"20261120T10111{number}Z-ab12"
    return replace(results, run=replace(results.run, id=name, started=STARTED + later, ended=ENDED + later))


@cache
def parts() -> tuple[Results, ...]:
    """Every shard as it is whole, with a red cell, and as it is when interrupted; none contradicts another."""
    with TemporaryDirectory() as folder:
        make = Maker(Path(folder))
        Path(folder, "mine.toml").write_text(TWO_BY_TWO + RULES, encoding="utf-8")
        whole = build_plan(load_matrix(Path(folder, "mine.toml")), allow_live=True)
        shards = [shard_plan(whole, index, COUNT, {}) for index in range(1, COUNT + 1)]
        done = [ran(make, shard, number, red=[0]) for number, shard in enumerate(shards, start=1)]
        stopped = [ran(make, shard, number, unseen=[0]) for number, shard in enumerate(shards, start=4)]
        again = [ran(make, shard, number, red=[0]) for number, shard in enumerate(shards, start=7)]
        return (*done, *stopped, *again)


some_parts = st.lists(st.sampled_from(range(9)), min_size=1, max_size=6).map(
    lambda numbers: [parts()[number] for number in numbers]
)


@given(some_parts, some_parts, some_parts)
def test_it_does_not_matter_what_is_joined_first(
    first: list[Results], then: list[Results], last: list[Results]
) -> None:
    together = merge([*first, *then, *last])

    assert merge([merge([*first, *then]), *last]) == together
    assert merge([*first, merge([*then, *last])]) == together
    assert merge([merge(first), merge(then), merge(last)]) == together


@given(some_parts)
def test_order_and_repetition_do_not_matter(some: list[Results]) -> None:
    together = merge(some)

    assert merge(some[::-1]) == together
    assert merge([*some, *some]) == together
    assert merge([together]) == together
    assert merge([together, together, some[0]]) == together


def test_a_part_whose_clock_was_set_back_takes_no_time_away() -> None:
    part = parts()[0]
    part = replace(part, run=replace(part.run, ended=STARTED - timedelta(hours=5), seconds=7.5))

    assert merge([part]).run.seconds == 7.5
    assert merge([part, parts()[1]]).run.seconds == 8.4


def untimed(results: Results) -> dict[str, Any]:
    """What must be the same of a run of the whole and of its shards: all but times, ports and the run's own name."""
    document: dict[str, Any] = json_data(results)
    del document["run"]
    document["counts"] = (results.run.counts, results.run.verdicts, results.run.interrupted)
    for gateway in document["gateways"].values():
        port = str(gateway.pop("port"))
        gateway["diagnosis"] = json.dumps(gateway["diagnosis"]).replace(port, "PORT")
    for cell in document["cells"].values():
        del cell["seconds"]
    return document


def test_all_shards_are_the_whole(make: Maker, matrix: Callable[..., Matrix]) -> None:
    plan = build_plan(matrix(RULES), allow_live=True)
    shards = [shard_plan(plan, index, COUNT, {}) for index in range(1, COUNT + 1)]

    merged = merge([ran(make, shard, number) for number, shard in enumerate(shards, start=1)])

    assert untimed(merged) == untimed(ran(make, plan))
    assert [rule.used for rule in merged.expectations] == [True, True, False]
    assert (merged.plan.shard, merged.schema_version) == (None, SCHEMA_VERSION)


def test_a_merged_run_is_made_of_its_parts() -> None:
    run = merge(parts()[:COUNT]).run

    assert run.parts == [part.run.id for part in parts()[:COUNT]]
    assert run.command == ["ib-compat", "merge", *run.parts]
    assert (run.started, run.ended) == (parts()[0].run.started, parts()[COUNT - 1].run.ended)
    assert run.id.startswith("20261120T101113Z-")
    assert run.id != merge(parts()[: COUNT - 1]).run.id


def test_what_no_part_has_is_red_and_the_part_that_has_it_fills_it() -> None:
    *most, last = parts()[:COUNT]
    merged = merge(most)

    missing = {name for name, cell in merged.cells.items() if cell.status is Status.NOT_RUN}
    assert missing == set(last.cells)
    assert {merged.cells[name].reason for name in missing} == {MISSING}
    assert merged.run.counts[Status.NOT_RUN] == len(missing)
    assert merged.plan.shard is not None
    assert merged.plan.shard.shards == [1, 2]
    assert [rule.used for rule in merged.expectations] == [True, True, None]
    assert merge([merged, last]) == merge(parts()[:COUNT])


def test_an_interrupted_part_gives_way_to_one_that_asked() -> None:
    stopped, done = parts()[3], parts()[0]

    assert merge([stopped, *parts()[1:COUNT]]).run.interrupted
    filled = merge([stopped, *parts()[:COUNT]])
    assert not filled.run.interrupted
    assert filled.cells[next(iter(done.cells))].status is Status.FAIL


def test_what_no_part_could_tell_of_a_rule_the_whole_cannot_tell(make: Maker, matrix: Callable[..., Matrix]) -> None:
    plan = build_plan(matrix(RULES), allow_live=True)
    shards = [shard_plan(plan, index, COUNT, {}) for index in range(1, COUNT + 1)]
    unseen = [ran(make, shard, unseen=range(9) if "tws" in shard.cells[0].gateway.name else ()) for shard in shards]

    assert [rule.used for rule in merge(unseen).expectations] == [True, None, False]


def test_why_a_part_did_not_ask_is_kept(make: Maker, matrix: Callable[..., Matrix]) -> None:
    plan = build_plan(matrix(RULES), allow_live=True)
    first, second = (shard_plan(plan, index, 2, {}) for index in (1, 2))
    stopped = named(make.results(first, RunOutcome(outcomes=(), gateways=(), interrupted=True)), 1)
    done = ran(make, second, 2)

    merged = merge([merge([done]), stopped])

    assert merged == merge([stopped, done])
    assert {merged.cells[name].reason for name in stopped.cells} == {"the run ended before this cell did"}


def test_a_cell_that_ended_differently_in_two_parts_is_refused_and_named() -> None:
    part = parts()[0]
    name, cell = next(iter(part.cells.items()))
    other = named(with_cell(part, name, negotiated=177), 9)

    with pytest.raises(ResultsError) as caught:
        merge([part, other])

    assert f"  {name}: fail at positions with ib_async 2.1.0, negotiated 177" in str(caught.value)
    assert f"negotiated {cell.negotiated}" in str(caught.value)


def test_times_are_no_contradiction() -> None:
    part = parts()[0]
    name, cell = next(iter(part.cells.items()))
    other = named(with_cell(part, name, seconds=cell.seconds + 1), 9)

    assert merge([part, other]).cells[name] in (part.cells[name], other.cells[name])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"ib_compat": "0.2.0"}, "the version of ib-compat differs"),
        ({"matrix": "/elsewhere/other.toml"}, "the matrix file differs"),
    ],
)
def test_parts_of_different_runs_are_refused(changes: dict[str, Any], says: str) -> None:
    first, second = parts()[:2]
    other = replace(second, run=replace(second.run, **changes))

    with pytest.raises(ResultsError, match=says):
        merge([first, other])


def test_the_matrix_file_may_lie_elsewhere() -> None:
    first, second = parts()[:2]
    elsewhere = replace(second.run, matrix=f"/elsewhere/{Path(second.run.matrix).name}")

    assert merge([first, replace(second, run=elsewhere)]).cells == merge([first, second]).cells


def test_a_part_with_other_expectations_is_refused() -> None:
    first, second = parts()[:2]
    rules = [replace(second.expectations[0], status=[Status.FAIL]), *second.expectations[1:]]

    with pytest.raises(ResultsError, match="what the matrix file expects differs"):
        merge([first, replace(second, expectations=rules)])


def test_a_part_of_another_plan_is_refused(make: Maker, matrix: Callable[..., Matrix]) -> None:
    plan = build_plan(matrix(RULES), allow_live=True)
    smaller = replace(plan, cells=plan.cells[:-1])

    with pytest.raises(ResultsError, match="the plan differs"):
        merge([ran(make, shard_plan(plan, 1, 2, {})), ran(make, shard_plan(smaller, 2, 2, {}))])


def test_parts_of_different_splits_are_refused(make: Maker, matrix: Callable[..., Matrix]) -> None:
    plan = build_plan(matrix(RULES), allow_live=True)

    with pytest.raises(ResultsError, match="different splits: 1/2, 1/3"):
        merge([ran(make, shard_plan(plan, 1, of, {})) for of in (2, 3)])


def two_of_one_column(make: Maker, matrix: Callable[..., Matrix]) -> list[Results]:
    """Two parts that each have a cell of the same simulated gateway."""
    plan = build_plan(matrix(RULES), allow_live=True)
    return [ran(make, shard_plan(plan, index, 2, {}), index) for index in (1, 2)]


def test_a_gateway_that_is_another_in_another_part_is_refused(make: Maker, matrix: Callable[..., Matrix]) -> None:
    first, second = two_of_one_column(make, matrix)
    (name,) = first.gateways.keys() & second.gateways.keys()
    other = replace(second.gateways[name], server_version=187)

    with pytest.raises(ResultsError, match=f"gateway {name}: server_version: 187 and 223"):
        merge([first, replace(second, gateways={**second.gateways, name: other})])


def test_all_that_the_control_saw_is_kept_once(make: Maker, matrix: Callable[..., Matrix]) -> None:
    first, second = two_of_one_column(make, matrix)
    (name,) = first.gateways.keys() & second.gateways.keys()
    (probe,) = second.gateways[name].probes
    failed = replace(probe, when="after", passed=False)
    other = replace(second.gateways[name], probes=[failed])

    merged = merge([first, replace(second, gateways={**second.gateways, name: other})])

    assert [each.when for each in merged.gateways[name].probes] == ["before", "after"]


def test_the_worst_verdict_counts_with_what_was_tried_for_it_in_its_order(
    make: Maker, matrix: Callable[..., Matrix]
) -> None:
    first, second = two_of_one_column(make, matrix)
    (name,) = first.gateways.keys() & second.gateways.keys()
    gateway = second.gateways[name]
    (probe,) = gateway.probes
    tried = [replace(probe, when=when) for when in ("plainly", "another client id", "narrower")]
    assert gateway.diagnosis is not None
    diagnosis = replace(gateway.diagnosis, code="silent", fault=Fault.GATEWAY)
    sick = replace(gateway, tried=tried, diagnosis=diagnosis)

    merged = merge([first, replace(second, gateways={**second.gateways, name: sick})])

    assert merged.gateways[name].diagnosis == diagnosis
    assert merged.gateways[name].tried == tried


def test_nothing_cannot_be_merged() -> None:
    with pytest.raises(ResultsError, match="nothing to merge"):
        merge([])
