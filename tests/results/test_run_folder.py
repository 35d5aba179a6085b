"""The folder of a run, and how the latest one is found."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.results.run_folder import create_run_folder, find_run, new_run_id, point_latest, relative, write_atomically
from harness.shared.errors import ResultsError
from tests.limits import at_most

NOW = datetime(2026, 11, 20, 10, 11, 12, tzinfo=UTC)


def run_in(results: Path, name: str) -> Path:
    folder = create_run_folder(results, name)
    write_atomically(folder / "plan.json", "{}")
    return folder


def no_symlinks(_self: Path, _target: object, *, target_is_directory: bool = False) -> None:
    """As Windows answers without developer mode."""
    raise OSError(1314, f"a required privilege is not held ({target_is_directory})")


def test_run_ids_sort_by_time_and_differ_within_a_second() -> None:
    ids = {new_run_id(NOW) for _ in range(20)}

    assert len(ids) > 1
    assert all(re.fullmatch(r"20261120T101112Z-[0-9a-f]{4}", each) for each in ids)
    assert max(ids) < new_run_id(NOW.replace(second=13))


def test_a_results_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file, not a folder")

    with pytest.raises(ResultsError, match=r"results.* cannot be written") as raised:
        create_run_folder(tmp_path / "results", "run")

    assert "--results DIR" in raised.value.hint


def test_a_run_is_never_written_over(tmp_path: Path) -> None:
    create_run_folder(tmp_path, "run")

    with pytest.raises(ResultsError, match="cannot be written"):
        create_run_folder(tmp_path, "run")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "results.json"
    write_atomically(file, "old")

    def full(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ResultsError, match="No space left on device"):
        write_atomically(file, "new")

    assert file.read_text(encoding="utf-8") == "old"


def test_where_a_piece_cannot_be_made_the_old_file_stays_alone(tmp_path: Path) -> None:
    def pieces() -> Iterator[str]:
        yield "new"
        raise ValueError("half a pair")

    write_atomically(tmp_path / "results.json", "old")
    with pytest.raises(ValueError, match="half a pair"):
        write_atomically(tmp_path / "results.json", pieces())
    assert [file.read_text("utf-8") for file in tmp_path.iterdir()] == ["old"]


def test_latest_is_the_run_that_was_pointed_at(tmp_path: Path) -> None:
    first, second = run_in(tmp_path, "a"), run_in(tmp_path, "b")

    point_latest(tmp_path, "b")
    assert find_run(tmp_path) == second.resolve()
    point_latest(tmp_path, "a")
    assert find_run(tmp_path, "latest") == first.resolve()


def test_without_symbolic_links_latest_is_a_text_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "symlink_to", no_symlinks)
    run_in(tmp_path, "b")
    first = run_in(tmp_path, "a")

    point_latest(tmp_path, "a")

    assert (tmp_path / "latest.txt").read_text(encoding="utf-8") == "a\n"
    assert find_run(tmp_path) == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "latest.txt"]


def test_a_link_that_cannot_be_replaced_does_not_stay_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows replaces no link to a folder."""
    run_in(tmp_path, "a")
    newer = run_in(tmp_path, "b")
    point_latest(tmp_path, "a")
    replace = Path.replace

    def windows(path: Path, target: Path) -> Path:
        if path.is_symlink():
            raise PermissionError(5, "Access is denied")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", windows)
    point_latest(tmp_path, "b")

    assert find_run(tmp_path) == newer
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "latest.txt"]


def test_where_nothing_points_at_it_the_newest_is_the_latest(tmp_path: Path) -> None:
    run_in(tmp_path, "20261120T101112Z-ab12")
    newest = run_in(tmp_path, "20261121T101112Z-0000")
    (tmp_path / "latest.txt").write_text("gone\n", encoding="utf-8")

    assert find_run(tmp_path) == newest


def test_a_run_is_found_by_name_and_by_path(tmp_path: Path) -> None:
    folder = run_in(tmp_path / "results", "a")

    assert find_run(tmp_path / "results", "a") == folder
    assert find_run(tmp_path / "elsewhere", str(folder)) == folder


def test_a_run_that_is_not_there_is_answered_with_the_nearest(tmp_path: Path) -> None:
    run_in(tmp_path, "20261120T101112Z-ab12")
    point_latest(tmp_path, "20261120T101112Z-ab12")

    with pytest.raises(ResultsError, match="no run '20261120T101112Z-ab13'") as raised:
        find_run(tmp_path, "20261120T101112Z-ab13")

    assert raised.value.hint == "Nearest: 20261120T101112Z-ab12."


@pytest.mark.parametrize("name", [None, "a"])
def test_no_runs_at_all_says_how_to_make_one(name: str | None, tmp_path: Path) -> None:
    with pytest.raises(ResultsError) as raised:
        find_run(tmp_path / "results", name)

    assert raised.value.hint == "ib-compat run makes one."


def test_folders_are_shown_as_people_would_type_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert relative(tmp_path / "results" / "a") == "results/a"
    assert relative(Path("results", "a")) == "results/a"
    assert relative(tmp_path.parent / "b") == (tmp_path.parent / "b").as_posix()


@pytest.mark.skipif(sys.platform == "win32", reason="has no limit of a file's size")
def test_a_file_that_finds_no_room_leaves_nothing(tmp_path: Path) -> None:
    with at_most(1_000), pytest.raises(ResultsError, match="cannot be written"):
        write_atomically(tmp_path / "results.json", "x" * 100_000)
    assert not list(tmp_path.iterdir())
