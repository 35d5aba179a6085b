"""Runs from the index: what is read, when it is read anew, and what becomes of an index that cannot be used."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.results.results_files import read_left, write_plan, write_results
from harness.results.results_model import PlanFile
from harness.results.run_folder import create_run_folder
from harness.results.run_index import indexed_run
from harness.results.run_index.indexed_run import note_run, run_reader
from harness.results.run_index.run_index import FILE, RunIndex
from harness.shared.errors import InputError
from tests.results.program_cells import KINDS, program_of, with_programs

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.results.results_model import CellInfo, GatewayInfo, Results
    from tests.conftest import Maker

RUN = "20261120T101112Z-ab12"


@pytest.fixture
def results(make: Maker) -> Results:
    return with_programs(make.results(), bot=program_of({"today": {}, "then": KINDS["different"]}))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "results"


@pytest.fixture
def store(home: Path) -> Callable[[Results, str], Path]:
    def store(results: Results, run: str = RUN) -> Path:
        folder = create_run_folder(home, run, may_exist=True)
        named = replace(results, run=replace(results.run, id=run))
        write_plan(folder, PlanFile(run=run, started=named.run.started, command=[], matrix="m.toml", plan=named.plan))
        write_results(folder, named)
        return folder

    return store


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders whose own files were read, in order."""
    read: list[Path] = []

    def counted(folder: Path) -> Results:
        read.append(folder)
        return read_left(folder)

    monkeypatch.setattr(indexed_run, "whole", counted)
    return read


def without_detail(cell: CellInfo) -> CellInfo:
    return replace(cell, checks=[replace(check, detail={}) for check in cell.checks])


def without_answers(gateway: GatewayInfo) -> GatewayInfo:
    probes = [replace(probe, accounts=[], seconds={}, notices=[], asked={}) for probe in gateway.probes]
    return replace(gateway, probes=probes)


def indexed(run: Results) -> Results:
    """What the index has of a run."""
    cells = {name: without_detail(cell) for name, cell in run.cells.items()}
    gateways = {name: without_answers(gateway) for name, gateway in run.gateways.items()}
    return replace(run, cells=cells, gateways=gateways, programs=dict(run.programs))


def read(folder: Path) -> Results:
    """Everything that is known of a run by its index."""
    with run_reader(folder.parent) as reader:
        return indexed(reader(folder))


def expected(folder: Path) -> Results:
    return indexed(read_left(folder))


def test_a_run_is_read_once_and_then_comes_from_the_index(
    results: Results, store: Callable[..., Path], whole: list[Path]
) -> None:
    folder = store(results)
    assert [read(folder) for _ in range(3)] == [expected(folder)] * 3
    assert whole == [folder]


def test_a_detail_that_is_not_there_is_not_taken_for_none(results: Results, store: Callable[..., Path]) -> None:
    folder = store(results)
    with run_reader(folder.parent) as reader:
        cell = next(iter(reader(folder).cells.values()))
        for use in (lambda detail: detail["accounts"], len, list, lambda detail: detail.get("x")):
            with pytest.raises(RuntimeError, match=r"results\.json"):
                use(cell.checks[0].detail)


def test_a_cell_that_does_not_exist_is_missing(results: Results, store: Callable[..., Path]) -> None:
    folder = store(results)
    with run_reader(folder.parent) as reader:
        cells = reader(folder).cells
        assert ("no/such/cell" in cells, len(cells), cells.get("no/such/cell")) == (False, len(results.cells), None)


def test_a_run_that_was_written_anew_is_read_anew(
    results: Results, store: Callable[..., Path], whole: list[Path]
) -> None:
    folder = store(results)
    read(folder)
    store(replace(results, run=replace(results.run, matrix="another.toml")))
    assert read(folder).run.matrix == "another.toml"
    assert whole == [folder, folder]


def test_a_run_that_is_noted_when_it_ends_is_not_read_at_all(
    results: Results, store: Callable[..., Path], whole: list[Path]
) -> None:
    folder = store(results)
    note_run(folder, read_left(folder))
    assert read(folder) == expected(folder)
    assert whole == []


