"""Describes issues for a tracker: one for each row that is broken against a gateway, the same one every night.

The program that opens them recognises an issue by its ``marker``, with which the issue's text begins. The
``fingerprint`` tells it whether there is anything new to say.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from harness.plan.matrix.expect import Verdict
from harness.shared.status import Status
from harness.views.export.report_cases import rules_of, text

if TYPE_CHECKING:
    from harness.results.results_model import CellInfo, Results
    from harness.views.terminal.cell_words import Rules

_SAYS_NOTHING = frozenset({Status.SKIPPED, Status.NOT_RUN, Status.ERROR})
"""Statuses that say nothing about the library; a cell with one of them neither opens nor closes an issue."""

_LONGEST = 20_000
"""The most characters of a cell's text; GitHub accepts 65,536 for the whole issue."""

_FENCE = re.compile(r"~{3,}")
_DIGITS = 16


def issues(results: Results, *, link: str | None = None) -> dict[str, Any]:
    """Return the broken cells as issues, and the cells that are well, whose issues may be closed.

    Args:
        results: the run.
        link: the address of the run.

    Returns:
        ``broken`` has an entry for each unexpectedly red cell: cell, row, gateway, title, body, marker and fingerprint.
        ``well`` has the marker of each cell that is as expected, or better. A cell that was not asked, or met an error
        of ours, is in neither.
    """
    rules = rules_of(results)
    said = {name: cell for name, cell in results.cells.items() if cell.status not in _SAYS_NOTHING}
    return {
        "run": results.run.id,
        "broken": [_issue(name, cell, rules, results.run.id, link) for name, cell in said.items() if _is_broken(cell)],
        "well": [marker_of(name) for name, cell in said.items() if not _is_broken(cell)],
    }


def marker_of(name: str) -> str:
    """The invisible marker in a cell's issue, which no other issue has."""
    return f"<!-- ib-compat: {name} -->"


def _is_broken(cell: CellInfo) -> bool:
    return cell.expected.verdict is Verdict.UNEXPECTED_FAIL


def _issue(name: str, cell: CellInfo, rules: Rules, run: str, link: str | None) -> dict[str, str]:
    fingerprint = _fingerprint(cell)
    seen = f"[{run}]({link})" if link else run
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
    seen = repr((cell.status, cell.stage, code, cell.negotiated, installed, broken))
    return hashlib.sha256(seen.encode()).hexdigest()[:_DIGITS]


def _fenced(said: str) -> str:
    """Return the text in a fence, so that markup in it has no effect and names in it notify nobody."""
    longest = max((len(found) for found in _FENCE.findall(said)), default=2)
    fence = "~" * (longest + 1)
    return f"{fence}text\n{said}\n{fence}"
