"""Two runs held against each other, cell by cell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from harness.plan.build_plan import build_plan
from harness.results.compare import Change, Kind, compare
from harness.results.results_model import Absent, PlanInfo
from harness.shared.evidence import Resolved, RunOutcome
from harness.shared.status import Fault, Status
from tests.results.compare.changing import (
    EXPECTED_RED,
    RED,
    SKIPPED,
    SURPRISE,
    booted,
    with_cell,
    with_check,
    without_cell,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.plan.matrix.load import Matrix
    from harness.results.results_model import Results
    from tests.conftest import Maker


def only(before: Results, after: Results, **options: Any) -> Change:
    (change,) = compare(before, after, **options).changes
    return change


def test_a_run_is_as_it_was(make: Maker) -> None:
    results = make.results()

    change = only(results, results)

    assert (change.kind, change.what, change.notes) == (Kind.UNCHANGED, (), ())
    assert not change.regression
    assert not change.improvement


@pytest.mark.parametrize(
    ("before", "after", "regression", "improvement"),
    [
        ({}, RED, True, False),
        (RED, {}, False, True),
        (RED, RED, False, False),
        (EXPECTED_RED, RED, True, False),
        (RED, EXPECTED_RED, False, True),
        ({}, EXPECTED_RED, False, False),
        (EXPECTED_RED, {}, False, True),
        (EXPECTED_RED, SURPRISE, False, True),
        (SURPRISE, RED, True, False),
        ({}, SKIPPED, False, False),
        (SKIPPED, RED, False, False),
        (SKIPPED, {}, False, False),
    ],
)
def test_worse_is_what_was_as_it_should_be_and_is_no_longer(
    make: Maker, before: dict[str, Any], after: dict[str, Any], *, regression: bool, improvement: bool
) -> None:
    results = make.results()

    change = only(with_cell(results, **before), with_cell(results, **after))

    assert (change.regression, change.improvement) == (regression, improvement)


def test_the_words_say_what_differs(make: Maker) -> None:
    results = make.results()
    cell = next(iter(results.cells.values()))
    after = with_cell(
        results,
        **{**RED, **with_check(cell, "positions", status=Status.UNSUPPORTED), "negotiated": 176, "gateway_max": 176},
    )

    assert only(results, after).what == (
        "status pass → fail at ready",
        "as expected → unexpectedly red",
        "positions pass → unsupported",
        "negotiated 178 → 176",
        "gateway's maximum 223 → 176",
    )


def test_another_fault_is_told_where_both_are_red(make: Maker) -> None:
    results = make.results()
    before, after = (with_cell(results, **RED, fault=fault) for fault in (Fault.GATEWAY, Fault.LIBRARY))

    assert only(before, after).what == ("at fault: gateway → library",)


def test_a_reason_counts_but_for_its_numbers(make: Maker) -> None:
    results = make.results()
    before, other_port, other = (
        with_cell(results, **{**RED, "reason": reason})
        for reason in ("127.0.0.1:40001 said nothing", "127.0.0.1:40777 said nothing", "it said too much")
    )

    assert only(before, other_port).kind is Kind.UNCHANGED
    assert only(before, other).what == ("reason: 127.0.0.1:40001 said nothing → it said too much",)


def test_what_was_installed_is_told(make: Maker) -> None:
    results = make.results()
    resolved = Resolved(
        distribution="ib_async", version="2.1.1", module_version=None, python="3.10.7", requirements={"numpy": "2.4"}
    )

    change = only(results, with_cell(results, resolved=resolved))

    assert change.what == ("ib_async 2.1.0 → 2.1.1", "numpy 2.3 → 2.4")
    assert not change.regression


def test_time_alone_is_no_change(make: Maker) -> None:
    results = make.results()
    cell = next(iter(results.cells.values()))
    slow = with_cell(results, **with_check(cell, "ready", seconds=4.0))

    change = only(results, slow)

    assert (change.kind, change.regression) == (Kind.UNCHANGED, False)
    assert change.notes == ("connect time 0.0 s → 4.0 s",)
    assert only(results, with_cell(results, **with_check(cell, "ready", seconds=0.9))).notes == ()


def test_what_is_added_or_gone_is_shown_and_is_no_regression(make: Maker, matrix: Callable[..., Matrix]) -> None:
    whole = make.results(build_plan(matrix(), allow_live=True))
    name = next(iter(whole.cells))
    part = without_cell(whole, name)
    part = replace(
        part, plan=PlanInfo(cells=list(part.cells), absent=[Absent(cell=name, reason="not selected by --row")])
    )

    gone, added = compare(whole, part), compare(part, with_cell(whole, name, **RED))

    assert [(change.cell, change.what) for change in gone.of(Kind.GONE)] == [(name, ("not selected by --row",))]
    assert [(change.cell, change.red) for change in added.of(Kind.ADDED)] == [(name, True)]
    assert gone.regressions == added.regressions == ()


@pytest.mark.parametrize(("before", "regression"), [({}, True), (EXPECTED_RED, True), (RED, False), (SKIPPED, False)])
def test_what_is_gone_or_skipped_is_worse_only_where_asked_for(
    make: Maker, before: dict[str, Any], *, regression: bool
) -> None:
    results = with_cell(make.results(), **before)
    gone = without_cell(results, next(iter(results.cells)))

    assert only(results, gone, gone_is_worse=True).regression is regression
    assert only(results, with_cell(results, **SKIPPED), gone_is_worse=True).regression is regression
    assert not only(results, gone).regression


def test_regressions_come_first_and_what_is_unchanged_last(make: Maker, matrix: Callable[..., Matrix]) -> None:
    before = make.results(build_plan(matrix(), allow_live=True))
    same, better, worse, added = before.cells
    after = with_cell(with_cell(before, worse, **RED), added, **RED)
    comparison = compare(without_cell(with_cell(before, better, **RED), added), after)

    assert [change.cell for change in comparison.changes] == [worse, better, added, same]
    assert [change.cell for change in comparison.improvements] == [better]
    assert [change.kind.letter for change in comparison.changes] == ["C", "C", "A", "U"]


def test_a_deleted_cell_that_counts_comes_before_what_only_changed(make: Maker, matrix: Callable[..., Matrix]) -> None:
    before = make.results(build_plan(matrix(), allow_live=True))
    better, gone, *_ = before.cells
    after = without_cell(before, gone)

    comparison = compare(with_cell(before, better, **RED), after, gone_is_worse=True)

    assert [change.cell for change in comparison.changes[:2]] == [gone, better]


def test_runs_that_ask_something_else_are_told_apart(make: Maker) -> None:
    before = make.results()
    after = replace(before, run=replace(before.run, matrix="b.toml", whole=False))

    comparison = compare(before, after)

    assert comparison.unlike == (
        f"matrix file {before.run.matrix} → b.toml",
        f"{after.run.id} is a selection of b.toml",
    )
    assert compare(before, before).unlike == ()


def test_a_matrix_file_that_was_changed_is_told(make: Maker) -> None:
    before = make.results()
    after = replace(before, run=replace(before.run, matrix_sha256="ab" * 32))

    assert compare(before, after).unlike == (f"{before.run.matrix} was changed between them",)


def test_what_an_interrupted_run_did_not_come_to_is_no_regression(make: Maker, matrix: Callable[..., Matrix]) -> None:
    plan = build_plan(matrix(), allow_live=True)
    before = make.results(plan)
    met = tuple(make.gateway(gateway.name) for gateway in plan.gateways)
    after = make.results(plan, RunOutcome(outcomes=(make.outcome(plan.cells[0]),), gateways=met, interrupted=True))

    comparison = compare(before, after)

    assert comparison.regressions == ()
    assert len(comparison.of(Kind.CHANGED)) == len(plan.cells) - 1
    assert comparison.unlike == (
        f"{after.run.id} was interrupted at 1 of {len(plan.cells)}: {len(plan.cells) - 1} cells were not asked",
    )
    assert len(compare(before, after, gone_is_worse=True).regressions) == len(plan.cells) - 1


def test_another_build_of_a_gateway_is_told(make: Maker) -> None:
    before, after = booted(make.results(), "10.45.1j"), booted(make.results(), "10.45.1k")

    assert compare(before, after).unlike == tuple(f"{name} 10.45.1j → 10.45.1k" for name in after.gateways)
    assert compare(before, booted(after, None)).unlike == ()
