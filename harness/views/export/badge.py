"""Makes a badge: the JSON that shields.io's endpoint draws (https://shields.io/badges/endpoint-badge)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from harness.plan.matrix.expect import Verdict
from harness.results.run_standing import exit_code
from harness.shared.errors import ExitCode
from harness.shared.status import Status

if TYPE_CHECKING:
    from harness.results.results_model import Results

_COLOURS = {
    ExitCode.AS_EXPECTED: "brightgreen",
    ExitCode.INCOMPATIBLE: "red",
    ExitCode.HARNESS_FAILED: "orange",
    ExitCode.INTERRUPTED: "lightgrey",
}


def badge(results: Results) -> dict[str, Any]:
    """Return the badge's JSON; its colour follows from the run's exit code."""
    code = exit_code(results)
    return {
        "schemaVersion": 1,
        "label": "ib-compat",
        "message": _message(results, code),
        "color": _COLOURS[code],
        "isError": code is ExitCode.HARNESS_FAILED,
    }


def _message(results: Results, code: ExitCode) -> str:
    programs = [cell for program in results.programs.values() for cell in program.cells.values()]
    counts, every = Counter(results.run.counts), len(results.cells) + len(programs)
    if code is ExitCode.INTERRUPTED:
        return "interrupted"
    if code is ExitCode.HARNESS_FAILED:
        unanswered = sum(counts[status] for status in (Status.ERROR, Status.NOT_RUN, Status.SKIPPED))
        return f"{unanswered + sum(not cell.answers for cell in programs)} of {every} without an answer"
    if code is ExitCode.INCOMPATIBLE:
        verdicts = Counter(results.run.verdicts) + Counter(cell.expected for cell in programs)
        return f"{verdicts.total() - verdicts[Verdict.AS_EXPECTED]} of {every} not as expected"
    passed = counts[Status.PASS] + sum(cell.status is Status.PASS for cell in programs)
    skipped = counts[Status.SKIPPED]
    known = every - passed - skipped
    parts = [f"{passed} pass", f"{known} as expected" if known else "", f"{skipped} not asked" if skipped else ""]
    return ", ".join(filter(None, parts))
