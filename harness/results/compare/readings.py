"""Names what libraries read differently from the same recording: the value that was sent, who read it, and who did not.

A gateway that is replayed answers every library with the same recorded messages, in the version that each negotiates.
What a version does not have, or writes in another way, is no difference: such a check is unsupported, or skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.shared.evidence import Against
from harness.shared.status import Status

if TYPE_CHECKING:
    from harness.results.results_model import CellInfo, CheckInfo, Results

_BY_WHAT_WAS_SENT = frozenset({Against.WIRE, Against.BOTH, Against.CODEC})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A value that not every library read as it was sent.

    Args:
        check: the check that asked.
        where: the record; empty outside of records.
        field: the field, or ``record`` for a whole record.
        sent: what the recording has, as text.
        others: what libraries read instead, as text, each with their rows.
        as_sent: the rows that read what was sent.
    """

    check: str
    where: str
    field: str
    sent: str
    others: Mapping[str, tuple[str, ...]]
    as_sent: tuple[str, ...]


def readings(results: Results, gateway: str) -> list[Reading]:
    """Return what the libraries that asked a gateway read otherwise than it was sent, in the order of the checks."""
    told: dict[tuple[str, str, str, str], dict[str, list[str]]] = {}
    cells = {cell.row: cell for cell in results.cells.values() if cell.gateway == gateway}
    for row, cell in cells.items():
        for check in cell.checks:
            for where, field, sent, got in _misread(check):
                told.setdefault((check.name, where, field, sent), {}).setdefault(got, []).append(row)
    return [
        Reading(
            check=check,
            where=where,
            field=field,
            sent=sent,
            others={got: tuple(rows) for got, rows in others.items()},
            as_sent=tuple(row for row, cell in cells.items() if _reads_as_sent(cell, check, where, field)),
        )
        for (check, where, field, sent), others in told.items()
    ]


def _misread(check: CheckInfo) -> Iterator[tuple[str, str, str, str]]:
    """Yield record, field, what was sent and what was read, of each value that differs from the transcript."""
    if check.status is Status.DEGRADED and check.detail.get("against") in _BY_WHAT_WAS_SENT:
        for part in _parts(check):
            yield part.get("where", ""), part.get("field", ""), part.get("expected", ""), part.get("got", "")


def _parts(check: CheckInfo) -> list[dict[str, Any]]:
    parts = check.detail.get("parts", [])
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _reads_as_sent(cell: CellInfo, name: str, where: str, field: str) -> bool:
    """Return whether a cell asked, and read this value as it was sent to it."""
    check = next((each for each in cell.checks if each.name == name), None)
    if check is None or check.status not in {Status.PASS, Status.DEGRADED}:
        return False
    if check.status is Status.PASS:
        return True
    known = check.detail.get("against") in _BY_WHAT_WAS_SENT
    return known and not any((part.get("where", ""), part.get("field", "")) == (where, field) for part in _parts(check))
