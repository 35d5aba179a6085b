"""Plans: every cell of the matrix is decided on, once."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from harness.plan.build_plan import LIVE_REFUSED, build_plan
from harness.plan.selection import Selection
from harness.shared.errors import MatrixError, SelectionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.plan.matrix.load import Matrix

    MatrixMaker = Callable[..., Matrix]

SIMULATED = [
    "ib_async==2.1.0/py3.10/gateway-10.45-paper",
    "ib_async==1.0.3/py3.10/gateway-10.45-paper",
]
LIVE = ["ib_async==2.1.0/py3.10/tws-10.37-live", "ib_async==1.0.3/py3.10/tws-10.37-live"]

EXCLUDE_OLD = '\n[[exclude]]\nlibrary = "ib_async"\nversions = "<2"\nreason = "too old"\n'


def test_every_row_meets_every_gateway(matrix: MatrixMaker) -> None:
    plan = build_plan(matrix())

    assert {cell.id for cell in plan.cells} == {*SIMULATED, *LIVE}
    assert [row.version for row in plan.rows] == ["2.1.0", "1.0.3"]
    assert [gateway.name for gateway in plan.gateways] == ["gateway-10.45-paper", "tws-10.37-live"]
    assert plan.absent == ()


def test_live_gateways_are_skipped_with_the_reason_unless_allowed(matrix: MatrixMaker) -> None:
    refused = build_plan(matrix())
    allowed = build_plan(matrix(), allow_live=True)

    assert {cell.id: cell.skip for cell in refused.cells} == {
        **dict.fromkeys(SIMULATED),
        **dict.fromkeys(LIVE, LIVE_REFUSED),
    }
    assert {cell.id for cell in refused.asked} == set(SIMULATED)
    assert {cell.id for cell in allowed.asked} == {*SIMULATED, *LIVE}


def test_orders_are_planned_for_paper_gateways_alone_and_only_where_asked_for(matrix: MatrixMaker) -> None:
    without = build_plan(matrix(), allow_live=True)
    asked = build_plan(matrix(), allow_live=True, orders=True)

    assert not any(cell.orders or "limit_order" in cell.checks for cell in without.cells)
    assert {cell.id for cell in asked.cells if cell.orders} == set(SIMULATED)
    assert {cell.id for cell in asked.cells if {"limit_order", "what_if_order"} & set(cell.checks)} == set(SIMULATED)


def test_rows_without_an_interpreter_are_skipped_with_the_reason(matrix: MatrixMaker) -> None:
    plan = build_plan(matrix(), skipped_rows={"ib_async==1.0.3/py3.10": "no Python 3.10 on this machine"})

    assert plan.cells[2].skip == "no Python 3.10 on this machine"
    assert plan.cells[0].skip is None


def test_an_excluded_cell_is_absent_and_the_rule_is_named(matrix: MatrixMaker) -> None:
    plan = build_plan(matrix(EXCLUDE_OLD))

    assert {cell.id: cell.reason for cell in plan.absent} == {
        SIMULATED[1]: "excluded by [[exclude]] 1: too old",
        LIVE[1]: "excluded by [[exclude]] 1: too old",
    }


def test_an_include_takes_back_part_of_what_an_exclude_took(matrix: MatrixMaker) -> None:
    include = '\n[[include]]\ngateway = "tws-*"\nreason = "still used there"\n'

    plan = build_plan(matrix(EXCLUDE_OLD + include))

    assert [cell.id for cell in plan.absent] == [SIMULATED[1]]


def test_a_cell_that_an_include_took_back_names_both_rules(matrix: MatrixMaker) -> None:
    include = '\n[[include]]\ngateway = "tws-*"\nreason = "still used there"\n'

    cells = build_plan(matrix(EXCLUDE_OLD + include)).cells

    assert {cell.id: cell.kept for cell in cells if cell.kept} == {
        LIVE[1]: "taken back by [[include]] 1 (still used there) from [[exclude]] 1 (too old)"
    }


def test_a_plan_without_a_cell_is_given_where_it_may_be_empty(matrix: MatrixMaker) -> None:
    everything = '\n[[exclude]]\nreason = "not today"\n'

    plan = build_plan(matrix(everything), may_be_empty=True)

    assert (plan.cells, len(plan.absent)) == ((), 4)
    with pytest.raises(SelectionError):
        build_plan(matrix(everything))


def test_what_the_selection_leaves_out_is_absent_and_the_option_is_named(matrix: MatrixMaker) -> None:
    plan = build_plan(matrix(), Selection(gateways=("gateway-*",), libraries=("ib_async==2*",)))

    assert [cell.id for cell in plan.cells] == SIMULATED[:1]
    assert {cell.id: cell.reason for cell in plan.absent} == {
        SIMULATED[1]: "not selected by --library",
        LIVE[0]: "not selected by --gateway",
        LIVE[1]: "not selected by --library, --gateway",
    }


def test_client_ids_differ_on_one_gateway(matrix: MatrixMaker) -> None:
    plan = build_plan(matrix())

    assert [(cell.gateway.product, cell.client_id, cell.second_client_id) for cell in plan.cells] == [
        ("gateway", 7300, 7301),
        ("tws", 7300, 7301),
        ("gateway", 7302, 7303),
        ("tws", 7302, 7303),
    ]


def test_a_range_without_an_id_for_each_cell_and_the_control_is_refused(matrix: MatrixMaker) -> None:
    small = "\n[[gateway]]\nproduct = 'tws'\nversion = '1'\nkind = 'address'\nport = 1\nclient_ids = [50, {}]\n"

    assert build_plan(matrix(small.format(54))).cells
    with pytest.raises(
        MatrixError, match=r"gateway tws-1-paper: client_ids: \[50, 53\]: expected two ids for each cell"
    ):
        build_plan(matrix(small.format(53)))


def test_cells_carry_what_the_defaults_say(matrix: MatrixMaker) -> None:
    defaults = (
        "\n[defaults]\nchecks = ['positions']\nconnect_timeout = 1\nrequest_timeout = 2.5\ncell_deadline = 9\n"
        "concurrency = 7\nisolation = 'fresh'\n"
    )

    plan = build_plan(matrix(defaults))
    cell = plan.cells[0]

    assert cell.checks == ("install", "import", "tcp", "version", "ready", "positions", "close")
    assert (cell.connect_timeout, cell.request_timeout, cell.deadline) == (1, 2.5, 9)
    assert (plan.concurrency, plan.isolation) == (7, "fresh")


def test_the_command_line_goes_before_the_defaults(matrix: MatrixMaker) -> None:
    plan = build_plan(matrix("\n[defaults]\nconcurrency = 7\n"), concurrency=3, isolation="fork")

    assert (plan.concurrency, plan.isolation) == (3, "fork")


def test_the_scheduler_decides_where_nobody_does(matrix: MatrixMaker) -> None:
    plan = build_plan(matrix())

    assert (plan.concurrency, plan.isolation) == (None, "auto")


def test_a_cell_knows_its_expectations_and_its_folder(matrix: MatrixMaker) -> None:
    expect = (
        "\n[[expect]]\nversions = '<2'\nstatus = ['fail', 'timeout']\nreason = 'known'\n"
        "since = 2026-01-01\nreview = 2026-07-01\n"
    )

    new, _, old, _ = build_plan(matrix(expect)).cells

    assert new.expectations() == ()
    assert [each.statuses for each in old.expectations()] == [("fail", "timeout")]
    assert old.folder == PurePosixPath("cells/ib_async==1.0.3/py3.10/gateway-10.45-paper")


def test_selecting_only_what_is_excluded_says_by_which_rule(matrix: MatrixMaker) -> None:
    with pytest.raises(SelectionError, match="no cell is left") as raised:
        build_plan(matrix(EXCLUDE_OLD), Selection(rows=("ib_async==1.0.3",)))

    assert "excluded by [[exclude]] 1: too old" in raised.value.hint


def test_selections_that_exclude_each_other_say_so(matrix: MatrixMaker) -> None:
    with pytest.raises(SelectionError) as raised:
        build_plan(matrix(), Selection(gateways=("tws-*",), cells=(SIMULATED[0],)))

    assert "not selected by" in raised.value.hint
