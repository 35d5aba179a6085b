"""CTRF, the Common Test Report Format (https://ctrf.io), in JSON."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from harness.results.run_standing import exit_code
from harness.shared.errors import ExitCode
from harness.views.export.case_outcome import Outcome, headline, outcome_of, rules_of, text

if TYPE_CHECKING:
    from datetime import datetime

    from harness.results.results_model import CellInfo, Results
    from harness.views.terminal.cell_words import Rules

_SPECIFICATION = "0.0.0"
"""The version that the schema was read at; it has not reached 1."""

_STATUSES = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.ERROR: "failed",
    Outcome.SKIPPED: "skipped",
}
"""CTRF has no error. What is ours is ``failed`` too, since readers pass over ``other``; ``rawStatus`` has the word."""


def ctrf(results: Results) -> dict[str, Any]:
    """The run as a CTRF document; times are milliseconds."""
    rules = rules_of(results)
    tests = [_test(name, cell, rules) for name, cell in results.cells.items()]
    return {
        "reportFormat": "CTRF",
        "specVersion": _SPECIFICATION,
        "reportId": _uuid(f"run/{results.run.id}"),
        "timestamp": results.run.ended.isoformat(),
        "generatedBy": "ib-compat",
        "results": {
            "tool": {"name": "ib-compat", "version": results.run.ib_compat},
            "summary": _summary(tests, results),
            "tests": tests,
            "environment": {
                "reportName": results.run.id,
                "osVersion": results.run.host.os,
                "healthy": exit_code(results) is ExitCode.AS_EXPECTED,
                "extra": {"matrix": results.run.matrix, "python": results.run.host.python},
            },
        },
    }


def _summary(tests: list[dict[str, Any]], results: Results) -> dict[str, int]:
    counts = Counter(test["status"] for test in tests)
    return {
        "tests": len(tests),
        **{status: counts[status] for status in ("passed", "failed", "skipped", "pending", "other")},
        "suites": len({cell.row for cell in results.cells.values()}),
        "start": _moment(results.run.started),
        "stop": _moment(results.run.ended),
    }


def _test(name: str, cell: CellInfo, rules: Rules) -> dict[str, Any]:
    outcome = outcome_of(cell)
    test = {
        "id": _uuid(f"cell/{name}"),
        "name": name,
        "status": _STATUSES[outcome],
        "duration": round(cell.seconds * 1000),
        "suite": [cell.row],
        "rawStatus": str(cell.status),
        "tags": [cell.library, cell.gateway],
        "extra": {
            "expected": cell.expected.verdict,
            "stage": cell.stage,
            "negotiated": cell.negotiated,
            "fault": cell.fault,
            "verdict": cell.diagnosis.code if cell.diagnosis else None,
            "rerun": cell.rerun,
        },
    }
    if outcome is not Outcome.PASSED:
        test |= {"message": headline(cell, rules), "trace": text(name, cell, rules)}
    return test


def _moment(time: datetime) -> int:
    return round(time.timestamp() * 1000)


def _uuid(name: str) -> str:
    """The same for the same thing in every report."""
    return str(uuid5(NAMESPACE_URL, f"ib-compat/{name}"))
