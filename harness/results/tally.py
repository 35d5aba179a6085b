"""How many cells there are of each status and of each verdict."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from harness.plan.matrix.expect import Verdict
from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.results.results_model import CellInfo


def tally(cells: Iterable[CellInfo]) -> tuple[dict[Status, int], dict[Verdict, int]]:
    """Cells by status and by verdict; what there is none of is left out."""
    statuses, verdicts = Counter[Status](), Counter[Verdict]()
    for cell in cells:
        statuses[cell.status] += 1
        verdicts[cell.expected.verdict] += 1
    return {status: statuses[status] for status in Status if statuses[status]}, dict(verdicts)
