"""What was expected of a cell beside what was observed, where the two can be told apart in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.status import Status

if TYPE_CHECKING:
    from harness.results.model import CellInfo, CheckInfo

_QUIET = frozenset({Status.PASS, Status.SKIPPED, Status.UNSUPPORTED})


def observed(cell: CellInfo) -> list[tuple[str, str, str]]:
    """Return what, what was expected of it, and what was observed, a tuple each."""
    return [*_versions(cell), *(line for check in cell.checks for line in _of_check(check))]


def _versions(cell: CellInfo) -> Iterator[tuple[str, str, str]]:
    predicted, negotiated = ("none" if each is None else str(each) for each in (cell.predicted, cell.negotiated))
    speaks = f"{cell.client_range.min} to {cell.client_range.max}" if cell.client_range else "an unknown range"
    gateway = "an unknown version" if cell.gateway_max is None else str(cell.gateway_max)
    if cell.status is not Status.SKIPPED:
        why = f"{predicted} (the client speaks {speaks}, the gateway up to {gateway})"
        yield "server version", why, negotiated


def _of_check(check: CheckInfo) -> Iterator[tuple[str, str, str]]:
    """Its status where it is not simply a pass, then each value that is not the truth."""
    expected = check.expected
    if expected is not None or check.status not in _QUIET:
        statuses = " or ".join(expected.status) if expected else "pass"
        rule = f", by [[expect]] {expected.rule}" if expected and expected.rule is not None else ""
        yield check.name, f"{statuses}{rule}", str(check.status)
    differences = check.detail.get("differences")
    for difference in differences if isinstance(differences, list) else ():
        yield _parted(check.name, str(difference))


def _parted(check: str, difference: str) -> tuple[str, str, str]:
    """Take ``what: expected this, got that`` apart, as ``harness.run.compare`` puts it; else leave it whole."""
    what, _, rest = difference.partition(": expected ")
    expected, _, got = rest.rpartition(", got ")
    return (f"{check}: {what}", expected, got) if expected else (check, "the truth", difference)
