"""Reads a cell from a run: its record and its files; picks the run if none is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from harness.plan.selection import find_cell
from harness.results.evidence_file import FILE as EVIDENCE
from harness.results.evidence_file import LogRecord, damage, read_evidence, read_log
from harness.results.packed_evidence import kept_inside, read_kept
from harness.results.results_files import read_left
from harness.results.results_json import json_data
from harness.results.run_folder import find_run, is_run_id, relative, run_folders
from harness.results.transcript_file import FILE, read_transcript
from harness.shared.errors import InputError, NoSuchCellError, ResultsError, SelectionError
from harness.shared.mask import Masker, accounts_in
from harness.shared.status import Status
from harness.views.terminal.program_show import SeenProgram, find_program
from harness.wire.transcript import Transcript
from harness.wire.transcript_words import in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from harness.results.results_model import CellInfo, Results
    from harness.views.terminal.cell_words import Rules

S = TypeVar("S", "Seen", SeenProgram, "Seen | SeenProgram")

OLDER = 20
"""The most older runs that are searched for a cell that the latest lacks; each has to be read whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Cell ``id`` of the run in ``folder``."""

    id: str
    results: Results
    folder: Path
    cell: CellInfo

    @property
    def rules(self) -> Rules:
        """The expectations of the run's matrix file, by number."""
        return {rule.rule: rule for rule in self.results.expectations}

    @property
    def files(self) -> list[str]:
        """The files of the cell's evidence that are there, as a person would type the paths."""
        return [f"{relative(self.folder)}/{file}" for file in self.cell.artifacts if (self.folder / file).exists()]

    def file(self, name: str) -> Path:
        """Return the path of a file of its evidence.

        Raises:
            InputError: the path goes through a link, which could lead anywhere.
        """
        return kept_inside(self.folder, f"cells/{self.id}/{name}")

    def damaged(self) -> dict[str, str]:
        """The damaged files of its evidence, each with the damage."""
        found = {EVIDENCE: self._evidence_damage(), FILE: self._wire_damage()}
        return {name: why for name, why in found.items() if why is not None}

    def _evidence_damage(self) -> str | None:
        try:
            return damage(self.file(EVIDENCE).parent)
        except InputError as problem:
            return _reason(problem)

    def _wire_damage(self) -> str | None:
        try:
            file = self.file(FILE)
            if not file.exists():
                return None
            read_transcript(file)
            return None if read_kept(file).endswith(b"\n") else "ends in the middle of a line"
        except ResultsError as problem:
            return _reason(problem)

    def log(self) -> list[LogRecord]:
        """What the library logged, with account numbers masked; nothing if the evidence is gone."""
        masker = self.masker()
        return [
            LogRecord(level=record.level, logger=record.logger, message=masker.text(record.message))
            for record in (read_log(self.place) if self._is_ours(EVIDENCE) else ())
        ]

    def wire(self) -> list[str]:
        """The decoded transcript, with account numbers masked; empty if the traffic was not recorded.

        If the transcript cannot be read, a line says so.
        """
        try:
            if not self.file(FILE).exists():
                return []
            return [str(line) for line in in_words(self.transcript(), mask=self.masker().text)]
        except ResultsError as problem:
            return [f"{FILE} {_reason(problem)}"]

    def transcript(self) -> Transcript:
        """Return the transcript.

        Raises:
            ResultsError: the traffic was not recorded, or the file is gone.
            InputError: the file cannot be read.
        """
        if not self.file(FILE).exists():
            raise ResultsError(
                f"{self.id}: the traffic was not recorded",
                hint="Run it again without --no-record; a cell that never connected has no wire.",
            )
        return read_transcript(self.file(FILE))

    def masker(self) -> Masker:
        """Return a masker that knows the accounts that the cell saw."""
        return Masker(accounts_in(read_evidence(self.place).checks) if self._is_ours(EVIDENCE) else ())

    def _is_ours(self, name: str) -> bool:
        try:
            self.file(name)
        except InputError:
            return False
        return True

    @property
    def place(self) -> Path:
        """The folder of its evidence."""
        return self.folder.joinpath("cells", *self.id.split("/"))


def _reason(problem: ResultsError) -> str:
    """Return the problem without the path, which may be long and is shown next to it."""
    return str(problem).partition(": ")[2] or str(problem)


