"""Describes issues for a tracker: one for each row that is broken against a gateway, the same one every night.

So has each program that does something else with a gateway than it does today.

The program that opens them recognises an issue by its ``marker``, with which the issue's text begins. The
``fingerprint`` tells it whether there is anything new to say.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from harness.plan.matrix.expect import Verdict
from harness.results.compare.program_changes import cells_of, is_well
from harness.shared.status import Status
from harness.views.export.report_cases import program_text, rules_of, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.results.program_results import ProgramCell
    from harness.results.results_model import CellInfo, Results
    from harness.views.terminal.cell_words import Rules

_SAYS_NOTHING = frozenset({Status.SKIPPED, Status.NOT_RUN, Status.ERROR})
"""Statuses that say nothing about the library; a cell with one of them neither opens nor closes an issue."""

SINCE = "It does so since "
"""The line that the program which opens issues keeps of the issue that is there: it may know more nights."""

_LONGEST = 20_000
"""The most characters of a cell's text; GitHub accepts 65,536 for the whole issue."""

_FENCE = re.compile(r"~{3,}")
_DIGITS = 16


def issues(results: Results, *, link: str | None = None, earlier: Sequence[Results] = ()) -> dict[str, Any]:
    """Return the broken cells as issues, and the cells that are well, whose issues may be closed.

    Args:
        results: the run.
        link: the address of the run.
        earlier: earlier runs, the oldest first, which know since when a program does something else.

    Returns:
        ``broken`` has an entry for each unexpectedly red cell: cell, row, gateway, title, body, marker and fingerprint.
        ``well`` has the marker of each cell that is as expected, or better. A cell that was not asked, or met an error
        of ours, is in neither; nor is a program of which nobody can tell.
    """
    rules = rules_of(results)
    said = {name: cell for name, cell in results.cells.items() if cell.status not in _SAYS_NOTHING}
    seen = f"[{results.run.id}]({link})" if link else results.run.id
    programs = {name: cell for name, cell in cells_of(results).items() if cell.answers}
    broken = [_issue(name, cell, rules, seen) for name, cell in said.items() if _is_broken(cell)]
    broken += [
        _program_issue(name, cell, seen, _since(name, cell, results, earlier))
        for name, cell in programs.items()
        if not is_well(cell)
    ]
    well = [marker_of(name) for name, cell in said.items() if not _is_broken(cell)]
    well += [marker_of(name) for name, cell in programs.items() if is_well(cell)]
    return {"run": results.run.id, "broken": broken, "well": well}


def marker_of(name: str) -> str:
    """The invisible marker in a cell's issue, which no other issue has."""
    return f"<!-- ib-compat: {name} -->"


def _is_broken(cell: CellInfo) -> bool:
    return cell.expected.verdict is Verdict.UNEXPECTED_FAIL


def _issue(name: str, cell: CellInfo, rules: Rules, seen: str) -> dict[str, str]:
    fingerprint = _fingerprint(cell)
    marks = f"{marker_of(name)}\n<!-- fingerprint: {fingerprint} -->"
    what = _fenced(text(name, cell, rules)[:_LONGEST])
    return {
        "cell": name,
        "row": cell.row,
        "gateway": cell.gateway,
        "title": f"{cell.row} is broken against {cell.gateway}",
        "body": f"{marks}\nRun {seen} saw:\n\n{what}\n\nThe nightly run closes this issue when the cell works again.\n",
        "marker": marker_of(name),
        "fingerprint": fingerprint,
    }


def _fingerprint(cell: CellInfo) -> str:
    """Return a value that stays the same while the cell is broken in the same way.

    The texts are not in it, because they quote ports, times and ids, which change.
    """
    code = cell.diagnosis.code if cell.diagnosis else None
    installed = cell.resolved.version if cell.resolved else None
    broken = [f"{check.name} {check.status}" for check in cell.checks if check.status is not Status.PASS]
    return _hashed((cell.status, cell.stage, code, cell.negotiated, installed, broken))


def _program_issue(name: str, cell: ProgramCell, seen: str, since: str) -> dict[str, str]:
    fingerprint = _hashed(
        (cell.status, cell.server_versions, sorted({(each.kind, each.where) for each in cell.differences}))
    )
    marks = f"{marker_of(name)}\n<!-- fingerprint: {fingerprint} -->"
    what = _fenced(program_text(name, cell)[:_LONGEST])
    closes = "The nightly run closes this issue when it does again what it does today, or what is expected."
    return {
        "cell": name,
        "row": cell.row,
        "gateway": cell.gateway,
        "title": f"{cell.row} does something else on {cell.gateway}",
        "body": f"{marks}\n{SINCE}{since}.\n\nRun {seen} saw:\n\n{what}\n\n{closes}\n",
        "marker": marker_of(name),
        "fingerprint": fingerprint,
    }


def _since(name: str, now: ProgramCell, results: Results, earlier: Sequence[Results]) -> str:
    """Return the first run from which on a program did something else; one without an answer is no break.

    Neither is one that compared it with something else, such as a step of a bisection.
    """
    first = results.run
    for run in reversed(earlier):
        cell = cells_of(run).get(name)
        if cell is None or not cell.answers or cell.compared_with != now.compared_with:
            continue
        if is_well(cell):
            break
        first = run.run
    return f"{first.started:%Y-%m-%d} (run {first.id})"


def _hashed(seen: object) -> str:
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:_DIGITS]


def _fenced(said: str) -> str:
    """Return the text in a fence, so that markup in it has no effect and names in it notify nobody."""
    longest = max((len(found) for found in _FENCE.findall(said)), default=2)
    fence = "~" * (longest + 1)
    return f"{fence}text\n{said}\n{fence}"
