"""Collects all data that the page's script needs, as one document of plain JSON data.

The page has the log and the transcript of as many squares as fit, those that did not pass first. If a text is long, the
page has both of its ends; the files beside the page have all of it. The page also contains the history of the squares
in earlier runs of the same matrix, so it needs none of their files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.results.compare import Kind, compare
from harness.results.compare.cell_differences import standing
from harness.results.compare.program_changes import standing_of_program
from harness.results.evidence_file import FILE as EVIDENCE
from harness.results.packed_evidence import plain_size
from harness.results.run_folder import RESULTS
from harness.results.run_index.indexed_run import run_reader
from harness.results.transcript_file import FILE as WIRE
from harness.shared.errors import InputError, ResultsError
from harness.shared.status import Status
from harness.views.page.page_table import Strings, glyph, shown
from harness.views.page.square_facts import Facts
from harness.views.terminal.cell_seen import Seen
from harness.views.terminal.style import MEANINGS
from harness.views.terminal.summary import reading_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from harness.results.compare import Change, ProgramChange
    from harness.results.results_model import GatewayInfo, Results
    from harness.results.run_index.indexed_run import RunReader
    from harness.views.page.page_table import Square, Table


def document(results: Results, folder: Path, table: Table) -> dict[str, Any]:
    """Return a run as data.

    Texts are stored in ``strings`` and referenced by number; so are lists of stages, lists of lines, and verdicts
    that squares share. ``cells`` are in the order of the squares.

    Args:
        results: the results of the run.
        folder: its folder, with ``cells/`` in it and earlier runs beside it.
        table: its grid.
    """
    strings = Strings()
    facts = Facts({rule.rule: rule for rule in results.expectations}, strings)
    cells = [facts.of(square) for square in table.squares]
    gateways = [
        _gateway(name, gateway, reading_lines(results, name), facts) for name, gateway in results.gateways.items()
    ]
    earlier = earlier_runs(results, folder, table, strings)
    return {
        "run": shown(results.run.id),
        "statuses": {str(status): [glyph(status), MEANINGS[status]] for status in Status},
        "rows": [[row.key, row.library, row.version, row.python] for row in table.rows],
        "gateways": gateways,
        "cells": cells,
        "evidence": evidence_of(table, results, folder, strings),
        "earlier": list(earlier.runs),
        "earlier_left_out": earlier.left_out,
        "earlier_unreadable": list(earlier.unreadable),
        "stages": facts.stages.values,
        "verdicts": facts.verdicts.values,
        "lists": facts.lists.values,
        "strings": strings.values,
    }


def _gateway(name: str, gateway: GatewayInfo, readings: Iterable[str], facts: Facts) -> dict[str, Any]:
    address = f" at {gateway.host}:{gateway.port}" if gateway.host and gateway.port else ""
    said = f"{gateway.product} {gateway.version}, {gateway.mode}, {gateway.kind}{address}"
    evidence = gateway.server_version_evidence
    lines = (said, evidence and f"server version {evidence}", gateway.error, *readings)
    return {
        "name": shown(name),
        "lines": [shown(line) for line in lines if line],
        "verdict": facts.verdict(gateway.diagnosis),
    }


CHARACTERS = 1_200_000
"""The most characters of all logs and transcripts together; with more, browsers are slow and e-mails too large."""

LINES = 160
"""The most lines of one log, and of one transcript."""

LINE = 600
"""Characters of one line."""

FILE_BYTES = 400_000
"""The largest file, in bytes, that is read; a page cannot show ten thousand positions."""


@dataclass(slots=True)
class Budget:
    """How many characters may still go into the page."""

    left: int
    strings: Strings

    def take(self, lines: Sequence[str]) -> dict[str, Any]:
        """Return both ends of a text, and how many lines between them are left out."""
        half = LINES // 2
        kept = [*lines[:half], *lines[-half:]] if len(lines) > LINES else list(lines)
        cut = [line if len(line) <= LINE else f"{line[:LINE]}…" for line in kept]
        self.left -= sum(map(len, cut))
        told = {"lines": [self.strings.text(line) for line in cut]}
        return told if len(kept) == len(lines) else {**told, "left": len(lines) - len(kept), "after": half}


def evidence_of(table: Table, results: Results, folder: Path, strings: Strings) -> dict[str, dict[str, Any]]:
    """Return log and transcript by the number of the square, for as many squares as there is room for.

    If a transcript cannot be read, a line says so in its place.

    Args:
        table: the grid.
        results: the results of the run.
        folder: the folder of the run, with ``cells/`` in it.
        strings: the table of texts.
    """
    budget = Budget(left=CHARACTERS, strings=strings)
    found: dict[str, dict[str, Any]] = {}
    for number, square in sorted(enumerate(table.squares), key=lambda each: _weight(each[1])):
        if budget.left <= 0:
            break
        told = _told(Seen(id=square.cell, results=results, folder=folder, cell=square.info), budget)
        if told:
            found[str(number)] = told
    return found


def _weight(square: Square) -> tuple[bool, bool]:
    """Return a sort key; squares that need an explanation come first."""
    return square.info.status is Status.PASS, "unexpected" not in square.looks


def _told(seen: Seen, budget: Budget) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if _short(seen, EVIDENCE):
        told["log"] = budget.take([f"{each.level} {each.logger}: {each.message}" for each in seen.log()])
    if _short(seen, WIRE) and _short(seen, EVIDENCE):  # the evidence has the accounts to mask
        told["wire"] = budget.take(seen.wire())
    return told


def _short(seen: Seen, name: str) -> bool:
    try:
        file = seen.file(name)
    except InputError:  # a link: it may be of anything on this machine
        return False
    return file.is_file() and plain_size(file) <= FILE_BYTES


RUNS = 10
BYTES = 64_000_000
"""The most bytes of earlier runs' results together; reading more would take too long."""

