"""The page for a job's summary: everything where it fits, whole rows and whole reds where it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.views.export.job_summary import LIMIT, job_summary, link_of
from tests.results.compare.changing import with_cell
from tests.views.export.conftest import KINDS, NASTY, counted

if TYPE_CHECKING:
    from harness.results.results_model import Results

LINK = "https://github.com/o/r/actions/runs/7"


def many(run: Results, rows: int) -> Results:
    """The run with so many rows more, all red, each with words of its own."""
    name, cell = f"ib_async==2.1.0/py3.10/{next(iter(KINDS))}", next(iter(run.cells.values()))
    del name
    more = {
        f"ib_async==9.{number}/py3.10/pass": cell.model_copy(
            update={**KINDS["fail"], "row": f"ib_async==9.{number}/py3.10", "reason": f"{NASTY} {number} {'x' * 500}"}
        )
        for number in range(rows)
    }
    return counted(run.model_copy(update={"cells": {**run.cells, **more}}))


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
    assert "0 cells" in job_summary(counted(run.model_copy(update={"cells": {}})))


def test_the_link_is_the_job_s_own() -> None:
    job = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "7"}

    assert link_of(job) == LINK
    assert link_of({"GITHUB_SERVER_URL": "https://github.com"}) is None