def test_a_home_folder_does_not_get_into_the_index(
    results: Results, store: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/trader")
    monkeypatch.setenv("USERPROFILE", "/home/trader")
    folder = store(results)
    note_run(folder, replace(results, run=replace(results.run, matrix="/home/trader/m.toml")))
    assert read(folder).run.matrix == "~/m.toml"
    assert b"/home/trader" not in (folder.parent / FILE).read_bytes()


def test_a_run_that_is_still_running_is_read_from_its_journal(
    results: Results, store: Callable[..., Path], whole: list[Path]
) -> None:
    folder = store(replace(results, run=replace(results.run, complete=False)))
    read(folder)
    with begun_again(folder):
        assert whole == [folder]
        with run_reader(folder.parent) as reader, pytest.raises(InputError, match="journal"):
            reader(folder)
        assert whole == [folder, folder]


def begun_again(folder: Path) -> Any:
    from filelock import FileLock  # noqa: PLC0415

    (folder / "journal.jsonl").touch()
    return FileLock(folder / ".journal.lock", mode=0o600)


def test_words_that_repeat_are_kept_once(results: Results, store: Callable[..., Path]) -> None:
    for day in range(10, 20):
        read(store(results, f"202611{day}T101112Z-ab12"))
    home = store(results).parent
    with closing(sqlite3.connect(home / FILE)) as index:
        count = [index.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("words", "parts")]  # noqa: S608
    runs, of_a_run = 10, count[1] // 10
    assert count[0] <= of_a_run + runs, "only what is said of each run as a whole differs"


def test_a_run_that_is_gone_is_forgotten_when_the_next_one_is_noted(
    results: Results, store: Callable[..., Path]
) -> None:
    gone, next_one = store(results), store(results, "20261121T101112Z-ab12")
    read(gone)
    for file in gone.iterdir():
        file.unlink()
    gone.rmdir()
    note_run(next_one, read_left(next_one))
    with closing(sqlite3.connect(next_one.parent / FILE)) as index:
        assert index.execute("SELECT folder FROM runs").fetchall() == [(next_one.name,)]
        orphans = "SELECT count(*) FROM words WHERE id NOT IN (SELECT words FROM parts)"
        assert index.execute(orphans).fetchone() == (0,)


@pytest.mark.parametrize("damage", [b"", b"no database at all" * 400, b"SQLite format 3\x00" + b"\x07" * 5000])
def test_a_damaged_index_is_made_anew(
    damage: bytes, results: Results, store: Callable[..., Path], whole: list[Path]
) -> None:
    folder = store(results)
    read(folder)
    (folder.parent / FILE).write_bytes(damage)
    assert [read(folder), read(folder)] == [expected(folder)] * 2
    assert whole == [folder, folder], "once before the damage, and once after it"


@pytest.mark.parametrize(
    "damage",
    ["UPDATE parts SET numbers = 'none' WHERE kind >= 5", "UPDATE words SET text = '[null]'", "DELETE FROM words"],
)
def test_a_part_that_is_damaged_is_read_from_the_run(
    damage: str, results: Results, store: Callable[..., Path], whole: list[Path]
) -> None:
    folder = store(results)
    read(folder)
    with closing(sqlite3.connect(folder.parent / FILE)) as index:
        index.execute(damage)
        index.commit()
    assert read(folder) == expected(folder)
    assert set(whole) == {folder}


@pytest.mark.parametrize("by", ["99.1.0.0", "2.99.0.0"])
def test_an_index_of_a_later_version_is_left_as_it_is(
    by: str, results: Results, store: Callable[..., Path], whole: list[Path]
) -> None:
    folder = store(results)
    with closing(sqlite3.connect(folder.parent / FILE)) as index:
        index.execute("CREATE TABLE made (by TEXT)")
        index.execute("INSERT INTO made VALUES (?)", (by,))
        index.commit()
    before = (folder.parent / FILE).read_bytes()
    assert read(folder) == expected(folder)
    assert (folder.parent / FILE).read_bytes() == before
    assert set(whole) == {folder}


def test_an_index_of_an_earlier_version_is_made_anew(results: Results, store: Callable[..., Path]) -> None:
    folder = store(results)
    read(folder)
    with closing(sqlite3.connect(folder.parent / FILE)) as index:
        index.execute("UPDATE made SET by = '1.1.8.0'")
        index.execute("DELETE FROM parts")
        index.commit()
    assert read(folder) == expected(folder)


def test_while_somebody_else_writes_the_run_itself_is_read(
    results: Results, store: Callable[..., Path], whole: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.results.run_index.run_index._WAIT", 0.0)
    folder = store(results)
    RunIndex.open(folder.parent).close()
    with closing(sqlite3.connect(folder.parent / FILE)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert read(folder) == expected(folder)
    assert set(whole) == {folder}


def test_a_link_is_not_followed(results: Results, store: Callable[..., Path], tmp_path: Path) -> None:
    folder = store(results)
    (tmp_path / "mine.sqlite").touch()
    (folder.parent / FILE).symlink_to(tmp_path / "mine.sqlite")
    assert read(folder) == expected(folder)
    assert (tmp_path / "mine.sqlite").read_bytes() == b""


def test_the_same_name_in_another_folder_is_another_run(
    results: Results, store: Callable[..., Path], tmp_path: Path
) -> None:
    folder = store(results)
    other = create_run_folder(tmp_path / "elsewhere", RUN)
    write_results(other, replace(results, run=replace(results.run, id=RUN, matrix="another.toml")))
    os.utime(other / "results.json", ns=(1, 1))
    with run_reader(folder.parent) as reader:
        assert [reader(each).run.matrix for each in (folder, other)] == [results.run.matrix, "another.toml"]


def test_the_index_is_for_its_owner_alone(results: Results, store: Callable[..., Path]) -> None:
    folder = store(results)
    read(folder)
    if os.name == "posix":
        assert (folder.parent / FILE).stat().st_mode & 0o777 == 0o600


def test_a_python_without_sqlite_reads_the_runs_themselves(results: Results, store: Callable[..., Path]) -> None:
    folder = store(results)
    program = (
        "import sys; sys.modules['sqlite3'] = None\n"
        "import importlib.util as util; find = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == '_sqlite3' else find(name, *rest)\n"
        "from harness.cli import main\n"
        f"sys.exit(main(['history', 'ib_async==2.1.0', '--results', {str(folder.parent)!r}]))\n"
    )
    asked = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (asked.returncode, asked.stderr) == (0, "")
    assert "ib_async==2.1.0" in asked.stdout
    assert not (folder.parent / FILE).exists()


def test_a_run_that_somebody_else_removes_meanwhile_is_not_taken_for_another(
    results: Results, store: Callable[..., Path]
) -> None:
    folder, other = store(results), store(results, "20261121T101112Z-ab12")
    name = next(iter(results.cells))
    with run_reader(folder.parent) as reader:
        run = reader(folder)
        for file in folder.iterdir():
            file.rename(file.with_name(f"{file.name}.gone"))
        red = replace(results.cells[name], reason="of another run")
        for _ in range(2):  # the second time, no run is left whose number is higher
            note_run(other, replace(results, cells={**results.cells, name: red}))
        (folder / "results.json.gone").rename(folder / "results.json")
        assert run.cells[name].reason == results.cells[name].reason
