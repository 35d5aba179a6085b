"""Selections: globs, each kind narrowing the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.plan.build_plan import build_plan
from harness.plan.plan_model import cell_id
from harness.plan.selection import Selection
from harness.shared.errors import ExitCode, SelectionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.plan.matrix.load import Matrix

    MatrixMaker = Callable[..., Matrix]

NEW, OLD = "ib_async==2.1.0/py3.10", "ib_async==1.0.3/py3.10"
GATEWAY, TWS = "gateway-10.45-paper", "tws-10.37-live"


@pytest.mark.parametrize(
    ("selection", "cells"),
    [
        (Selection(), {f"{NEW}/{GATEWAY}", f"{NEW}/{TWS}", f"{OLD}/{GATEWAY}", f"{OLD}/{TWS}"}),
        (Selection(libraries=("ib_*",), gateways=(TWS,)), {f"{NEW}/{TWS}", f"{OLD}/{TWS}"}),
        (Selection(libraries=("ib_async==1*",)), {f"{OLD}/{GATEWAY}", f"{OLD}/{TWS}"}),
        (Selection(rows=(NEW,)), {f"{NEW}/{GATEWAY}", f"{NEW}/{TWS}"}),
        (Selection(rows=("ib_async==2.1.0",), gateways=("tws*", "gateway*")), {f"{NEW}/{GATEWAY}", f"{NEW}/{TWS}"}),
        (Selection(pythons=("3.1?",), gateways=(GATEWAY,)), {f"{NEW}/{GATEWAY}", f"{OLD}/{GATEWAY}"}),
        (Selection(cells=(f"{OLD}/{TWS}",)), {f"{OLD}/{TWS}"}),
        (Selection(cells=("*/gateway-*",)), {f"{NEW}/{GATEWAY}", f"{OLD}/{GATEWAY}"}),
    ],
)
def test_what_a_selection_takes(selection: Selection, cells: set[str], matrix: MatrixMaker) -> None:
    assert {cell.id for cell in build_plan(matrix(), selection).cells} == cells


@pytest.mark.parametrize(
    ("selection", "message", "hint"),
    [
        (Selection(libraries=("ib_insync",)), "--library 'ib_insync' matches nothing", "ib_async"),
        (Selection(libraries=("ib_async==3*",)), "--library 'ib_async==3*' matches nothing", "ib_async=="),
        (Selection(gateways=("gateway-10.54-paper",)), "--gateway 'gateway-10.54-paper' matches nothing", GATEWAY),
        (Selection(rows=("ib_async==2.1",)), "--row 'ib_async==2.1' matches nothing", "ib_async==2.1.0"),
        (Selection(cells=(f"{NEW}/gateway-10.45",)), "matches nothing", f"{NEW}/{GATEWAY}"),
        (Selection(pythons=("3.9",)), "--python '3.9' matches nothing", "3.10"),
        (Selection(gateways=("zzz",)), "--gateway 'zzz' matches nothing", f"There are: {GATEWAY}, {TWS}."),
        (Selection(gateways=(GATEWAY, "zzz")), "--gateway 'zzz' matches nothing", GATEWAY),
    ],
)
def test_what_matches_nothing_is_answered_with_the_nearest(
    selection: Selection, message: str, hint: str, matrix: MatrixMaker
) -> None:
    with pytest.raises(SelectionError) as raised:
        build_plan(matrix(), selection)

    assert message in str(raised.value)
    assert hint in raised.value.hint
    assert raised.value.exit_code is ExitCode.WRONG_USE


_globs = st.lists(
    st.sampled_from(["*", "ib_*", "ib_async==1*", "gateway-*", "tws-*", "*-live", "3.1?", NEW, GATEWAY]), max_size=2
).map(tuple)
_selections = st.builds(Selection, libraries=_globs, gateways=_globs, pythons=_globs, rows=_globs, cells=_globs)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(selection=_selections)
def test_planned_and_absent_cells_are_the_whole_matrix(matrix: MatrixMaker, selection: Selection) -> None:
    whole = matrix()
    try:
        plan = build_plan(whole, selection)
    except SelectionError as error:
        assert error.hint  # noqa: PT017 - either way is right
        return

    planned, absent = [cell.id for cell in plan.cells], [cell.id for cell in plan.absent]
    assert planned
    assert sorted(planned + absent) == sorted(cell_id(row, each) for row in whole.rows for each in whole.gateways)
