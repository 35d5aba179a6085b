"""Only what the default matrix asks in every run is left out here."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.checks.conftest import ANY_ROW, is_in_the_matrix


def item(check: str, gateway: str, row: str) -> Any:
    params = {"gateway": gateway, "row": row}
    return SimpleNamespace(path=Path(f"test_{check}.py"), callspec=SimpleNamespace(params=params))


@pytest.mark.parametrize(
    ("check", "version", "library", "is_left_out"),
    [
        pytest.param("positions", "gateway-10.19", "ib_async==1.0.3", True, id="asked by the matrix"),
        pytest.param("positions", "gateway-10.19", "ib_async==2.1.0", False, id="of the fast loop"),
        pytest.param("positions", ANY_ROW, "ib_async==1.0.3", False, id="where each row is asked"),
        pytest.param("limit_order", "gateway-10.19", "ib_async==1.0.3", False, id="the matrix sends no order"),
        pytest.param("connectivity", "gateway-10.19", "ib_async==1.0.3", False, id="a scenario has one version there"),
    ],
)
def test_what_no_run_of_the_matrix_asks_is_asked_here(
    check: str, version: str, library: str, *, is_left_out: bool
) -> None:
    assert is_in_the_matrix(item(check, version, library)) is is_left_out
