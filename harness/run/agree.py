"""Holds the answers of the libraries against each other, where the gateway is real and nobody knows the truth.

What most libraries read is taken for right: who reads something else is ``degraded``, and the field is named with what
the others and what it read. Where no more than half agree, all of them are. Fields that change by themselves from one
asking to the next (`Check.varies`) are left out. An account that changes between two cells shows as a difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from harness.cell.check import EVERYTHING, Check
from harness.cell.checks import CHECKS
from harness.cell.expected import Expected, Records, Since
from harness.evidence import CellOutcome, CheckRecord
from harness.simulator.truth import load
from harness.status import Status

_Fact = tuple[str, str]
"""Where something is in an answer, and which field of it."""

_Answers = Mapping[str, Mapping[_Fact, object]]
"""What each cell read, by cell."""

_RECORD = "record"
"""The field that says that a record is there at all."""


def agreed(outcomes: Sequence[CellOutcome]) -> list[CellOutcome]:
    """Return the outcomes of one gateway's cells, with the checks degraded whose answers differ from the others'."""
    found = {check.name: dict(_differences(check, outcomes)) for check in CHECKS if _comparable(check)}
    return [_with(outcome, found) for outcome in outcomes]


def _comparable(check: Check) -> bool:
    return check.expected is not None and EVERYTHING not in check.varies


def _with(outcome: CellOutcome, found: Mapping[str, Mapping[str, list[str]]]) -> CellOutcome:
    checks = tuple(_degraded(check, found.get(check.name, {}).get(outcome.cell, [])) for check in outcome.checks)
    return replace(outcome, checks=checks)


def _degraded(check: CheckRecord, differences: list[str]) -> CheckRecord:
    if not differences:
        return check
    more = f" (and {len(differences) - 1} more differences)" if len(differences) > 1 else ""
    reason = f"the libraries disagree: {differences[0]}{more}"
    return replace(check, status=Status.DEGRADED, reason=reason, detail={**check.detail, "differences": differences})


def _differences(check: Check, outcomes: Iterable[CellOutcome]) -> Iterator[tuple[str, list[str]]]:
    """Yield each cell that differs, with what differs."""
    shape = _shapes()[check.name]
    answers = {
        outcome.cell: _facts(shape, record.detail, check, outcome.negotiated or 0)
        for outcome in outcomes
        for record in outcome.checks
        if record.name == check.name and record.status is Status.PASS
    }
    if len(answers) > 1:
        for cell in answers:
            yield cell, list(_of_cell(cell, answers))


def _of_cell(cell: str, answers: _Answers) -> Iterator[str]:
    facts = {fact for read in answers.values() for fact in read}
    for where, field in sorted(facts):
        fact = (where, field)
        if fact not in answers[cell]:
            if field == _RECORD:
                yield from _apart(fact, cell, answers)
            continue
        yield from _apart(fact, cell, answers)


def _apart(fact: _Fact, cell: str, answers: _Answers) -> Iterator[str]:
    where, field = fact
    asked = [read.get(fact) for read in answers.values() if fact in read or field == _RECORD]
    value, readers = Counter(asked).most_common(1)[0]
    got = answers[cell].get(fact)
    title = f"{where}: " if field == _RECORD else f"{where}: {field}: "
    if readers * 2 <= len(asked):
        yield f"{title}{' or '.join(sorted({repr(each) for each in asked}))}, got {got!r}"
    elif got != value:
        yield f"{title}{readers} of {len(asked)} read {value!r}, got {got!r}"


@cache
def _shapes() -> Mapping[str, Mapping[str, Expected | Records]]:
    """Return what the details of each check hold; the values are those of a simulated gateway."""
    truth = load("paper")
    return {check.name: check.expected(truth) for check in CHECKS if check.expected is not None}


def _facts(
    shape: Mapping[str, Expected | Records], detail: Mapping[str, object], check: Check, negotiated: int
) -> dict[_Fact, object]:
    facts: dict[_Fact, object] = {}
    for key, expected in shape.items():
        if isinstance(expected, Records):
            facts |= _of_records(expected, detail.get(key), check, negotiated)
        elif key not in check.varies and key in detail:
            facts[check.name, key] = _canonical(detail[key])
    return facts


def _of_records(shape: Records, rows: object, check: Check, negotiated: int) -> dict[_Fact, object]:
    facts: dict[_Fact, object] = {}
    gates = _gates(shape)
    for row in rows if isinstance(rows, list) else []:
        where = ", ".join(f"{name} {row.get(name)}" for name in shape.key)
        facts[where, _RECORD] = "a record"
        for name, value in row.items():
            if name not in shape.key and name not in check.varies and negotiated >= gates.get(name, 0):
                facts[where, name] = _canonical(value)
    return facts


def _gates(shape: Records) -> dict[str, int]:
    """Return the server versions at which fields begin that are not always on the wire."""
    return {name: value.version for row in shape.rows for name, value in row.items() if isinstance(value, Since)}


def _canonical(value: object) -> object:
    """Return a value that is equal where the answers are: lists as tuples, numbers but for the rounding of a double."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    return tuple(_canonical(each) for each in value) if isinstance(value, list) else value
