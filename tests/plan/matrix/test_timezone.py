"""The time zone of a matrix file reaches the rows and the simulated gateways, and must be one."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.plan.build_plan import build_plan
from harness.plan.matrix.load import Matrix, load_matrix
from harness.shared.errors import MatrixError

ROW = '[[library]]\nadapter = "ibapi"\nversions = ["9.81.1.post1"]\n'
GATEWAY = '[[gateway]]\nproduct = "gateway"\nversion = "10.45"\nkind = "simulator"\n'


def loaded(folder: Path, defaults: str, gateway: str = "") -> Matrix:
    file = folder / "mine.toml"
    file.write_text(f"[defaults]\n{defaults}\n{ROW}{GATEWAY}{gateway}", "utf-8")
    return load_matrix(file)


def test_it_reaches_plan_and_gateways(tmp_path: Path) -> None:
    matrix = loaded(tmp_path, 'timezone = "Asia/Tokyo"')
    assert build_plan(matrix).timezone == "Asia/Tokyo"
    assert [gateway.timezone for gateway in matrix.gateways] == ["Asia/Tokyo"]
    assert build_plan(loaded(tmp_path, "")).timezone is None


@pytest.mark.parametrize("name", ["Tokyo", "", "../../etc/passwd", "Asia"])
def test_what_is_no_time_zone_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(MatrixError, match="expected the name of a time zone"):
        loaded(tmp_path, f'timezone = "{name}"')


def test_a_gateway_is_not_logged_in_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(MatrixError, match=r"\[\[gateway\]\] 1: behaviour.login_zone: .* say it there"):
        loaded(tmp_path, "", 'behaviour = { login_zone = "Asia/Tokyo" }')
