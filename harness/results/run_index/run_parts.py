"""Takes a run apart for the index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_core import to_json

from harness.diagnose.host.hiding import without_homes
from harness.results.run_index.indexed_run import NOT_INDEXED, Names
from harness.results.run_index.record_text import words_and_numbers
from harness.results.run_index.run_index import Kind, NewPart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.results.results_model import Results


def parts_of(results: Results) -> Iterator[NewPart]:
    """Yield the parts of a run."""
    names = Names(
        schema_version=results.schema_version,
        gateways=tuple(results.gateways),
        programs=tuple(results.programs),
        cells=tuple(results.cells),
    )
    yield _part(Kind.NAMES, names)
    yield _part(Kind.RUN, results.run)
    yield _part(Kind.PLAN, results.plan)
    yield _part(Kind.EXPECTATIONS, results.expectations)
    yield _part(Kind.TIMELINE, results.timeline)
    yield from (_part(Kind.GATEWAY, gateway, name) for name, gateway in results.gateways.items())
    yield from (_part(Kind.PROGRAM, program, name) for name, program in results.programs.items())
    yield from (_part(Kind.CELL, cell, name) for name, cell in results.cells.items())


def _part(kind: Kind, record: object, name: str = "") -> NewPart:
    left_out = {where: {"__all__": set(names)} for where, names in NOT_INDEXED.get(kind, {}).items()}
    text = to_json(record, exclude=left_out, inf_nan_mode="null").decode()
    words, numbers = words_and_numbers(without_homes(text))
    return NewPart(kind=kind, name=name, words=words, numbers=numbers)