def find_seen(folder: Path, word: str) -> Seen:
    """Return the cell of a run that a person means.

    Args:
        folder: the folder of the run.
        word: the cell's id, a glob, or a part of the id.

    Raises:
        NoSuchCellError: no planned cell of the run matches.
        SelectionError: several match.
        ResultsError: the run cannot be read.
    """
    return _cell_in(read_left(folder), folder, word)


def _cell_in(results: Results, folder: Path, word: str) -> Seen:
    absent = {cell.cell: cell.reason for cell in results.plan.absent}
    found = find_cell(word, [*results.cells, *absent])
    if found in absent:
        raise NoSuchCellError(f"{relative(folder)} has no result of {found}: {absent[found]}")
    return Seen(id=found, results=results, folder=folder, cell=results.cells[found])


def find_any(folder: Path, word: str) -> Seen | SeenProgram:
    """Return the cell of a run that a person means, or if there is none, that of a program.

    Raises:
        NoSuchCellError, SelectionError, ResultsError: as `find_seen`.
    """
    results = read_left(folder)
    if not results.programs:
        return _cell_in(results, folder, word)
    try:
        return _cell_in(results, folder, word)
    except NoSuchCellError as missing:
        try:
            return find_program(results, folder, word)
        except NoSuchCellError as none:
            raise (missing if results.cells else none) from None


def document(seen: Seen) -> dict[str, Any]:
    """The cell as plain JSON data: its record, and what the library logged."""
    return {
        "run": seen.results.run.id,
        "matrix": seen.results.run.matrix,
        "cell": seen.id,
        **json_data(seen.cell),
        "log": [{"level": each.level, "logger": each.logger, "message": each.message} for each in seen.log()],
        "wire": seen.wire(),
        "damaged": seen.damaged(),
    }


def seen_of(results: Path, run: str | None, word: str) -> Seen:
    """Return the cell from the named run, or without a name from the newest run that asked it.

    Raises:
        ResultsError, SelectionError: as `find_seen`.
    """
    return find_newest_seen(results, word) if run is None else find_seen(find_run(results, run), word)


def any_seen_of(results: Path, run: str | None, word: str) -> Seen | SeenProgram:
    """Return the same, or if there is no such cell, that of a program.

    Raises:
        ResultsError, SelectionError: as `find_seen`.
    """
    return _newest(results, word, find_any) if run is None else find_any(find_run(results, run), word)


def find_newest_seen(results: Path, word: str) -> Seen:
    """Return the cell that a person means, from the newest run that asked it.

    ``latest`` is the last complete run, but a person who has just run a selection means that run. So a run after the
    latest counts if the word matches one cell of it. An older run counts if the latest has no such cell.

    Raises:
        ResultsError, SelectionError: as `find_seen`, for the latest run.
    """
    return _newest(results, word, find_seen)


def find_newest_program(results: Path, word: str) -> SeenProgram:
    """Return the cell of a program that a person means, from the newest run that has tried it.

    Raises:
        ResultsError, SelectionError: as `find_seen`, for the latest run.
    """
    return _newest(results, word, lambda folder, name: find_program(read_left(folder), folder, name))


def _newest(results: Path, word: str, find: Callable[[Path, str], S]) -> S:
    latest = find_run(results)
    others = [each for each in run_folders(results) if is_run_id(each.name) and each.name != latest.name]
    newer = [each for each in others if each.name > latest.name]
    if (seen := _first(newer, word, find)) is not None:
        return seen
    try:
        return find(latest, word)
    except NoSuchCellError:
        if (seen := _first(others[len(newer) :][:OLDER], word, find)) is not None:
            return seen
        raise


def _first(folders: Iterable[Path], word: str, find: Callable[[Path, str], S]) -> S | None:
    return next((seen for seen in (_asked(folder, word, find) for folder in folders) if seen is not None), None)


def _asked(folder: Path, word: str, find: Callable[[Path, str], S]) -> S | None:
    """The cell if this run asked it; ``None`` if the run cannot be read, or the word is ambiguous in it."""
    try:
        seen = find(folder, word)
    except (ResultsError, SelectionError):
        return None
    return None if seen.cell.status is Status.NOT_RUN else seen
