"""The page for a job's summary: everything where it fits, whole rows and whole reds where it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.views.export.job_summary import LIMIT, job_summary, link_of
from tests.results.compare.changing import with_cell
from tests.results.program_cells import KINDS as PROGRAMS
from tests.results.program_cells import program_of, with_programs
from tests.views.export.conftest import KINDS, NASTY, counted

if TYPE_CHECKING:
    from harness.results.results_model import Results

LINK = "https://github.com/o/r/actions/runs/7"


def many(run: Results, rows: int) -> Results:
    """The run with so many rows more, all red, each with words of its own."""
    name, cell = f"ib_async==2.1.0/py3.10/{next(iter(KINDS))}", next(iter(run.cells.values()))
    del name
    more = {
        f"ib_async==9.{number}/py3.10/pass": replace(
            replace(cell, **KINDS["fail"]), row=f"ib_async==9.{number}/py3.10", reason=f"{NASTY} {number} {'x' * 500}"
        )
        for number in range(rows)
    }
    return counted(replace(run, cells={**run.cells, **more}))


def table(page: str) -> list[str]:
    return [line for line in page.splitlines() if line.startswith("|")]


def test_the_whole_is_there_where_it_fits(run: Results) -> None:
    page = job_summary(run)

    assert page.startswith("# ib-compat: ! the run does not answer the question\n")
    assert len(table(page)) == 4
    assert "### ib\\_async==2.1.0/py3.10: fail at ready" in page
    assert "## Red, as expected" in page
    assert "Left out" not in page


def test_what_was_said_makes_no_markup_of_its_own(run: Results) -> None:
    page = job_summary(run)

    assert "<b>" not in page
    assert "| a | b |" not in table(page)
    assert "\\| a \\| b \\|" in page


@pytest.mark.slow
def test_it_stays_under_the_limit_of_github_with_a_link_to_the_whole(run: Results) -> None:
    page = job_summary(many(run, 3_000), link=LINK)

    assert LIMIT // 2 < len(page.encode()) < LIMIT
    assert f"; [the whole]({LINK})." in page.splitlines()[-1]


@pytest.mark.parametrize("limit", [2_500, 4_000, 6_000, 10_000, 20_000])
def test_rows_and_reds_are_left_out_whole_and_counted(run: Results, limit: int) -> None:
    results = many(run, 40)
    whole, page = job_summary(results), job_summary(results, limit=limit)

    assert len(page.encode()) < limit
    lines = set(whole.splitlines())
    assert [line for line in page.splitlines() if line not in lines] == [page.splitlines()[-1]]
    left_out = 42 + 2 - len(table(page)) if table(page) else 42
    assert (f"{left_out} rows of the grid" in page) == bool(left_out)
    assert f"the whole is in run {run.run.id}." in page


def test_the_unexpected_are_the_last_to_be_left_out(run: Results) -> None:
    results = with_cell(run, "ib_async==1.0.3/py3.10/pass", **KINDS["fail"])
    page = job_summary(counted(results), limit=3_500)

    assert "## Not as expected" in page
    assert "## Red, as expected" not in page


def test_a_run_without_cells_has_a_page(run: Results) -> None:
    assert "0 cells" in job_summary(counted(replace(run, cells={})))


def test_the_link_is_the_job_s_own() -> None:
    job = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "7"}

    assert link_of(job) == LINK
    assert link_of({"GITHUB_SERVER_URL": "https://github.com"}) is None


def test_programs_have_a_table_and_those_that_are_not_as_expected_are_told_of_with_the_reds(run: Results) -> None:
    page = job_summary(with_programs(run, bot=program_of(PROGRAMS)))

    assert "1 program, 8 cells" in page
    assert "\n| bot" in page
    unexpected, expected = page.split("\n## Not as expected\n")[1].split("\n## Red, as expected\n")
    for kind in ("different", "surprise", "fails", "error", "not-run"):
        assert f"\n### bot at {kind}: " in unexpected
    assert "\n* bot at known: does not do the same" in expected
    assert "\n* bot at lacking: nobody can tell" in expected
    assert "* what a request says place\\_order.limit: 187.5 → 187.49" in unexpected
    assert "`ib-compat run --program bot --gateway different`" in unexpected


def test_a_run_with_programs_alone_counts_no_cells(run: Results) -> None:
    page = job_summary(counted(replace(with_programs(run, bot=program_of(PROGRAMS)), cells={})))

    assert "0 cells" not in page
    assert "| row" not in page


@pytest.mark.parametrize("limit", [2_500, 4_000, 6_000])
def test_rows_of_programs_are_left_out_whole_and_counted(run: Results, limit: int) -> None:
    programs = {f"bot{number}": program_of(PROGRAMS, row=f"bot{number}") for number in range(40)}
    page = job_summary(with_programs(run, **programs), limit=limit)

    left_out = 40 - sum(line.startswith("| bot") for line in page.splitlines())
    assert f"{left_out} rows of programs" in page.splitlines()[-1]
    assert len(page.encode()) < limit
