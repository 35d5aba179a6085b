"""Progress: a line for each finished cell, and a board on a terminal."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from harness.results.judge import judge
from harness.shared.evidence import CellOutcome, CheckRecord
from harness.shared.status import Status
from harness.views.terminal.live_board import Board
from harness.views.terminal.progress import LineProgress
from harness.views.terminal.style import Style

if TYPE_CHECKING:
    from harness.run.observer import Observer
    from tests.conftest import Maker

MORE = (
    "[[gateway]]\nproduct = 'tws'\nversion = '10.37'\nkind = 'simulator'\n"
    "[[gateway]]\nproduct = 'tws'\nversion = '1'\nmode = 'live'\nkind = 'address'\nport = 7496\n"
    "[[expect]]\ngateway = 'tws-10.37-*'\ncheck = 'import'\nstatus = 'fail'\nreason = 'known'\n"
    "since = 2026-01-01\nreview = 2026-07-01\n"
)


def watch(observer: Observer, make: Maker) -> None:
    """A run of a pass and an expected red."""
    plan = make.plan(MORE)
    passing, red = plan.asked
    failed = (CheckRecord(name="install", status=Status.PASS), CheckRecord(name="import", status=Status.FAIL))
    observer.plan_ready(plan)
    observer.note("control: tws-10.37-paper answers")
    for cell in plan.asked:
        observer.cell_started(cell)
    for cell, outcome in (
        (passing, make.outcome(passing)),
        (red, CellOutcome(cell=red.id, checks=failed, seconds=1.25)),
    ):
        observer.cell_finished(cell, outcome, judge(cell, outcome, make.gateway()))


LINES = [
    "2 cells: 1 row against 3 gateways; 1 more skipped.",
    "control: tws-10.37-paper answers",
    "[1/2] ✓ ib_async==2.1.0/py3.10/gateway-10.45-paper 178 0.12 s",
    "[2/2] (✗) ib_async==2.1.0/py3.10/tws-10.37-paper fail at import 1.25 s",
]


def test_a_line_for_each_finished_cell(make: Maker) -> None:
    stream = io.StringIO()

    watch(LineProgress(stream, Style()), make)

    assert stream.getvalue().splitlines() == LINES


def test_lines_are_ascii_where_the_stream_is(make: Maker) -> None:
    stream = io.StringIO()

    watch(LineProgress(stream, Style(unicode=False)), make)

    assert stream.getvalue().isascii()
    assert "[1/2] + ib_async" in stream.getvalue()


@pytest.mark.parametrize("colour", [True, False])
def test_the_board_keeps_the_lines_and_shows_how_it_stands(make: Maker, *, colour: bool) -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=100, color_system="standard" if colour else None)

    with Board(console, Style(colour=colour)) as board:
        watch(board, make)
        board.cell_started(make.plan(MORE).asked[0])
        console.print(board._draw())

    text = stream.getvalue()
    for line in LINES if not colour else LINES[:2]:
        assert line in text
    assert "2/2" in text
    assert ("\x1b[32m✓ 1" if colour else "✓ 1  ✗ 1") in text
    assert "running 1: ib_async==2.1.0/py3.10/gateway-10.45-paper" in text


def test_the_board_names_a_few_running_cells_and_counts_the_rest(make: Maker) -> None:
    more = "".join(
        f"[[gateway]]\nname = 'g{number}'\nproduct = 'tws'\nversion = '10.37'\nkind = 'simulator'\n"
        for number in range(6)
    )
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=200)
    board = Board(console, Style())
    plan = make.plan(more)

    board.plan_ready(plan)
    for cell in plan.asked:
        board.cell_started(cell)
    console.print(board._draw())

    assert "running 7: " in stream.getvalue()
    assert "… and 3 more" in stream.getvalue()


def test_nothing_of_the_board_is_left_when_it_ends(make: Maker) -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=100)

    with Board(console, Style()) as board:
        board.plan_ready(make.plan())

    assert stream.getvalue().endswith("\x1b[2K"), "the board's lines are erased"
