"""The grid: readable whatever its width."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.plan.matrix.expect import Verdict
from harness.shared.evidence import CheckRecord, RunOutcome
from harness.shared.status import Status
from harness.views.terminal.grid import LEAST_WIDTH, Column, _blocks, client_range, column_header, draw_grid, square
from harness.views.terminal.style import Style

if TYPE_CHECKING:
    from harness.results.results_model import Results
    from tests.conftest import Maker

OTHER_COLUMNS = [
    *(("gateway", f"10.{minor}") for minor in (19, 30, 37, 39, 40, 41, 43, 46, 50)),
    *(("tws", f"10.{minor}") for minor in (30, 37, 45)),
]


def gateways(columns: list[tuple[str, str]]) -> str:
    return "".join(
        f"[[gateway]]\nproduct = '{product}'\nversion = '{version}'\nkind = 'simulator'\n"
        for product, version in columns
    )


@pytest.fixture
def results(make: Maker) -> Results:
    """One row against a column of each kind, the last one red at import."""
    plan = make.plan("[[gateway]]\nproduct = 'tws'\nversion = '10.37'\nkind = 'simulator'\n")
    passing, red = plan.cells
    failed = (CheckRecord(name="install", status=Status.PASS), CheckRecord(name="import", status=Status.FAIL))
    outcomes = (make.outcome(passing), make.outcome(red, checks=failed, negotiated=None, announced=None))
    met = (make.gateway(), make.gateway("tws-10.37-paper", server_version=203))
    return make.results(plan, RunOutcome(outcomes=outcomes, gateways=met))


def test_a_grid_shows_range_maximum_version_and_stage(results: Results) -> None:
    assert draw_grid(results, width=80, style=Style()) == (
        "--------------  -------  -------  --------\n"
        "library         client   gateway  tws\n"
        "                speaks   10.45    10.37\n"
        "                         paper    paper\n"
        "                         ≤ 223    ≤ 203\n"
        "--------------  -------  -------  --------\n"
        "ib_async 2.1.0  157-178  ✓ 178    ✗ import\n"
        "--------------  -------  -------  --------"
    )


def test_without_unicode_a_grid_is_ascii(results: Results) -> None:
    drawn = draw_grid(results, width=80, style=Style(unicode=False))

    assert drawn.isascii()
    assert "+ 178" in drawn
    assert "x import" in drawn
    assert "<= 223" in drawn


def test_colour_does_not_move_a_column(results: Results) -> None:
    painted = draw_grid(results, width=80, style=Style(colour=True))

    assert "\x1b[31m✗ import\x1b[0m" in painted
    assert painted.replace("\x1b[31m", "").replace("\x1b[32m", "").replace("\x1b[0m", "") == draw_grid(
        results, width=80, style=Style()
    )


def test_the_default_columns_are_readable_at_80(make: Maker) -> None:
    results = make.results(make.plan(gateways(OTHER_COLUMNS)))

    drawn = draw_grid(results, width=80, style=Style())

    assert max(map(len, drawn.splitlines())) <= 80
    assert drawn.count("✓ 178") == 12
    assert drawn.count("✓ 176") == 1, "an older gateway speaks no more"
    assert len(drawn.split("\n\n")) <= 3


@pytest.mark.parametrize(
    ("widths", "room", "sizes"),
    [
        ([7] * 13, 51, [5, 5, 3]),
        ([7] * 12, 51, [4, 4, 4]),
        ([7] * 4, 25, [2, 2]),
        ([7] * 4, 34, [4]),
        ([1, 1, 1, 1, 10, 10], 10, [4, 1, 1]),
        ([9, 9], 3, [1, 1]),
        ([], 80, []),
    ],
)
def test_columns_are_in_as_few_blocks_as_fit_and_those_alike_in_size(
    widths: list[int], room: int, sizes: list[int]
) -> None:
    columns = [Column("", (), width) for width in widths]

    assert [len(block) for block in _blocks([], columns, room)] == sizes


def test_a_gateway_by_another_name_is_headed_by_it(results: Results) -> None:
    gateway = next(iter(results.gateways.values()))

    assert column_header("my-own-gateway", gateway) == "my-own-\ngateway\n≤ 223"
    assert column_header("gateway-10.45-paper", gateway) == "gateway\n10.45\npaper\n≤ 223"


def test_what_nobody_measured_is_not_shown(results: Results) -> None:
    unmet = replace(next(iter(results.gateways.values())), server_version=None)
    red = list(results.cells.values())[-1]

    assert column_header("gateway-10.45-paper", unmet) == "gateway\n10.45\npaper"
    assert client_range([red]) == ""


def test_a_long_square_takes_two_lines(results: Results) -> None:
    cell = list(results.cells.values())[-1]
    expected = replace(cell, expected=replace(cell.expected, verdict=Verdict.AS_EXPECTED))

    drawn = draw_grid(
        replace(results, cells={**results.cells, "ib_async==2.1.0/py3.10/tws-10.37-paper": expected}),
        width=80,
        style=Style(colour=True),
    )

    assert "\x1b[31m(✗)\x1b[0m" in drawn
    assert "\x1b[31mimport\x1b[0m" in drawn


def test_the_python_is_shown_where_there_are_several(make: Maker) -> None:
    more = "[[library]]\nadapter = 'ib_insync'\nversions = ['0.9.86']\npythons = ['3.13']\n"

    drawn = draw_grid(make.results(make.plan(more)), width=80, style=Style())

    assert "ib_async 2.1.0" in drawn
    assert "py3.10" in drawn
    assert "py3.13" in drawn


def test_a_cell_that_is_absent_is_an_empty_square(results: Results) -> None:
    cells = dict(list(results.cells.items())[:1])

    drawn = draw_grid(replace(results, cells=cells), width=80, style=Style())

    assert drawn.splitlines()[6].rstrip() == "ib_async 2.1.0  157-178  ✓ 178"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "✓ 178"),
        ({"status": Status.FAIL, "stage": "account_summary"}, "✗ 178 account"),
        ({"status": Status.TIMEOUT, "stage": "ready"}, "⧗ 178 ready"),
        ({"status": Status.DEGRADED, "stage": "open_orders"}, "≈ 178 orders"),
        ({"status": Status.NOT_RUN, "stage": None, "negotiated": None}, "?"),
        ({"status": Status.SKIPPED, "negotiated": None}, "·"),
        ({"status": Status.UNSUPPORTED, "stage": "a_long_name_of_a_check", "negotiated": None}, "∅ a_long_name_"),
        ({"status": Status.UNSUPPORTED, "stage": "positions", "unsupported": ["positions"]}, "∅ 178∅ positions"),
        ({"status": Status.PASS, "unsupported": ["positions", "executions"]}, "✓ 178∅"),
        ({"status": Status.DEGRADED, "stage": "open_orders", "unsupported": ["positions"]}, "≈ 178∅ orders"),
    ],
)
def test_what_a_square_says(changes: dict[str, Any], text: str, results: Results) -> None:
    cell = next(iter(results.cells.values()))
    wrong = replace(cell.expected, verdict=Verdict.UNEXPECTED_FAIL)
    update = {"expected": wrong, **changes} if changes else changes

    assert square(replace(cell, **update), Style()) == text


_words = st.text("abc-_.0189", min_size=1, max_size=40).map(lambda text: f"x{text}")
_stages = st.sampled_from(["import", "account_summary", "current_time", "a" * 30, "ready"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    names=st.lists(_words, min_size=1, max_size=9, unique=True),
    library=_words,
    version=_words,
    status=st.sampled_from(Status),
    stage=_stages,
    width=st.integers(0, 200),
)
def test_no_line_is_wider_than_there_is_room(  # noqa: PLR0917 - what a grid is drawn from
    results: Results, names: list[str], library: str, version: str, status: Status, stage: str, width: int
) -> None:
    gateway = next(iter(results.gateways.values()))
    cell = next(iter(results.cells.values()))
    requested = replace(cell.requested, version=version)
    drawn_cell = replace(cell, library=library, requested=requested, status=status, stage=stage)
    drawn = draw_grid(
        replace(
            results,
            gateways=dict.fromkeys(names, gateway),
            cells={f"{cell.row}/{name}": drawn_cell for name in names},
        ),
        width=width,
        style=Style(),
    )

    assert max(map(len, drawn.splitlines())) <= max(width, LEAST_WIDTH)
    assert drawn.count(Style().mark(status, cell.expected.verdict)) >= len(names)
