"""What became of a program's cell from one run to another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.programs.itself import ProgramItself
from harness.results.compare import Kind, ProgramChange, compare
from harness.results.compare.program_changes import difference_line
from harness.results.program_results import ProgramDifference, RequestCount
from harness.results.results_model import Results
from harness.shared.status import Finding, Status
from tests.conftest import Maker
from tests.results.program_cells import DIFFERENCE, KINDS, program_of, with_programs

ENDED = ProgramDifference(kind="how it ended", where="", before="exit code 0", after="was ended after 4.1 s")


def run_of(make: Maker, cells: dict[str, dict[str, Any]]) -> Results:
    return with_programs(make.results(), bot=program_of(cells))


def only(make: Maker, before: dict[str, Any], after: dict[str, Any], **options: Any) -> ProgramChange:
    runs = (run_of(make, {"then": changes}) for changes in (before, after))
    (change,) = compare(*runs, **options).programs
    return change


@pytest.mark.parametrize("kind", KINDS)
def test_a_cell_is_as_it_was(make: Maker, kind: str) -> None:
    change = only(make, KINDS[kind], KINDS[kind])
    assert (change.kind, change.what) == (Kind.UNCHANGED, ())
    assert not change.regression
    assert not change.improvement


@pytest.mark.parametrize(("before", "after"), [("same", "different"), ("different", "same")])
def test_what_was_compared_with_something_else_is_neither_worse_nor_better(
    make: Maker, before: str, after: str
) -> None:
    change = only(make, {**KINDS[before], "compared_with": "bot/old"}, {**KINDS[after], "compared_with": "bot/new"})
    assert (change.kind, change.regression, change.improvement) == (Kind.CHANGED, False, False)
    assert change.what == ("compared with bot/old → bot/new", f"{before} → {after}", *change.what[2:])
    assert not any(phrase.startswith(("new: ", "no longer: ")) for phrase in change.what)


WAS = ProgramItself(files="aa", table="bb", requirements="cc")


@pytest.mark.parametrize(
    ("edited", "words"),
    [
        ({"files": "dd"}, "its files"),
        ({"table": "dd", "requirements": "dd"}, "how its table runs it, its requirements"),
    ],
)
@pytest.mark.parametrize(("before", "after"), [("same", "different"), ("different", "same"), ("same", "fails")])
def test_of_an_edited_program_nothing_is_worse_or_better(
    make: Maker, before: str, after: str, edited: dict[str, str], words: str
) -> None:
    one, other = {**KINDS[before], "itself": WAS}, {**KINDS[after], "itself": replace(WAS, **edited)}
    change = only(make, one, other, gone_is_worse=True)
    assert (change.kind, change.regression, change.improvement) == (Kind.CHANGED, False, False)
    assert change.what[0] == f"the program itself changed: {words}"
    assert len(change.what) > 1


def test_an_edited_program_is_told_of_where_it_does_what_it_did(make: Maker) -> None:
    change = only(make, {"itself": WAS}, {"itself": replace(WAS, files="dd")})
    assert change.what == ("the program itself changed: its files",)


@pytest.mark.parametrize("kept", [None, replace(WAS, files="")])
def test_a_run_that_does_not_say_what_the_program_was_decides_nothing(make: Maker, kept: ProgramItself | None) -> None:
    change = only(make, {"itself": kept}, {**KINDS["different"], "itself": WAS})
    assert change.regression
    assert "not known" in change.what[-1]
    assert only(make, {"itself": kept}, {"itself": WAS}).kind is Kind.UNCHANGED


@pytest.mark.parametrize(
    ("before", "after", "regression", "improvement"),
    [
        ("same", "different", True, False),
        ("different", "same", False, True),
        ("known", "different", True, False),
        ("different", "known", False, True),
        ("same", "known", False, False),
        ("known", "same", False, True),
        ("known", "surprise", False, True),
        ("surprise", "different", True, False),
        ("lacking", "different", True, False),
        ("lacking", "same", False, True),
        ("same", "fails", False, False),
        ("fails", "same", False, False),
        ("fails", "different", False, False),
        ("error", "different", False, False),
        ("same", "error", False, False),
        ("same", "not-run", False, False),
    ],
)
def test_worse_is_what_did_as_it_should_and_does_something_else(
    make: Maker, before: str, after: str, *, regression: bool, improvement: bool
) -> None:
    change = only(make, KINDS[before], KINDS[after])
    assert (change.regression, change.improvement) == (regression, improvement)
    assert change.kind is Kind.CHANGED


@pytest.mark.parametrize("after", ["fails", "error", "not-run", None])
def test_what_says_nothing_any_more_is_worse_if_asked_for(make: Maker, after: str | None) -> None:
    runs = [run_of(make, {"then": {}}), run_of(make, {"then": KINDS[after]} if after else {})]
    assert not compare(*runs).worse
    assert compare(*runs, gone_is_worse=True).worse


def test_the_words_say_what_it_does_otherwise_that_it_did_not(make: Maker) -> None:
    assert only(make, KINDS["same"], KINDS["different"]).what == (
        "same → different",
        "as expected → unexpectedly different",
        "new: what a request says place_order.limit: 187.5 → 187.49",
    )
    assert only(make, KINDS["fails"], KINDS["same"]).what == ("nobody can tell (fails) → same",)
    assert only(make, KINDS["different"], KINDS["fails"]).what == ("different → nobody can tell (fails)",)


def test_a_further_difference_is_new_and_one_that_moves_with_prices_is_not(make: Maker) -> None:
    moved = replace(DIFFERENCE, before="188.0", after="187.99")
    before, after = ({**KINDS["different"], "differences": each} for each in ((DIFFERENCE,), (moved, ENDED)))
    assert only(make, before, after).what == ("new: how it ended: exit code 0 → was ended after 4.1 s",)
    assert only(make, after, before).what == ("no longer: how it ended: exit code 0 → was ended after 4.1 s",)


@pytest.mark.parametrize(("kind", "where"), [("what it wrote", "found # of #"), ("an exception", "TypeError")])
def test_a_line_that_it_wrote_is_told_once(kind: str, where: str) -> None:
    found = ProgramDifference(kind=kind, where=where, before="nothing", after="found 3 of 4")
    assert difference_line(found) == f"{kind}: nothing → found 3 of 4"
    assert difference_line(DIFFERENCE) == "what a request says place_order.limit: 187.5 → 187.49"


@pytest.mark.parametrize(("end", "count"), [("was ended after 6.0 s", 0), ("exit code 3", 2)])
def test_another_end_is_another_difference_but_for_its_seconds(make: Maker, end: str, count: int) -> None:
    before, after = ({**KINDS["different"], "differences": (each,)} for each in (ENDED, replace(ENDED, after=end)))
    assert len(only(make, before, after).what) == count


def test_what_it_asks_and_how_it_ends_is_told_though_it_does_the_same_as_today(make: Maker) -> None:
    asked = (
        RequestCount(name="req_positions", outcome="answered", count=7),
        RequestCount(name="req_pnl", outcome="refused", count=1),
    )
    change = only(make, {}, {"requests": asked, "end": "exit code 4", "server_versions": (187,)})
    assert change.what == (
        "now asks req_pnl (refused)",
        "server version 178 → 187",
        "end: exit code 0 → exit code 4",
    )
    assert change.kind is Kind.CHANGED
    assert not change.regression


def test_another_reason_for_which_nobody_can_tell_is_told_but_for_its_numbers(make: Maker) -> None:
    no = {"finding": Finding.FAILS, "status": Status.SKIPPED}
    first, again, other = ({**no, "reason": said} for said in ("no 1 at 10.1", "no 2 at 10.2", "never"))
    assert only(make, first, again).kind is Kind.UNCHANGED
    assert only(make, first, other).what == ("reason: no 1 at 10.1 → never",)


def test_what_is_new_and_gone_is_named(make: Maker) -> None:
    before, after = run_of(make, {"old": {}, "both": {}}), run_of(make, {"both": {}, "new": KINDS["different"]})
    found = compare(before, after)
    assert {change.cell: change.kind for change in found.programs} == {
        "bot/new": Kind.ADDED,
        "bot/old": Kind.GONE,
        "bot/both": Kind.UNCHANGED,
    }
    assert not found.worse
