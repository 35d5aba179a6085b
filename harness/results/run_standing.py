"""Computes how a run stands: the number of cells of each kind, the exit code, and its progress."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from harness.plan.matrix.expect import Verdict
from harness.results.results_model import Unfinished
from harness.shared.errors import ExitCode
from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.results.results_model import CellInfo, GatewayInfo, Results, RunInfo


def tally(cells: Iterable[CellInfo]) -> tuple[dict[Status, int], dict[Verdict, int]]:
    """Cells by status and by verdict, without zero counts."""
    statuses, verdicts = Counter[Status](), Counter[Verdict]()
    for cell in cells:
        statuses[cell.status] += 1
        verdicts[cell.expected.verdict] += 1
    return {status: statuses[status] for status in Status if statuses[status]}, dict(verdicts)


def exit_code(results: Results) -> ExitCode:
    """Return the exit code of a run: 0 if every cell is as expected.

    An interrupted run gives 130. If the run does not answer the question, it gives 3: a cell is ``error`` or
    ``not-run``, or all cells were skipped, or those of a gateway that was lost or passed over. Cells that the user
    chose to leave out do not count. Any other unexpected red gives 1, and so does an unexpected pass, because the
    matrix file is wrong then, perhaps also about other versions. A program that could not be run gives 3, and so does
    one of which nobody can tell, if nothing is red and the matrix file does not expect that.
    """
    if results.run.interrupted:
        return ExitCode.INTERRUPTED
    counted = set(results.run.counts)
    programs = [cell for program in results.programs.values() for cell in program.cells.values()]
    counted |= {cell.status for cell in programs} & {Status.ERROR, Status.NOT_RUN}
    if counted & {Status.ERROR, Status.NOT_RUN} or counted == {Status.SKIPPED} or _left_a_gateway(results):
        return ExitCode.HARNESS_FAILED
    if {*results.run.verdicts, *(cell.expected for cell in programs)} - {Verdict.AS_EXPECTED}:
        return ExitCode.INCOMPATIBLE
    return ExitCode.AS_EXPECTED if all(cell.answers for cell in programs) else ExitCode.HARNESS_FAILED


def _left_a_gateway(results: Results) -> bool:
    """Return whether planned cells did not ask their gateway because it was passed over."""
    if any(gateway.passed_over is not None for gateway in results.gateways.values()):
        return True
    skipped = {cell.gateway for cell in results.cells.values() if cell.status is Status.SKIPPED}
    return any(_was_lost(results.gateways[name]) for name in skipped)


def _was_lost(gateway: GatewayInfo) -> bool:
    answered = [probe.passed for probe in gateway.probes]
    return True in answered and not answered[-1]


def how_far(run: RunInfo) -> str:
    """Return how many cells are finished, and how many were planned to be asked: ``143 of 240``."""
    asked = sum(count for status, count in run.counts.items() if status is not Status.SKIPPED)
    return f"{asked - run.counts.get(Status.NOT_RUN, 0)} of {asked}"


def standing(run: RunInfo) -> str | None:
    """Return how a run ended early, as ``interrupted at 143 of 240``; ``None`` if it was finished.

    How far a run of programs alone came is told by its programs.
    """
    at, where = (f"interrupted at {how_far(run)}", ", where") if run.counts else ("interrupted", ":")
    match run.unfinished:
        case Unfinished.RUNNING:
            return f"still running: {how_far(run)}" if run.counts else "still running"
        case Unfinished.DIED:
            return f"{at}{where} it ended without a word"
        case Unfinished.TORN:
            return f"{at}{where} it ended in the middle of a line of its journal, which is left out"
        case None:
            return at if run.interrupted else None


def unfinished_line(run: RunInfo) -> str | None:
    """Return the same as a sentence, with the command that asks the rest; ``None`` if it was finished."""
    words = standing(run)
    if words is None:
        return None
    return f"{words[0].upper()}{words[1:]}{_rest(run)}."


def left_in_line(run: RunInfo) -> str | None:
    """Return the same for a list of runs: ``20261120T101112Z-ab12: interrupted at 143 of 240; …``."""
    words = standing(run)
    return None if words is None else f"{run.id}: {words}{_rest(run)}"


def _rest(run: RunInfo) -> str:
    """Return the command that asks the rest; for parts, where to resume them; empty for a run that still runs."""
    if run.unfinished is Unfinished.RUNNING or run.parts:
        return ""
    return f"; `ib-compat run --resume {run.id}` asks the rest"
