"""Holds what a library answered against the ground truth of a simulated gateway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from harness.cell.expected import Expected, Records
from harness.evidence import CheckRecord
from harness.gateways.base import GroundTruth
from harness.run.same import Asked, same, shown
from harness.status import Status

_Key = tuple[object, ...]


def compared(check: CheckRecord, truth: GroundTruth, asked: Asked) -> CheckRecord:
    """Return the check as it is, or ``degraded`` where it passed and its answer is not the truth.

    The reason names record, field, expected and got of the first difference, and how many more there are; the detail
    has them all.
    """
    if check.status is not Status.PASS or check.name not in truth:
        return check
    differences = list(_differences(truth[check.name], check.detail, asked))
    if not differences:
        return check
    more = f" (and {len(differences) - 1} more differences)" if len(differences) > 1 else ""
    detail = {**check.detail, "differences": differences}
    return replace(check, status=Status.DEGRADED, reason=f"not the truth: {differences[0]}{more}", detail=detail)


def _differences(expected: Mapping[str, Expected | Records], got: Mapping[str, object], asked: Asked) -> Iterator[str]:
    for name, value in expected.items():
        if isinstance(value, Records):
            yield from _in_records(name, value, got.get(name), asked)
        else:
            yield from _in_field(value, got, name, asked)


def _in_field(expected: Expected, got: Mapping[str, object], name: str, asked: Asked) -> Iterator[str]:
    if name not in got:
        yield f"{name}: expected {shown(expected, asked)}, got no such field"
    elif not same(expected, got[name], asked):
        yield f"{name}: expected {shown(expected, asked)}, got {got[name]!r}"


def _in_records(name: str, expected: Records, got: object, asked: Asked) -> Iterator[str]:
    if not isinstance(got, list) or not all(isinstance(record, Mapping) for record in got):
        yield f"{name}: expected {len(expected.rows)} records, got {got!r}"
        return
    left: dict[_Key, list[Mapping[str, object]]] = {}
    for record in got:
        left.setdefault(_key(expected, record), []).append(record)
    for row in expected.rows:
        found = left.get(_key(expected, row))
        if found:
            yield from _in_record(_title(expected, row), row, found.pop(0), asked)
        else:
            yield f"{_title(expected, row)}: expected a record, got none"
    for records in left.values():
        yield from (f"{_title(expected, record)}: expected no such record, got {dict(record)}" for record in records)


def _in_record(title: str, row: Mapping[str, Expected], record: Mapping[str, object], asked: Asked) -> Iterator[str]:
    for field, value in row.items():
        yield from (f"{title}: {difference}" for difference in _in_field(value, record, field, asked))


def _key(records: Records, record: Mapping[str, object]) -> _Key:
    return tuple(str(record.get(field)) for field in records.key)


def _title(records: Records, record: Mapping[str, object]) -> str:
    return ", ".join(f"{field} {record.get(field)}" for field in records.key)
