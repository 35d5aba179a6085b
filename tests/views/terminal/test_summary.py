"""The page at the end of a run, and ``grid.md``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.known.gateway_versions import end_of
from harness.shared.evidence import CellOutcome, CheckRecord, RunOutcome
from harness.shared.status import Status
from harness.views.terminal.markdown import draw_markdown
from harness.views.terminal.style import Style
from harness.views.terminal.summary import counts_line, draw_summary

if TYPE_CHECKING:
    from harness.results.results_model import Results
    from tests.conftest import Maker

MORE = (
    "[[gateway]]\nproduct = 'tws'\nversion = '10.37'\nkind = 'simulator'\n"
    "[[gateway]]\nproduct = 'tws'\nversion = '10.45'\nkind = 'simulator'\n"
    "[[expect]]\ngateway = 'tws-10.37-*'\ncheck = 'import'\nstatus = 'fail'\nreason = 'known since spring'\n"
    "since = 2026-01-01\nreview = 2026-07-01\n"
)
HOSTILE = "a|b `c` <script>alert(1)</script> *d* \x1b[31m"


def results_of(make: Maker, red: str = "No module named 'google'") -> Results:
    """A pass, an expected red whose review is overdue, and an unexpected timeout."""
    plan = make.plan(MORE)
    passing, expected, unexpected = plan.cells
    failed = (
        CheckRecord(name="install", status=Status.PASS),
        CheckRecord(name="import", status=Status.FAIL, reason=red),
    )
    checks = make.checks(unexpected, positions=CheckRecord(name="positions", status=Status.TIMEOUT, reason="silence"))
    outcomes = (
        make.outcome(passing),
        CellOutcome(cell=expected.id, checks=failed),
        make.outcome(unexpected, checks=checks, exit_code=1),
    )
    met = tuple(make.gateway(gateway.name) for gateway in plan.gateways)
    return make.results(plan, RunOutcome(outcomes=outcomes, gateways=met))


@pytest.fixture
def page(make: Maker) -> str:
    folder = Path("results", "20261120T101112Z-ab12")
    return draw_summary(results_of(make), folder, width=80, style=Style())


def test_counts_say_how_it_went(make: Maker) -> None:
    assert counts_line(results_of(make)) == (
        "3 cells in 7.4 s: 1 pass, 1 fail, 1 timeout; 2 as expected, 1 unexpectedly red."
    )


def test_counts_say_what_is_missing(make: Maker) -> None:
    interrupted = make.results(make.plan(), RunOutcome(outcomes=(), gateways=(), interrupted=True))

    assert counts_line(interrupted) == (
        "1 cell in 7.4 s: 1 not-run; 1 unexpectedly red. "
        "Interrupted at 0 of 1; `ib-compat run --resume 20261120T101112Z-ab12` asks the rest."
    )


def test_no_command_resumes_what_was_merged(make: Maker) -> None:
    interrupted = make.results(make.plan(), RunOutcome(outcomes=(), gateways=(), interrupted=True))
    run = replace(interrupted.run, parts=["20261120T101112Z-cd34"])

    assert counts_line(replace(interrupted, run=run)).endswith("Interrupted at 0 of 1.")


def test_each_red_square_has_reason_evidence_and_rerun_command(page: str) -> None:
    verdict = "nobody saw whether the gateway answered, at fault: unknown, possible [nobody-saw]"
    assert f"⧗ ib_async==2.1.0/py3.10: timeout at positions silence ({verdict})" in " ".join(page.split())
    assert "  tws-10.45-paper: results/20261120T101112Z-ab12/cells/ib_async==2.1.0/py3.10/tws-10.45-paper\n" in page
    assert '    nox -s "compat(ib_async==2.1.0/py3.10)" -- --gateway tws-10.45-paper' in page
    assert page.count("nox -s") == 2, "a pass needs no words"


def test_expected_reds_come_last_with_the_rule_that_expects_them(page: str) -> None:
    headline = "(✗) ib_async==2.1.0/py3.10: fail at import, as expected by [[expect]] 1: known\n  since spring\n"

    assert page.index("timeout at positions") < page.index(headline)
    assert "tws-10.37-paper: no evidence was left" in page


def test_a_red_against_its_expectation_says_what_was_expected(make: Maker) -> None:
    plan = make.plan(MORE.replace("tws-10.37-*", "*"))
    run = RunOutcome(
        outcomes=tuple(
            make.outcome(cell, checks=make.checks(cell, tcp=CheckRecord(name="tcp", status=Status.FAIL)))
            if cell.gateway.product == "tws"
            else make.outcome(cell)
            for cell in plan.cells
        ),
        gateways=tuple(make.gateway(gateway.name) for gateway in plan.gateways),
    )

    page = draw_summary(make.results(plan, run), Path("results"), width=80, style=Style())

    assert "✗ ib_async==2.1.0/py3.10: fail at tcp\n" in page
    assert "  also pass at import, though [[expect]] 1 says fail at import\n" in page
    assert "✓* ib_async==2.1.0/py3.10: pass, though [[expect]] 1 says fail at import\n  known since spring\n" in page
    assert "*  a check passes, though the matrix file expects otherwise" in page


def test_a_cell_that_passes_though_any_red_was_expected_says_so(make: Maker) -> None:
    page = draw_summary(
        make.results(make.plan(MORE.replace("check = 'import'\n", ""))), Path("results"), width=80, style=Style()
    )

    assert "✓* ib_async==2.1.0/py3.10: pass, though [[expect]] 1 says fail\n  known since spring\n" in page


def test_every_check_that_did_not_pass_is_told(make: Maker) -> None:
    plan = make.plan(MORE.replace("check = 'import'", "check = ['positions', 'executions']"))
    (cell,) = (cell for cell in plan.cells if cell.gateway.name == "tws-10.37-paper")
    checks = make.checks(
        cell,
        positions=CheckRecord(name="positions", status=Status.FAIL, reason="none came"),
        executions=CheckRecord(name="executions", status=Status.TIMEOUT, reason="silence"),
        close=CheckRecord(name="close", status=Status.FAIL, reason="a socket was left"),
    )
    outcome = make.outcome(cell, checks=checks, exit_code=1)

    page = draw_summary(
        make.results(plan, RunOutcome(outcomes=(outcome,), gateways=(make.gateway("tws-10.37-paper"),))),
        Path("results"),
        width=120,
        style=Style(),
    )

    assert (
        "⧗ ib_async==2.1.0/py3.10: timeout at executions, though [[expect]] 1 says fail at positions and executions\n"
        "  silence (nobody saw whether the gateway answered, at fault: unknown, possible [nobody-saw])\n"
        "  also fail at positions, as expected by [[expect]] 1: known since spring\n"
        "  also fail at close: a socket was left (the library fails although the gateway answers, at fault: library, "
        "likely\n"
        "  [library-fails])\n"
    ) in page


def with_unsupported(make: Maker) -> Results:
    """Three passing cells with checks that could not be asked, for reasons of their own."""
    plan = make.plan(MORE.replace("check = 'import'", "check = 'close'").replace("'fail'", "'pass'"))
    gates = [record("positions", f"needs server version {197 + number}, negotiated 178") for number in range(3)]
    missing = record("executions", "the library has no reqExecutions")
    outcomes = tuple(
        make.outcome(cell, checks=make.checks(cell, positions=gate, executions=missing))
        for cell, gate in zip(plan.cells, gates, strict=True)
    )
    met = tuple(make.gateway(gateway.name) for gateway in plan.gateways)
    return make.results(plan, RunOutcome(outcomes=outcomes, gateways=met))


def record(name: str, reason: str) -> CheckRecord:
    return CheckRecord(name=name, status=Status.UNSUPPORTED, reason=reason)


def test_checks_that_could_not_be_asked_are_marked_counted_and_explained(make: Maker) -> None:
    results = with_unsupported(make)

    page = draw_summary(results, Path("results"), width=200, style=Style())

    assert page.count("✓ 178∅") == 3
    assert "∅  after a version: some checks cannot be asked there, as predicted\n" in page
    assert "3 pass; 3 as expected; unsupported checks: 6." in page
    assert "Unsupported, as predicted: executions in 3 cells: the library has no reqExecutions (3)\n" in page
    assert "positions in 3 cells: needs server version 197, negotiated 178 (1); needs server version 198" in page
    assert "nox -s" not in page, "it is no red"
    assert "Unsupported, as predicted: executions in 3 cells" in draw_markdown(results)


def test_few_reasons_are_told_of_a_check_that_could_not_be_asked(make: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.views.terminal.summary._REASONS", 2)

    page = draw_summary(with_unsupported(make), Path("results"), width=200, style=Style())

    assert "needs server version 198, negotiated 178 (1); other reasons (1)\n" in page


def test_an_answer_that_was_predicted_not_to_come_is_told(make: Maker) -> None:
    plan = make.plan()
    answered = CheckRecord(
        name="positions",
        status=Status.DEGRADED,
        reason="answered, though it needs server version 197 and 178 was negotiated",
        detail={"predicted": "unsupported"},
    )
    outcome = make.outcome(plan.cells[0], checks=make.checks(plan.cells[0], positions=answered), exit_code=1)
    results = make.results(plan, RunOutcome(outcomes=(outcome,), gateways=(make.gateway(),)))

    page = draw_summary(results, Path("results"), width=120, style=Style())

    assert "≈ ib_async==2.1.0/py3.10: degraded at positions\n  answered, though it needs server version 197" in page


def test_alike_reds_of_a_row_share_their_reason(make: Maker) -> None:
    plan = make.plan(MORE)
    run = RunOutcome(
        outcomes=tuple(CellOutcome(cell=cell.id, worker_error="it broke") for cell in plan.cells), gateways=()
    )

    page = draw_summary(make.results(plan, run), Path("results"), width=80, style=Style())

    assert page.count("it broke") == 1
    assert page.count("nox -s") == 3


@pytest.mark.parametrize(("interrupted", "commands"), [(True, 0), (False, 1)])
def test_what_an_interruption_left_is_not_listed(make: Maker, *, interrupted: bool, commands: int) -> None:
    results = make.results(make.plan(), RunOutcome(outcomes=(), gateways=(), interrupted=interrupted))

    page = draw_summary(results, Path("results"), width=80, style=Style())

    assert page.count("nox -s") == commands
    assert "1 not-run" in page


def test_an_expectation_past_its_review_is_named(page: str) -> None:
    assert "[[expect]] 1 was due for review by 2026-07-01: known since spring" in page


def test_an_expectation_that_no_check_needed_is_named(make: Maker) -> None:
    plan = make.plan(MORE.replace("tws-10.37-*", "tws-10.73-*"))
    line = "[[expect]] 1 (fail at import) applied to no check of this run: known since spring"

    assert line in draw_summary(make.results(plan), Path("results"), width=120, style=Style())
    assert line.replace("[", "\\[").replace("]", "\\]") in draw_markdown(make.results(plan))
    assert "applied to no check" not in draw_summary(results_of(make), Path("results"), width=120, style=Style())


def test_the_legend_explains_what_is_in_the_grid_and_nothing_else(page: str) -> None:
    assert "✓  every check passed, with the negotiated server version" in page
    assert "( )  red, as the matrix file expects" in page
    assert "not possible, as predicted" not in page


def test_where_simulated_versions_come_from_is_told(page: str) -> None:
    assert "Simulated server version inferred: gateway-10.45-paper" in page


def test_the_day_on_which_a_gateway_stops_working_is_told_with_who_says_so(make: Maker) -> None:
    end = end_of("10.45")
    assert end is not None
    page = draw_summary(make.results(), Path("results"), width=2000, style=Style())
    line = f"Desupported on {end.day}, when at least {end.minimum} is needed: gateway-10.45-paper"
    assert line in page
    assert f"source: {end.source}; seen {end.seen}" in page


def test_prose_keeps_to_the_width(page: str) -> None:
    below = page[page.index("✓  every") : page.index("⧗ ib_async")]

    assert max(map(len, below.splitlines())) <= 80


def test_without_unicode_the_page_is_ascii(make: Maker) -> None:
    page = draw_summary(results_of(make, red="caf\xe9 ≤ …"), Path("results"), width=80, style=Style(unicode=False))

    assert page.isascii()


def test_a_library_cannot_move_the_cursor(make: Maker) -> None:
    page = draw_summary(results_of(make, red=HOSTILE), Path("results"), width=80, style=Style())

    assert "\x1b" not in page


def test_markdown_has_the_same_squares(make: Maker) -> None:
    page = draw_markdown(results_of(make))

    assert "| ib\\_async==2.1.0/py3.10 | 157-178" in page
    assert "✓ 178" in page
    assert "(✗) import" in page
    assert "⧗ 178 positions" in page
    assert "[evidence](<cells/ib_async==2.1.0/py3.10/tws-10.45-paper>)" in page
    assert '`nox -s "compat(ib_async==2.1.0/py3.10)" -- --gateway tws-10.45-paper' in page


def test_markdown_shows_hostile_text_as_it_is(make: Maker) -> None:
    page = draw_markdown(results_of(make, red=HOSTILE))

    assert "<script" not in page
    assert "a\\|b \\`c\\` &lt;script>" in page
    assert "\x1b" not in page


def test_squares_that_were_not_asked_are_named_with_the_reason(make: Maker) -> None:
    plan = make.plan(MORE)
    told = "no Python 3.10 on this machine"
    outcomes = tuple(CellOutcome(cell=cell.id, skipped=told) for cell in plan.cells)
    results = make.results(plan, RunOutcome(outcomes=outcomes, gateways=()))
    line = "Not asked: ib_async==2.1.0/py3.10/gateway-10.45-paper and 2 more: no Python 3.10 on this machine"

    assert line in draw_summary(results, Path("results", "run"), width=120, style=Style())
    assert told in draw_markdown(results)
