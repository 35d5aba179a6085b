"""JUnit XML, as CI systems read it: a suite for each row, a case for each cell.

There is no one schema. What is written here obeys both that are used most: the one of Ant's JUnit task, which asks for
more, and the one of Jenkins' xUnit plugin.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from junitparser import Attr, Error, Failure, JUnitXml, Skipped, SystemErr, SystemOut, TestCase, TestSuite

from harness.views.export.case_outcome import Outcome, headline, outcome_of, rules_of, text
from harness.views.terminal.style import printable

if TYPE_CHECKING:
    from junitparser.junitparser import FinalResult

    from harness.results.results_model import CellInfo, Results
    from harness.views.terminal.cell_words import Rules

_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_MILLISECONDS = 3
_COMMAND = re.compile(rb"(?m)^(\W*?):(?=:)")
_MARK = re.compile(rb"(##\w*)\[")
"""What a job's log takes for commands, where the file is shown in one: spelt so that XML means the same."""

_RESULTS: dict[Outcome, type[FinalResult]] = {
    Outcome.FAILED: Failure,
    Outcome.ERROR: Error,
    Outcome.SKIPPED: Skipped,
}


class _Suite(TestSuite):
    """With the attributes that Ant's schema asks for too."""

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
