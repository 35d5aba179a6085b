"""Writes and reads ``plan.json`` and ``results.json``, and finds the ``latest`` run.

If a run died or is still running, its results are assembled from its journal.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from harness.diagnose.host.hiding import without_homes
from harness.plan.matrix.default_file import is_default
from harness.results.answers.agreement import told_together
from harness.results.assemble import assemble
from harness.results.follows import refuse_contradictions
from harness.results.journal import read_journal
from harness.results.results_json import json_text, record_of
from harness.results.results_model import SCHEMA_VERSION, CellInfo, PlanFile, Results, Unfinished
from harness.results.run_folder import (
    JOURNAL,
    LATEST,
    PLAN,
    RESULTS,
    find_run,
    is_running,
    point_latest,
    pointed,
    write_atomically,
)
from harness.shared.bounded_reading import is_inside, is_one_file, read_json
from harness.shared.errors import InputError, JournalError, ResultsError

if TYPE_CHECKING:
    from collections.abc import Iterator

RecordT = TypeVar("RecordT", Results, CellInfo)

_MAJOR = int(SCHEMA_VERSION.split(".", maxsplit=1)[0])


def write_plan(folder: Path, plan: PlanFile) -> None:
    """Write ``plan.json`` in the run's folder.

    Raises:
        ResultsError: it cannot be written.
    """
    write_atomically(folder / PLAN, f"{json_text(plan)}\n")


def fit_to_share(results: Results) -> Results:
    """Return results without home folders anywhere."""
    cells = {without_homes(name): _fit(cell) for name, cell in results.cells.items()}
    return replace(_fit(replace(results, cells={})), cells=cells)


def _fit(record: RecordT) -> RecordT:
    told = json_text(record)
    shown = without_homes(told)
    return record if shown == told else record_of(type(record), json.loads(shown))


def write_results(folder: Path, results: Results) -> None:
    """Write ``results.json`` in the run's folder, without home folders, because people share it.

    Raises:
        ResultsError: it cannot be written.
    """
    write_atomically(folder / RESULTS, map(without_homes, _pieces(results)))


def _pieces(results: Results) -> Iterator[str]:
    """Yield the JSON of results one cell at a time: the whole is 20 MB for a thousand cells, held several times."""
    yield json_text(replace(results, cells={})).removesuffix("}}")
    for number, (name, cell) in enumerate(results.cells.items()):
        yield f"{',' if number else ''}{json.dumps(name, ensure_ascii=False)}:{json_text(cell)}"
    yield "}}\n"


def read_results(folder: Path) -> Results:
    """Return the results in a run's folder.

    Raises:
        ResultsError: there are none, or their major schema version is newer than this program.
        InputError: they are malformed, or a cell's result does not follow from its checks.
    """
    return _read(folder / RESULTS)


def read_run(results: Path, name: str | None) -> Results:
    """Return the results of a run.

    Args:
        results: the folder of runs.
        name: the run's name, the path of its folder, or a ``results.json`` that was kept [default: the latest run]

    Raises:
        ResultsError, InputError: as ``read_results`` and ``find_run``.
    """
    file = Path(name or "")
    return _read(file) if is_one_file(file) else read_results(find_run(results, name))


def read_left(folder: Path) -> Results:
    """Return the results in a run's folder; if the run has not written any, assemble them from its journal.

    Raises:
        ResultsError: there are no results, and no journal.
        InputError: they are malformed, or a cell's result does not follow from its checks.
    """
    running = is_running(folder)
    if ((folder / RESULTS).exists() and not running) or not (folder / JOURNAL).is_file():
        return read_results(folder)
    try:
        left = read_journal(folder)
    except JournalError as problem:
        raise InputError(str(problem), hint=problem.hint) from None
    outcome = told_together(left.plan, left.seen.outcome(interrupted=not running))
    ended = datetime.fromtimestamp(left.seen.last, UTC)
    unfinished = Unfinished.RUNNING if running else Unfinished.TORN if left.torn else Unfinished.DIED
    results = assemble(left.plan, outcome, left.facts, ended=ended, seconds=left.seen.passed, tried=left.seen.programs)
    refuse_other_places(results, folder / JOURNAL)
    return replace(results, run=replace(results.run, unfinished=unfinished, complete=False))


def read_left_run(results: Path, name: str | None) -> Results:
    """Return the results of a run as ``read_left`` does; the run is named as for ``read_run``."""
    return read_run(results, name) if is_one_file(Path(name or "")) else read_left(find_run(results, name))


def _read(file: Path) -> Results:
    try:
        document = read_json(file)
    except FileNotFoundError:
        raise _missing(file.parent) from None
    _refuse_newer(document, file)
    try:
        results = record_of(Results, document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise InputError(f"{file}: {place}: {first['msg']}") from None
    refuse_other_places(results, file)
    refuse_contradictions(results, file)
    return results


def move_latest(folder: Path, run: Results) -> None:
    """Point ``latest`` at a run that was just saved, unless its current one says more.

    A run that was interrupted, of a selection, of a shard, or of another matrix file never replaces a complete run of
    the whole default matrix. For each other matrix file, ``latest-<name>`` is its last such run.

    Args:
        folder: the folder of the run; ``latest`` is beside it.
        run: its results.

    Raises:
        ResultsError: nothing can be written there.
    """
    results = folder.parent
    if not is_default(Path(run.run.matrix)):
        _move(results, run, f"{LATEST}-{Path(run.run.matrix).stem}")
    _move(results, run, LATEST)


def _move(results: Path, run: Results, name: str) -> None:
    current = _pointed(results, name)
    if current is None or _weight(run) >= _weight(current):
        point_latest(results, run.run.id, name)


def _pointed(results: Path, name: str) -> Results | None:
    folder = pointed(results, name)
    try:
        return read_results(folder) if folder else None
    except ResultsError:  # of another program or half gone: nobody misses it
        return None


def _weight(run: Results) -> tuple[bool, bool, bool]:
    """Return a sort key for how much a run says: whole and complete, of the default matrix, complete."""
    complete = bool(run.run.complete)
    whole = complete and bool(run.run.whole) and run.plan.shard is None
    return whole, is_default(Path(run.run.matrix)), complete


def refuse_other_places(results: Results, file: Path) -> None:
    """Refuse results that name files outside the run's folder, because such files are read, packed and copied.

    Raises:
        InputError: they name such a file.
    """
    programs = {name: cell for program in results.programs.values() for name, cell in program.cells.items()}
    named = [name for each in (results.cells, results.gateways) for one in each.values() for name in one.artifacts]
    named += [name for cell in programs.values() for name in cell.artifacts]
    named += [*(f"cells/{cell}" for cell in results.cells), *(f"programs/{cell}" for cell in programs)]
    for name in named:
        if not is_inside(name):
            raise InputError(f"{file}: {name!r}: is not a path inside the run")


def _missing(folder: Path) -> ResultsError:
    if (folder / PLAN).is_file():
        message = f"{folder}: this run ended before it could write its results; {PLAN} says what it owes"
        shows, asks = (f"ib-compat {each} {folder.name}" for each in ("report", "run --resume"))
        hint = f"`{shows}` shows what it has finished, `{asks}` asks the rest."
        return ResultsError(message, hint=hint)
    return ResultsError(f"{folder}: contains no {RESULTS}", hint="Name the folder of a run.")


def _refuse_newer(document: object, file: Path) -> None:
    version = document.get("schema_version") if isinstance(document, dict) else None
    try:
        major = int(str(version).split(".", maxsplit=1)[0])
    except ValueError:
        expected = f"expected a version such as {SCHEMA_VERSION}"
        raise ResultsError(f"{file}: schema_version: {version!r}: {expected}") from None
    if major > _MAJOR:
        message = f"{file}: has schema version {version}, and this program reads up to {_MAJOR}.x"
        raise ResultsError(message, hint="Update ib-compat, or read it with the version that wrote it.")
