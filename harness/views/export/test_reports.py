"""Writes test reports: JUnit XML, as CI systems read it, and CTRF, the Common Test Report Format, in JSON.

CTRF is specified at https://ctrf.io. Both know a cell as passed, failed, error or skipped. JUnit has no single schema.
The output conforms to the two most common ones: that of Ant's JUnit task, which is stricter, and that of Jenkins' xUnit
plugin.
"""

from __future__ import annotations

import re
from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from junitparser import Attr, Error, Failure, JUnitXml, Skipped, SystemErr, SystemOut, TestCase, TestSuite

from harness.plan.matrix.expect import Verdict
from harness.results.run_standing import exit_code
from harness.shared.errors import ExitCode
from harness.shared.status import Fault, Status
from harness.views.terminal.cell_words import in_full, words_of
from harness.views.terminal.style import printable

if TYPE_CHECKING:
    from datetime import datetime

    from junitparser.junitparser import FinalResult

    from harness.results.results_model import CellInfo, Results
    from harness.views.terminal.cell_words import Rules

_OURS = frozenset({Status.ERROR, Status.NOT_RUN})


class Outcome(StrEnum):
    """The outcome of a cell in a test report.

    ``FAILED``: it is incompatible, or it passed although the matrix file expects it not to. ``ERROR``: it was not asked
    as planned, which is ib-compat's failure. ``SKIPPED``: it was not or cannot be asked, or is red as expected.
    """

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


def outcome_of(cell: CellInfo) -> Outcome:
    """Return the outcome of a cell in a test report."""
    if cell.status in _OURS:
        return Outcome.ERROR
    if cell.expected.verdict is Verdict.AS_EXPECTED:
        return Outcome.PASSED if cell.status is Status.PASS else Outcome.SKIPPED
    return Outcome.ERROR if cell.fault is Fault.HARNESS else Outcome.FAILED


def rules_of(results: Results) -> Rules:
    """The expectations of the run's matrix file, by number."""
    return {rule.rule: rule for rule in results.expectations}


def headline(cell: CellInfo, rules: Rules) -> str:
    """One line: ``fail at version, though [[expect]] 1 says …: the gateway said nothing``."""
    words = words_of(cell, rules)
    return printable(" ".join(f"{words.standing}: {cell.reason or words.reason}".split()))


def text(name: str, cell: CellInfo, rules: Rules) -> str:
    """The lines about a cell that did not pass: why, verdict, what to do, evidence, rerun."""
    words = words_of(cell, rules)
    lines = [words.headline, words.reason, *words.also]
    if cell.diagnosis is not None:
        lines += in_full(cell.diagnosis)
    lines += [f"evidence: {file}" for file in cell.artifacts] or ["evidence: none was left"]
    return printable("\n".join([*lines, f"cell: {name}", f"rerun: {cell.rerun}"]))


_SPECIFICATION = "0.0.0"
"""The version of CTRF's schema that the output follows; CTRF has not reached version 1."""

_STATUSES = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.ERROR: "failed",
    Outcome.SKIPPED: "skipped",
}
"""CTRF has no error status. Our errors are ``failed``, too, because readers ignore ``other``; see ``rawStatus``."""


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
    """Return a UUID that is the same for the same name in every report."""
    return str(uuid5(NAMESPACE_URL, f"ib-compat/{name}"))


_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_MILLISECONDS = 3
_COMMAND = re.compile(rb"(?m)^(\W*?):(?=:)")
_MARK = re.compile(rb"(##\w*)\[")
"""Matches what a CI log that shows the file would take for a command; the XML gets another spelling of it."""

_RESULTS: dict[Outcome, type[FinalResult]] = {
    Outcome.FAILED: Failure,
    Outcome.ERROR: Error,
    Outcome.SKIPPED: Skipped,
}


class _Suite(TestSuite):
    """A test suite, with the attributes that Ant's schema also requires."""

    package = Attr()
    id = Attr()


def junit(results: Results) -> bytes:
    """The run as JUnit XML in UTF-8; failure is incompatible, error is ours, skipped is not asked or expected."""
    rules = rules_of(results)
    of_row: dict[str, list[tuple[str, CellInfo]]] = {}
    for name, cell in results.cells.items():
        of_row.setdefault(cell.row, []).append((name, cell))
    document = JUnitXml()
    for number, (row, cells) in enumerate(of_row.items()):
        document.append(_suite(number, row, cells, results, rules))
    written: bytes = document.tostring()
    return _DECLARATION + _COMMAND.sub(rb"\1&#58;", _MARK.sub(rb"\1&#91;", written))


def _suite(number: int, row: str, cells: list[tuple[str, CellInfo]], results: Results, rules: Rules) -> _Suite:
    suite = _Suite(row)
    suite.id, suite.package = str(number), "ib-compat"
    suite.timestamp, suite.hostname = f"{results.run.started:%Y-%m-%dT%H:%M:%S}", "localhost"
    for name, value in _properties(results, cells[0][1]).items():
        suite.add_property(name, printable(value))
    suite.add_testcases([_case(name, cell, rules) for name, cell in cells])
    suite.time = round(sum(cell.seconds for _, cell in cells), _MILLISECONDS)
    suite.append(SystemOut(""))
    suite.append(SystemErr(""))
    return suite


def _properties(results: Results, cell: CellInfo) -> dict[str, str]:
    installed = cell.resolved
    return {
        "run": results.run.id,
        "ib-compat": results.run.ib_compat,
        "matrix": results.run.matrix,
        "library": cell.library,
        "installed": f"{installed.distribution} {installed.version}" if installed else "nothing",
        "python": (installed.python if installed else None) or cell.python,
    }


def _case(name: str, cell: CellInfo, rules: Rules) -> TestCase:
    case = TestCase(cell.gateway, cell.row, round(cell.seconds, _MILLISECONDS))
    outcome = outcome_of(cell)
    if outcome is not Outcome.PASSED:
        case.result = _result(outcome, name, cell, rules)
    return case


def _result(outcome: Outcome, name: str, cell: CellInfo, rules: Rules) -> FinalResult:
    kind = cell.diagnosis.code if cell.diagnosis else str(cell.status)
    result = _RESULTS[outcome](headline(cell, rules), kind)
    result.text = text(name, cell, rules)
    return result
