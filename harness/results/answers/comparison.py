"""Compares what a library answered with what it should have read, and names each difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from harness.checks.expected import Every, Expected, Instant, Records, Shape
from harness.gateways.opened import GroundTruth
from harness.results.answers.same import Asked, moment_of, same, shown
from harness.shared.amounts import counted
from harness.shared.evidence import CheckRecord
from harness.shared.status import Status

_Key = tuple[object, ...]
_Row = Mapping[str, Expected]

RECORD = "record"
"""The field of a difference that is about a whole record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A value, and who read it."""

    value: str
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A value that a library read wrongly, or differently from other libraries.

    Args:
        where: the key of the record; empty outside of records.
        field: name of the field, or `RECORD` for a whole record.
        expected: what it should be, as text; ``None`` if unknown.
        got: what was read, as text.
        voices: all values that were read, including the cell's own, if nobody knows what it should be.
    """

    where: str
    field: str
    expected: str | None = None
    got: str
    voices: tuple[Voice, ...] = ()

    @property
    def text(self) -> str:
        """The same in words."""
        if self.expected is None:
            what = "times" if self.field == RECORD else self.field
            return f"{self.where}: {what}: {' or '.join(each.value for each in self.voices)}, got {self.got}"
        what = self.where if self.field == RECORD else ": ".join(filter(None, (self.where, self.field)))
        return f"{what}: expected {self.expected}, got {self.got}"

    @property
    def parts(self) -> dict[str, object]:
        """The same as JSON, without empty values."""
        voices = [{"value": each.value, "by": list(each.by)} for each in self.voices]
        told = {"where": self.where, "field": self.field, "expected": self.expected, "got": self.got, "read": voices}
        return {name: value for name, value in told.items() if value not in (None, "", [])}

    @property
    def fact(self) -> tuple[str, str]:
        """The record and field that differ."""
        return self.where, self.field


def compared(check: CheckRecord, truth: GroundTruth, asked: Asked) -> CheckRecord:
    """Return the check unchanged, or ``degraded`` if it passed and its answer is not the truth.

    The reason names record, field, expected and got of the first difference, and how many more there are; the detail
    has them all.
    """
    if check.status is not Status.PASS or check.name not in truth:
        return check
    found = list(differences(truth[check.name], check.detail, asked))
    return degraded(check, found, "not the truth") if found else check


def degraded(check: CheckRecord, found: list[Difference], why: str, **more: object) -> CheckRecord:
    """Return the check, marked as one with a wrong answer."""
    words = [each.text for each in found]
    detail = {**check.detail, "differences": words, "parts": [each.parts for each in found], **more}
    return replace(check, status=Status.DEGRADED, reason=reason_of(why, words), detail=detail)


def reason_of(why: str, words: Sequence[str]) -> str:
    """Return the reason of a check with a wrong answer: ``why``, the first difference, and how many more there are."""
    others = f" (and {counted(len(words) - 1, 'more difference')})" if len(words) > 1 else ""
    return f"{why}: {words[0]}{others}"


def differences(expected: Shape, got: Mapping[str, object], asked: Asked) -> Iterator[Difference]:
    """Yield the differences between an answer and what it should be.

    Args:
        expected: what the answer should be.
        got: the detail of the check.
        asked: when the cell was asked, and its server version.
    """
    for name, value in expected.items():
        if isinstance(value, Records):
            yield from _in_records(name, value, got.get(name), asked)
        elif isinstance(value, Every):
            yield from _in_every(value, got.get(name), asked)
        else:
            yield from _in_field("", (value,), got, name, asked)


def _in_field(
    where: str, expected: tuple[Expected, ...], got: Mapping[str, object], name: str, asked: Asked
) -> Iterator[Difference]:
    """Yield the differences of a field from the right values, if it equals none of them."""
    if name in got and any(same(each, got[name], asked) for each in expected):
        return
    right, told = shown(expected[0], asked), repr(got[name]) if name in got else "no such field"
    yield Difference(where=where, field=name, expected=right, got=told)


def _in_every(expected: Every, got: object, asked: Asked) -> Iterator[Difference]:
    for record in got if isinstance(got, list) else []:
        where = ", ".join(f"{field} {record.get(field)}" for field in expected.key)
        for field, value in expected.fields.items():
            yield from _in_field(where, (value,), record, field, asked)


def _in_records(name: str, expected: Records, got: object, asked: Asked) -> Iterator[Difference]:
    if not isinstance(got, list) or not all(isinstance(record, Mapping) for record in got):
        yield Difference(where="", field=name, expected=counted(len(expected.rows), "record"), got=repr(got))
        return
    keys = _Keys(expected)
    left: dict[_Key, list[Mapping[str, object]]] = {}
    for record in got:
        left.setdefault(keys.of(record), []).append(record)
    for key, rows, more in keys.expected():
        yield from _of_one(expected, (rows, more), left.pop(key, []), asked)
    if not expected.others:
        yield from chain.from_iterable(_surplus(expected, records) for records in left.values())


def _of_one(
    expected: Records,
    said: tuple[list[_Row], list[_Row]],
    got: list[Mapping[str, object]],
    asked: Asked,
) -> Iterator[Difference]:
    """Compare the records of one key with the rows that must be there, and those that may be there."""
    rows, beside = said
    least = min(1, len(rows)) if expected.repeats else len(rows)
    title = _title(expected, (rows or beside)[0])
    for _ in range(least - len(got)):
        yield Difference(where=title, field=RECORD, expected="a record", got="none")
    most = len(rows) + len(beside)
    for place, record in enumerate(got[:most]):
        right = (*rows, *beside) if expected.repeats else (rows[place],)
        for field in right[0]:
            yield from _in_field(title, tuple(row[field] for row in right if field in row), record, field, asked)
    yield from _surplus(expected, got[most:]) if not expected.others else ()


def _surplus(expected: Records, records: list[Mapping[str, object]]) -> Iterator[Difference]:
    for record in records:
        title = _title(expected, record)
        yield Difference(where=title, field=RECORD, expected="no such record", got=str(dict(record)))


class _Keys:
    """The key that identifies a record; a moment may be written in several ways."""

    def __init__(self, expected: Records) -> None:
        self._expected = expected
        parts = (row.get(field) for row in expected.rows for field in expected.key)
        self._moments = {part.wire: part.moment.isoformat() for part in parts if isinstance(part, Instant)}

    def expected(self) -> Iterator[tuple[_Key, list[_Row], list[_Row]]]:
        """Yield each key with the rows that must be there, and those that may be there."""
        rows: dict[_Key, tuple[list[_Row], list[_Row]]] = {}
        for place, some in enumerate((self._expected.rows, self._expected.beside)):
            for row in some:
                rows.setdefault(self.of(row), ([], []))[place].append(row)
        for key, (must, may) in rows.items():
            yield key, must, may

    def of(self, record: Mapping[str, object]) -> _Key:
        return tuple(self._part(record.get(field)) for field in self._expected.key)

    def _part(self, value: object) -> str:
        if isinstance(value, Instant):
            return value.moment.isoformat()
        text = str(value)
        if not self._moments:
            return text
        moment = moment_of(text)
        return moment.isoformat() if moment else self._moments.get(text, text)


def _title(records: Records, record: Mapping[str, object]) -> str:
    return ", ".join(f"{field} {_written(record.get(field))}" for field in records.key)


def _written(value: object) -> object:
    return value.moment.isoformat() if isinstance(value, Instant) else value
