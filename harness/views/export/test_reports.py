"""Writes test reports: JUnit XML, as CI systems read it, and CTRF, the Common Test Report Format, in JSON.

CTRF is specified at https://ctrf.io. Both know a cell as passed, failed, error or skipped. JUnit has no single schema.
The output conforms to the two most common ones: that of Ant's JUnit task, which is stricter, and that of Jenkins' xUnit
plugin.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from junitparser import Attr, Error, Failure, JUnitXml, Skipped, SystemErr, SystemOut, TestCase, TestSuite

from harness.results.run_standing import exit_code
from harness.shared.errors import ExitCode
from harness.views.export.report_cases import Case, Outcome, cases
from harness.views.terminal.style import printable

if TYPE_CHECKING:
    from datetime import datetime

    from junitparser.junitparser import FinalResult

    from harness.results.results_model import Results

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
    tests = [_test(case) for case in cases(results)]
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
        "suites": len({suite for test in tests for suite in test["suite"]}),
        "start": _moment(results.run.started),
        "stop": _moment(results.run.ended),
    }


def _test(case: Case) -> dict[str, Any]:
    test = {
        "id": _uuid(f"cell/{case.name}"),
        "name": case.name,
        "status": _STATUSES[case.outcome],
        "duration": round(case.seconds * 1000),
        "suite": [case.row],
        "rawStatus": str(case.status),
        "tags": list(case.tags),
        "extra": dict(case.extra),
    }
    if case.outcome is not Outcome.PASSED:
        test |= {"message": case.message, "trace": case.text}
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
    of_row: dict[str, list[Case]] = {}
    for case in cases(results):
        of_row.setdefault(case.row, []).append(case)
    document = JUnitXml()
    for number, (row, of_it) in enumerate(of_row.items()):
        document.append(_suite(number, row, of_it, results))
    written: bytes = document.tostring()
    return _DECLARATION + _COMMAND.sub(rb"\1&#58;", _MARK.sub(rb"\1&#91;", written))


def _suite(number: int, row: str, of_it: list[Case], results: Results) -> _Suite:
    suite = _Suite(row)
    suite.id, suite.package = str(number), "ib-compat"
    suite.timestamp, suite.hostname = f"{results.run.started:%Y-%m-%dT%H:%M:%S}", "localhost"
    run = {"run": results.run.id, "ib-compat": results.run.ib_compat, "matrix": results.run.matrix}
    for name, value in {**run, **of_it[0].properties}.items():
        suite.add_property(name, printable(value))
    suite.add_testcases([_case(case) for case in of_it])
    suite.time = round(sum(case.seconds for case in of_it), _MILLISECONDS)
    suite.append(SystemOut(""))
    suite.append(SystemErr(""))
    return suite


def _case(case: Case) -> TestCase:
    test = TestCase(case.gateway, case.row, round(case.seconds, _MILLISECONDS))
    if case.outcome is not Outcome.PASSED:
        test.result = _result(case)
    return test


def _result(case: Case) -> FinalResult:
    result = _RESULTS[case.outcome](case.message, case.kind)
    result.text = case.text
    return result
