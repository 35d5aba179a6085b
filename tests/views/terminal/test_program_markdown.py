"""Programs in ``grid.md``: their grid, and what each square says that needs words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.results.compare import compare
from harness.results.program_results import ProgramDifference
from harness.results.results_model import Unfinished
from harness.views.terminal.markdown import draw_markdown
from harness.views.terminal.program_grid import draw_programs
from harness.views.terminal.style import Style
from harness.views.terminal.summary import draw_summary
from tests.results.compare.changing import counted
from tests.results.program_cells import KINDS, program_of, with_programs

if TYPE_CHECKING:
    from tests.conftest import Maker


@pytest.fixture
def page(make: Maker) -> str:
    return draw_markdown(with_programs(make.results(), bot=program_of(KINDS)))


def test_the_grid_of_programs_is_below_that_of_cells(page: str) -> None:
    cells, programs = (line for line in page.splitlines() if line.startswith(("| row", "| program")))
    assert page.index(cells) < page.index(programs)
    (row,) = (line for line in page.splitlines() if line.startswith("| bot"))
    assert [each.strip() for each in row.strip("|").split("|")] == [
        *("bot", "✓ 178 today", "✗ 178", "(✗) 178", "✓\\* 178", "· fails", "· lacking", "!", "?"),
    ]
    assert "1 program, 8 cells: 2 pass, 2 fail, 1 error, 2 skipped, 1 not-run." in page


def test_what_a_program_does_otherwise_is_there_with_its_files_and_command(page: str) -> None:
    told = page[page.index("## bot at different: does not do the same") :].split("\n## ", maxsplit=1)[0]
    assert "* what a request says place\\_order.limit: 187.5 → 187.49\n" in told
    assert "The last that it wrote:" in told
    assert "[evidence](<programs/bot/different>), `ib-compat run --program bot --gateway different`" in told


@pytest.mark.parametrize(
    "headline",
    [
        "bot at known: does not do the same (other than today: gateway), as \\[\\[program.expect\\]\\] 1 expects",
        "bot at surprise: does the same, though \\[\\[program.expect\\]\\] 1 expects otherwise",
        "bot at fails: nobody can tell: it fails there and today",
        "bot at lacking: nobody can tell: it asks what is not simulated, as \\[\\[program.expect\\]\\] 2 expects",
        "bot at error: could not be run",
        "bot at not-run: was not run",
    ],
)
def test_each_square_that_needs_words_has_a_heading(page: str, headline: str) -> None:
    assert f"\n## {headline}\n" in page


def test_what_a_program_wrote_makes_no_markup(page: str) -> None:
    assert "<b>" not in page
    assert "\n::error" not in page
    assert "\x1b" not in page
    assert "\\| a \\| b \\|" in page


def test_a_run_with_programs_alone_has_no_grid_of_cells(make: Maker) -> None:
    results = replace(with_programs(make.results(), bot=program_of(KINDS)), cells={})
    page = draw_markdown(results)
    assert "| row" not in page
    assert "0 cells" not in page
    assert "| program" in page


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"interrupted": True}, "Interrupted; `ib-compat run --resume 20261120T101112Z-ab12` asks the rest."),
        ({"unfinished": Unfinished.RUNNING}, "Still running."),
        ({"unfinished": Unfinished.DIED}, "Interrupted: it ended without a word; `ib-compat run --resume"),
    ],
)
def test_how_a_run_with_programs_alone_ended_early_is_told_once(make: Maker, facts: dict[str, Any], said: str) -> None:
    results = counted(with_programs(make.results(), bot=program_of(KINDS)), {})
    early = replace(results, run=replace(results.run, **facts))
    page = draw_summary(early, Path("results"), width=300, style=Style())
    for text in (page, draw_markdown(early)):
        assert text.count(f"1 not-run. {said}") == 1
        assert "0 of 0" not in text
        assert "was not run" not in text
    assert compare(early, early).unlike[0].startswith("20261120T101112Z-ab12 was ")
    assert "0 cells" not in compare(early, early).unlike[0]


def test_in_a_terminal_what_is_long_is_cut_and_in_the_file_whole(make: Maker) -> None:
    long = ProgramDifference(kind="what it writes", where="", before="nothing", after=f"Trade({'x' * 5_000})")
    cells = {"different": {**KINDS["different"], "differences": (long,)}}
    results = with_programs(make.results(), bot=program_of(cells))
    terminal = "\n".join(draw_programs(results, width=100, style=Style()))
    assert "Trade(xxx" in terminal
    assert terminal.count("x") < 500
    assert draw_markdown(results).count("x") > 5_000


@pytest.mark.parametrize("kind", ["what it wrote", "a number that it wrote"])
def test_of_two_long_lines_a_terminal_shows_what_differs(make: Maker, kind: str) -> None:
    record = f"Trade({'x' * 5_000}, status={{}}, {'y' * 5_000})"
    before, after = (record.format(status) for status in ("PreSubmitted", "Cancelled"))
    long = ProgramDifference(kind=kind, where=record, before=before, after=after)
    cells = {"different": {**KINDS["different"], "differences": (long,)}}
    terminal = "\n".join(draw_programs(with_programs(make.results(), bot=program_of(cells)), width=100, style=Style()))
    assert "status=PreSubmitted" in terminal
    assert "status=Cancelled" in terminal
    assert terminal.count("x") + terminal.count("y") < 500
