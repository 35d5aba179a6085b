"""What a program may move to, by the runs that tried it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.programs.itself import ProgramItself
from harness.results.decide.program_decision import (
    gateway_moves,
    gateways_named,
    library_pins,
    programs_named,
    without_bisections,
)
from harness.results.decide.row_judging import Standing
from harness.results.program_results import ProgramSeen
from harness.results.results_model import Results
from harness.shared.errors import SelectionError
from harness.shared.status import Finding
from harness.views.terminal.program_decision_page import draw_library_pins
from tests.results.decide.program_runs import BEGAN, OLD, TODAY, cell, run, seen

NEW = "ib_async==2.1.0"
THEN, LATER = "gateway-10.45-paper", "gateway-10.51-paper"
SAME, OTHER, LACKS = Finding.SAME, Finding.DIFFERENT, Finding.LACKING


@pytest.mark.parametrize(
    ("one", "other", "standing"),
    [
        (SAME, SAME, Standing.WORKS),
        (SAME, OTHER, Standing.BREAKS),
        (OTHER, SAME, Standing.BREAKS),
        (OTHER, OTHER, Standing.UNKNOWN),
        (SAME, LACKS, Standing.UNKNOWN),
        (LACKS, SAME, Standing.UNKNOWN),
        (SAME, None, Standing.UNKNOWN),
    ],
)
def test_a_move_is_safe_if_both_do_what_is_done_today(one: Finding, other: Finding | None, standing: Standing) -> None:
    tried = run({f"bot/{OLD}/{TODAY}": SAME, f"bot/{OLD}/{THEN}": one, f"bot/{OLD}/{LATER}": other})
    (move,) = gateway_moves([tried], "bot", [THEN], [LATER])
    assert (move.standing, bool(move.why)) == (standing, True)


def test_the_same_server_version_is_said() -> None:
    (move,) = gateway_moves([run({f"bot/{OLD}/{TODAY}": SAME, f"bot/{OLD}/{THEN}": SAME})], "bot", [TODAY], [THEN])
    assert move.same_wire == (178,)


def test_both_come_from_one_run_the_newest_that_tried_both() -> None:
    both = {f"bot/{OLD}/{TODAY}": SAME, f"bot/{OLD}/{THEN}": SAME}
    runs = [run({f"bot/{OLD}/{TODAY}": OTHER}, day=9), run(both, day=5), run({**both, f"bot/{OLD}/{THEN}": OTHER})]
    (move,) = gateway_moves(runs, "bot", [TODAY], [THEN])
    assert (move.run, move.standing) == (runs[1].run.id, Standing.WORKS)


def test_what_holds_another_account_is_not_compared() -> None:
    one, other = f"bot/{TODAY}", "bot/mine"
    cells = {name: cell("bot", name.rpartition("/")[2], SAME, compared_with=name) for name in (one, other)}
    bot = ProgramSeen(command=(), rows=("bot",), gateways=(TODAY, "mine"), cells=cells)
    (move,) = gateway_moves([run({}, bot=bot)], "bot", [TODAY], ["mine"])
    assert move.standing is Standing.UNKNOWN


def test_only_the_library_of_today_counts() -> None:
    rows = {f"bot/{library}/{gateway}": SAME for library in (OLD, NEW) for gateway in (TODAY, THEN)}
    moves = list(gateway_moves([run(rows)], "bot", [TODAY], [THEN]))
    assert [move.counts for move in moves] == [True, False]


def test_the_library_of_today_is_that_of_the_newest_run_and_rows_that_are_gone_do_not_count() -> None:
    two = {f"bot/{OLD}/{gateway}": SAME for gateway in (TODAY, THEN)}
    before = run({**two, **{name.replace(OLD, NEW): OTHER for name in two}})
    now = run({}, day=9, bot=seen({f"bot/{NEW}/{TODAY}": SAME}, today=f"bot/{NEW}/{TODAY}"))
    moves = list(gateway_moves([now, before], "bot", [TODAY], [THEN]))
    assert [(move.row, move.counts, move.standing) for move in moves] == [(f"bot/{NEW}", True, Standing.UNKNOWN)]


def test_what_an_earlier_run_compared_with_something_else_pins_nothing() -> None:
    before = run({}, bot=seen({f"bot/{NEW}/{TODAY}": SAME}, today=f"bot/ib_async==2.0.1/{TODAY}"))
    now = run({f"bot/{OLD}/{TODAY}": SAME, f"bot/{NEW}/{TODAY}": None}, day=9)
    (pin,) = library_pins([now, before], "bot", [TODAY])
    assert (pin.version, [version for version, _ in pin.passed_over]) == ("1.0.3", ["2.1.0"])


def of_files(results: Results, digest: str) -> Results:
    """Give the run of a program whose files had a digest; empty if it was not kept."""
    made = ProgramItself(files=digest) if digest else None
    bot = results.programs["bot"]
    cells = {name: replace(each, itself=made) for name, each in bot.cells.items()}
    return replace(results, programs={"bot": replace(bot, cells=cells)})


@pytest.mark.parametrize(
    ("before", "standing"), [("aa", Standing.WORKS), ("", Standing.WORKS), ("bb", Standing.UNKNOWN)]
)
def test_what_a_program_did_before_it_was_edited_proves_nothing(before: str, standing: Standing) -> None:
    name = f"bot/{OLD}"
    earlier = of_files(run({f"{name}/{TODAY}": SAME, f"{name}/{THEN}": SAME}), before)
    now = of_files(run({f"{name}/{TODAY}": SAME}, day=9), "aa")
    (move,) = gateway_moves([now, earlier], "bot", [TODAY], [THEN])
    (pin,) = library_pins([now, earlier], "bot", [THEN])
    assert (move.standing, pin.standing) == (standing, standing)
    if standing is Standing.UNKNOWN:
        assert "the program itself" in move.why
        assert "the program itself changed" in pin.passed_over[0][1]


def test_a_step_of_a_bisection_says_nothing_of_today() -> None:
    tried = run({f"bot/{OLD}/{TODAY}": SAME})
    step = replace(tried, run=replace(tried.run, command=["ib-compat", "bisect", "x"]))
    assert without_bisections([step, tried]) == [tried]


@pytest.mark.parametrize(
    ("findings", "version", "standing", "rejected"),
    [
        ({NEW: SAME, OLD: SAME}, "2.1.0", Standing.WORKS, []),
        ({NEW: OTHER, OLD: SAME}, "1.0.3", Standing.WORKS, ["2.1.0"]),
        ({NEW: OTHER, OLD: OTHER}, "", Standing.BREAKS, ["2.1.0", "1.0.3"]),
        ({NEW: OTHER, OLD: LACKS}, "", Standing.UNKNOWN, ["2.1.0", "1.0.3"]),
        ({NEW: None, OLD: SAME}, "1.0.3", Standing.WORKS, ["2.1.0"]),
    ],
)
def test_the_newest_version_with_which_it_does_the_same_is_pinned(
    findings: dict[str, Finding | None], version: str, standing: Standing, rejected: list[str]
) -> None:
    tried = run({f"bot/{library}/{TODAY}": finding for library, finding in findings.items()})
    (pin,) = library_pins([tried], "bot", [TODAY])
    assert (pin.version, pin.standing, [each for each, _ in pin.passed_over]) == (version, standing, rejected)
    page = draw_library_pins([pin], gateways=[TODAY], now=BEGAN)
    assert (f"\nib_async=={version}\n" in page) is bool(version)


def test_a_pin_holds_for_all_gateways() -> None:
    tried = run({f"bot/{NEW}/{TODAY}": SAME, f"bot/{NEW}/{THEN}": OTHER, f"bot/{OLD}/{TODAY}": SAME})
    (pin,) = library_pins([tried], "bot", [TODAY, THEN])
    assert (pin.version, pin.standing) == ("", Standing.UNKNOWN)


def test_what_no_run_has_is_told() -> None:
    tried = [run({f"bot/{TODAY}": SAME})]
    with pytest.raises(SelectionError, match="bat"):
        programs_named(tried, ["bat"])
    with pytest.raises(SelectionError, match=r"10\.45"):
        gateways_named(tried, "bot", ["gateway-10.45"], "--to")
    with pytest.raises(SelectionError, match="not varied"):
        list(library_pins(tried, "bot", [TODAY]))
    assert gateways_named(tried, "bot", ["10.37"], "--to") == [TODAY]
