"""Makes a badge: the JSON that shields.io's endpoint draws (https://shields.io/badges/endpoint-badge)."""

from __future__ import annotations

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
    counts, passed = results.run.counts, results.run.counts.get(Status.PASS, 0)
    if code is ExitCode.INTERRUPTED:
        return "interrupted"
    if code is ExitCode.HARNESS_FAILED:
        unanswered = sum(counts.get(status, 0) for status in (Status.ERROR, Status.NOT_RUN, Status.SKIPPED))
        return f"{unanswered} of {len(results.cells)} without an answer"
    if code is ExitCode.INCOMPATIBLE:
        unexpected = sum(number for verdict, number in results.run.verdicts.items() if verdict != Verdict.AS_EXPECTED)
        return f"{unexpected} of {len(results.cells)} not as expected"
    skipped = counts.get(Status.SKIPPED, 0)
    known = len(results.cells) - passed - skipped
    parts = [f"{passed} pass", f"{known} as expected" if known else "", f"{skipped} not asked" if skipped else ""]
    return ", ".join(filter(None, parts))
