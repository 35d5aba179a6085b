"""Which file the default matrix is, and that the fast tests ask rows of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.plan.matrix.default_file import default_matrix, is_default
from tests.rows import FAST_ROWS, rows_of_the_default_matrix

if TYPE_CHECKING:
    import pytest


def test_the_checkouts_own_matrix_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("matrices").mkdir()
    Path("matrices", "default.toml").touch()

    assert default_matrix() == Path("matrices", "default.toml")
    assert is_default(tmp_path / "matrices" / "default.toml")
    assert not is_default(tmp_path / "matrices" / "mine.toml")


def test_elsewhere_it_is_the_one_that_comes_with_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert default_matrix().is_file()


def test_each_row_of_the_fast_tests_is_one_of_its_rows() -> None:
    """One that is no longer there would leave its decoder to the slow tests, and nobody would notice."""
    assert {row.partition("/")[0] for row in rows_of_the_default_matrix()} >= FAST_ROWS
