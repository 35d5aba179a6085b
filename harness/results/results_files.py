"""Reading and writing ``plan.json`` and ``results.json``, and their JSON Schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from harness.diagnose.host.hiding import without_homes
from harness.results.follows import refuse_contradictions
from harness.results.results_model import SCHEMA_VERSION, PlanFile, Record, Results
from harness.results.run_folder import PLAN, RESULTS, find_run, write_atomically
from harness.shared.bounded_reading import is_inside, is_one_file, read_json
from harness.shared.errors import InputError, ResultsError

if TYPE_CHECKING:
    from collections.abc import Iterator

R = TypeVar("R", bound=Record)

_MAJOR = int(SCHEMA_VERSION.split(".", maxsplit=1)[0])


def write_plan(folder: Path, plan: PlanFile) -> None:
    """Write ``plan.json`` in the run's folder; raises ResultsError where it cannot be written."""
    write_atomically(folder / PLAN, f"{plan.model_dump_json()}\n")


def fit_to_share(results: Results) -> Results:
    """Return results without home folders, wherever they stand."""
    cells = {without_homes(name): _fit(cell) for name, cell in results.cells.items()}
    return _fit(results.model_copy(update={"cells": {}})).model_copy(update={"cells": cells})


def _fit(record: R) -> R:
    told = record.model_dump_json()
    shown = without_homes(told)
    return record if shown == told else record.model_validate_json(shown)


def write_results(folder: Path, results: Results) -> None:
    """Write ``results.json`` in the run's folder, without home folders, since it is for sharing.

    Raises ResultsError where it cannot be written.
    """
    write_atomically(folder / RESULTS, map(without_homes, _pieces(results)))


def _pieces(results: Results) -> Iterator[str]:
    """Yield the JSON of results a cell at a time: a thousand cells are 20 MB, several times over."""
    yield results.model_copy(update={"cells": {}}).model_dump_json().removesuffix("}}")
    for number, (name, cell) in enumerate(results.cells.items()):
        yield f"{',' if number else ''}{json.dumps(name, ensure_ascii=False)}:{cell.model_dump_json()}"
    yield "}}\n"


def read_results(folder: Path) -> Results:
    """The results in a run's folder.

    Raises ResultsError where there are none, or where they are of a newer major schema version than this program knows,
    and InputError where they are not what they should be, or where a cell is said to be what its checks do not make it.
    """
    return _read(folder / RESULTS)


def read_run(results: Path, name: str | None) -> Results:
    """The results of a run by its name, by a path to its folder, or by a file that was kept of one; or the latest.

    Raises ResultsError as ``read_results`` and ``find_run`` do.
    """
    file = Path(name or "")
    return _read(file) if is_one_file(file) else read_results(find_run(results, name))


def _read(file: Path) -> Results:
    try:
        document = read_json(file)
    except FileNotFoundError:
        raise _missing(file.parent) from None
    _refuse_newer(document, file)
    try:
        results = Results.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise InputError(f"{file}: {place}: {first['msg']}") from None
    refuse_other_places(results, file)
    refuse_contradictions(results, file)
    return results


def results_schema() -> dict[str, Any]:
    """The JSON Schema of ``results.json``, published as ``docs/reference/results.schema.json``."""
    schema = Results.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "ib-compat results", **schema}


def refuse_other_places(results: Results, file: Path) -> None:
    """Refuse what names files outside the run: its evidence is read, packed and copied."""
    named = [name for each in (results.cells, results.gateways) for one in each.values() for name in one.artifacts]
    for name in (*named, *(f"cells/{cell}" for cell in results.cells)):
        if not is_inside(name):
            raise InputError(f"{file}: {name!r}: is no path inside the run")


def _missing(folder: Path) -> ResultsError:
    if (folder / PLAN).is_file():
        message = f"{folder}: this run ended before it could write its results; {PLAN} says what it owes"
        shows, asks = (f"ib-compat {each} {folder.name}" for each in ("report", "run --resume"))
        hint = f"`{shows}` shows what it has finished, `{asks}` asks the rest."
        return ResultsError(message, hint=hint)
    return ResultsError(f"{folder}: holds no {RESULTS}", hint="Name the folder of a run.")


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
