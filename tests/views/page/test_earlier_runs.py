"""What became of the squares since earlier runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from harness.views.page.page_data import Earlier, earlier_runs
from harness.views.page.page_table import Strings, table_of
from tests.views.page.making import EARLIER, RUN, WELL, earlier, results, stored

if TYPE_CHECKING:
    from pathlib import Path

    from harness.results.results_model import Results
    from tests.conftest import Maker


@pytest.fixture
def run(make: Maker) -> Results:
    return results(make)


def found(run: Results, folder: Path) -> tuple[Earlier, list[str]]:
    strings = Strings()
    return earlier_runs(run, folder / RUN, table_of(run), strings), strings.values


def changes(run: Results, folder: Path) -> dict[str, Any]:
    told, text = found(run, folder)
    (record,) = told.runs
    ids = list(run.cells)
    return {
        text[name] if place is None else ids[place]: (kind, better, before if before is None else text[before])
        for name, place, kind, better, before, _ in record["changes"]
    }


def test_added_gone_and_changed_squares_are_told(run: Results, tmp_path: Path) -> None:
    stored(run, tmp_path)
    stored(earlier(run), tmp_path)
    assert changes(run, tmp_path) == {
        WELL: ("changed", 1, "timeout at version"),
        "ib_async==2.1.0/py3.12/gateway-10.37-paper": ("added", 0, None),
        "ib_async==0.9.0/py3.10/tws-10.37-paper": ("gone", 0, "timeout at version"),
    }
    told, _ = found(run, tmp_path)
    assert told.runs[0]["id"] == EARLIER
    assert told.runs[0]["unchanged"] == len(run.cells) - 2


@pytest.mark.parametrize("change", [{"matrix": "another.toml"}, {"id": "20261121T101112Z-ffff"}])
def test_runs_of_another_matrix_and_later_ones_are_not_offered(
    change: dict[str, Any], run: Results, tmp_path: Path
) -> None:
    other = earlier(run)
    stored(replace(other, run=replace(other.run, **change)), tmp_path)
    assert found(run, tmp_path)[0].runs == ()


def test_a_run_that_cannot_be_read_is_passed_over_and_named(run: Results, tmp_path: Path) -> None:
    """However many they are, those that can be read are offered."""
    names = [f"20261119T1012{second:02}Z-cd34" for second in range(12)]
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.json").write_text("{}", encoding="utf-8")
    stored(earlier(run), tmp_path)
    told = found(run, tmp_path)[0]
    assert told.unreadable == tuple(reversed(names))
    assert len(told.runs) == 1


def test_the_newest_ten_are_offered(run: Results, tmp_path: Path) -> None:
    for day in range(1, 13):
        stored(replace(run, run=replace(run.run, id=f"202611{day:02}T101112Z-cd34")), tmp_path)
    names = [record["id"] for record in found(run, tmp_path)[0].runs]
    assert names == [f"202611{day:02}T101112Z-cd34" for day in range(12, 2, -1)]


def test_more_than_a_page_is_worth_is_not_read(run: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.views.page.page_data.BYTES", 10)
    stored(earlier(run), tmp_path)
    assert found(run, tmp_path)[0] == Earlier(runs=(), left_out=1)
