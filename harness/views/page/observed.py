"""What was expected of a cell beside what was observed, by the parts of each difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.shared.status import Status

if TYPE_CHECKING:
    from harness.results.results_model import CellInfo, CheckInfo

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
    for what, right, got in _differences(check.detail):
        yield (f"{check.name}: {what}", right, got) if what else (check.name, "the truth", got)


def _differences(detail: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield what differs, what it should be, and what was read; of results from before it is known in words only.

    What is cut off of a long list says so in words, too.
    """
    parts, words = detail.get("parts"), detail.get("differences")
    known = isinstance(parts, list) and any(isinstance(part, dict) for part in parts)
    for each in parts if known and isinstance(parts, list) else words if isinstance(words, list) else ():
        yield _parts(each) if isinstance(each, dict) else ("", "", str(each))


def _parts(part: Mapping[str, Any]) -> tuple[str, str, str]:
    """Make the row of one difference; where nobody knows what is right, beside who read what."""
    what = ": ".join(str(part[name]) for name in ("where", "field") if name in part)
    read = (f"{voice['value']} read by {', '.join(voice['by'])}" for voice in part.get("read", ()))
    return what, str(part.get("expected", "; ".join(read))), str(part.get("got", ""))
