"""Shows one cell of a program: what was found, what it asked, wrote and left; as a page, and as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from harness.plan.selection import find_cell
from harness.results.compare.program_changes import cells_of
from harness.results.program_results import ProgramCell
from harness.results.run_folder import relative
from harness.results.run_standing import standing
from harness.shared.amounts import counted
from harness.shared.bounded_reading import inside, read_bytes
from harness.shared.errors import ResultsError
from harness.shared.mask import Masker
from harness.views.terminal.observed_page import observed_of_cell, pace_of_cell
from harness.views.terminal.program_grid import all_difference_lines, standing_words
from harness.views.terminal.style import beside, printable, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from harness.results.results_model import Results
    from harness.views.terminal.style import Style

_OUTPUT = "output.txt"
_MOST = 2**20
"""Bytes of a program's output that are read; its file may have more."""

_LINES = 40
"""The last lines of its output that are shown; ``--json`` has those that were read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenProgram:
    """Cell ``id`` of a program, of the run in ``folder``."""

    id: str
    results: Results
    folder: Path
    cell: ProgramCell

    @property
    def command(self) -> tuple[str, ...]:
        """The words of the program's command."""
        return next(each.command for each in self.results.programs.values() if self.id in each.cells)

    @property
    def files(self) -> list[str]:
        """What it left, as a person would type the paths."""
        return [f"{relative(self.folder)}/{file}" for file in self.cell.artifacts if (self.folder / file).exists()]

    def output(self) -> list[str]:
        """Return the lines that it wrote, with accounts masked; those in the results if the file is gone."""
        named = next((file for file in self.cell.artifacts if file.endswith(f"/{_OUTPUT}")), None)
        try:
            text = None if named is None else read_bytes(inside(self.folder, named), _MOST).decode("utf-8", "replace")
        except (ResultsError, FileNotFoundError):
            text = None
        return Masker().text(self.cell.output if text is None else text).splitlines()


def find_program(results: Results, folder: Path, word: str) -> SeenProgram:
    """Return the cell of a program that a person means.

    Raises:
        NoSuchCellError: no cell of a program of the run matches.
        SelectionError: several match.
    """
    cells = cells_of(results)
    found = find_cell(word, cells)
    return SeenProgram(id=found, results=results, folder=folder, cell=cells[found])


def program_document(seen: SeenProgram) -> dict[str, Any]:
    """The cell as plain JSON data: its record, and what it wrote."""
    return {
        "run": seen.results.run.id,
        "matrix": seen.results.run.matrix,
        "cell": seen.id,
        "command": list(seen.command),
        **TypeAdapter(ProgramCell).dump_python(seen.cell, mode="json"),
        "written": seen.output(),
    }


def draw_program(seen: SeenProgram, *, width: int, style: Style) -> str:
    """The cell in sections for a terminal of ``width`` characters; paths and commands stay on one line."""
    return "\n".join(style.plain(line) for line in _lines(seen, width))


def _lines(seen: SeenProgram, width: int) -> Iterator[str]:
    cell = seen.cell
    yield seen.id
    how_far = standing(seen.results.run)
    run = f"{seen.results.run.id} of {seen.results.run.matrix}"
    yield from _section("run", [run if how_far is None else f"{run}, {how_far}"], width)
    yield from _section("result", result_sentences(cell), width)
    yield from _section("program", [" ".join(seen.command), *([f"with {cell.library}"] if cell.library else [])], width)
    yield from _section("gateway", _gateway(seen), width)
    yield from _section("otherwise", all_difference_lines(cell), width)
    yield from _section("asked", _asked(cell), width)
    yield from _section("careful", cell.cautions, width)
    yield from _section("observed", observed_of_cell(cell), width)
    yield from _section("end", _end(cell), width)
    written = seen.output()
    more = [f"… {counted(len(written) - _LINES, 'line')} before"] if len(written) > _LINES else []
    yield from beside("wrote", [*more, *(printable(line) for line in written[-_LINES:])])
    yield from beside("files", seen.files or ["no evidence was left"])
    yield from beside("rerun", [cell.rerun])


def result_sentences(cell: ProgramCell) -> Iterator[str]:
    """Yield how the cell stands, and why."""
    today = "; the others are compared with it" if cell.today else ""
    yield f"{standing_words(cell)}{today}"
    if cell.reason:
        yield cell.reason
    if cell.lacks:
        yield f"not simulated, or not in the recording: {', '.join(cell.lacks)}"


def _gateway(seen: SeenProgram) -> Iterator[str]:
    cell, known = seen.cell, seen.results.gateways.get(seen.cell.gateway)
    kind = f", {known.kind}" if known else ""
    spoken = ", ".join(map(str, cell.server_versions)) or "unknown"
    yield f"{cell.gateway}{kind}; negotiated server version {spoken}"


def _asked(cell: ProgramCell) -> Iterator[str]:
    yield from (f"{each.count} {each.name}: {each.outcome}" for each in cell.requests)
    if cell.finding is not None and not cell.requests:
        yield "nothing"
    if cell.orders:
        yield f"{counted(cell.orders, 'order')} placed or changed"


def _end(cell: ProgramCell) -> Iterator[str]:
    yield from pace_of_cell(cell)
    if cell.end:
        yield f"{cell.end}, after {cell.seconds:.1f} s"
    if cell.left:
        yield f"processes that it left behind, and that were ended: {cell.left}"


def _section(label: str, sentences: Iterable[str], width: int) -> Iterator[str]:
    yield from beside(label, (line for sentence in sentences for line in wrapped(printable(sentence), width)))