PHRASES = 8
"""The most phrases about the differences of one square."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """Earlier runs, the newest first; how many were left out because of their size; and which cannot be read."""

    runs: tuple[dict[str, Any], ...]
    left_out: int = 0
    unreadable: tuple[str, ...] = ()


def earlier_runs(results: Results, folder: Path, table: Table, strings: Strings) -> Earlier:
    """Compare the run with earlier runs of the same matrix file.

    The record of an earlier run has ``id``, ``started``, ``unlike`` (why the two runs may not be comparable),
    ``unchanged`` (a count), and ``changes``: cell, kind, whether it got better (1) or worse (-1), how it stood before,
    and what differs. ``programs`` has the same of the cells of programs.
    """
    numbers = {square.cell: number for number, square in enumerate(table.squares)}
    found: list[dict[str, Any]] = []
    unreadable: list[str] = []
    room, left_out = BYTES, 0
    with run_reader(folder.parent) as reader:
        for file in _files(folder, results.run.id):
            if len(found) == RUNS:
                break
            room -= file.stat().st_size
            if room < 0:
                left_out += 1
                continue
            before = _read(file.parent, reader)
            if before is None:
                unreadable.append(shown(file.parent.name))
            elif before.run.matrix == results.run.matrix:
                found.append(_record(before, results, numbers, strings))
    return Earlier(runs=tuple(found), left_out=left_out, unreadable=tuple(unreadable))


def _files(folder: Path, run: str) -> Iterator[Path]:
    """Yield the results of runs whose names sort before this run's, the newest first: names begin with the time."""
    names = (file for file in folder.parent.glob(f"*/{RESULTS}") if not file.parent.is_symlink())
    yield from sorted(
        (file for file in names if file.parent.name < run), key=lambda file: file.parent.name, reverse=True
    )


def _read(folder: Path, reader: RunReader) -> Results | None:
    try:
        return reader(folder)
    except ResultsError:
        return None


def _record(before: Results, after: Results, numbers: dict[str, int], strings: Strings) -> dict[str, Any]:
    compared = compare(before, after)
    changes = [_change(change, numbers, strings) for change in compared.changes if change.kind is not Kind.UNCHANGED]
    return {
        "id": before.run.id,
        "started": before.run.started.isoformat(),
        "unlike": [strings.text(phrase) for phrase in compared.unlike],
        "unchanged": len(compared.of(Kind.UNCHANGED)),
        "changes": changes,
        "programs": [_program(change, strings) for change in compared.programs if change.kind is not Kind.UNCHANGED],
        "programs_unchanged": sum(change.kind is Kind.UNCHANGED for change in compared.programs),
    }


def _program(change: ProgramChange, strings: Strings) -> list[Any]:
    """Return what became of a program's cell: its id, kind, whether it got better (1) or worse (-1), what differs."""
    better = int(change.improvement) - int(change.regression)
    before = standing_of_program(change.before) if change.before else None
    what = change.what[:PHRASES] or ((f"was {before}",) if change.kind is Kind.GONE else ("not in that run",))
    return [strings.text(change.cell), str(change.kind), better, [strings.text(phrase) for phrase in what]]


def _change(change: Change, numbers: dict[str, int], strings: Strings) -> list[Any]:
    better = int(change.improvement) - int(change.regression)
    before = standing(change.before) if change.before else None
    what = (*change.what[:PHRASES], *change.notes)
    place = numbers.get(change.cell)
    return [
        strings.text(change.cell) if place is None else None,
        place,
        str(change.kind),
        better,
        strings.text(before),
        [strings.text(phrase) for phrase in what],
    ]
