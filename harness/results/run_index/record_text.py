"""Makes records text and back, without pydantic: the words of a record apart from its numbers.

From night to night, the words of a cell repeat and its numbers (times, memory) do not. So the words of a thousand
nights are kept once, and are the same text.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints

RecordT = TypeVar("RecordT")
_Make = Callable[[Any], Any]

_PLACE = "\x01"
"""Stands in the words for a number; in JSON no text has it as it is."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|(-?[0-9][0-9.eE+-]*)')
"""Matches a text, which may have digits, or else a number."""


class _LeftOut(Mapping[str, Any]):
    """Stands for what is not in the index; to read it as if there were none would be wrong."""

    def __getitem__(self, key: str) -> NoReturn:
        raise self._why()

    def __iter__(self) -> NoReturn:
        raise self._why()

    def __len__(self) -> NoReturn:
        raise self._why()

    def _why(self) -> RuntimeError:
        return RuntimeError("this is in results.json alone; read that")


LEFT_OUT = _LeftOut()


def words_and_numbers(text: str) -> tuple[str, str]:
    """Return the words of a JSON text, in which each number is left out, and the numbers in their order."""
    numbers: list[str] = []

    def taken(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0]
        numbers.append(match[1])
        return _PLACE

    return _TOKEN.sub(taken, text), " ".join(numbers)


def data_of(words: str, numbers: str) -> Any:
    """Return the JSON data of words and their numbers.

    Raises:
        ValueError: these are not words and their numbers.
    """
    pieces, left = words.split(_PLACE), numbers.split()
    if len(pieces) != len(left) + 1:
        raise ValueError(f"{len(left)} numbers for {len(pieces) - 1} places")
    whole = [""] * (len(pieces) + len(left))
    whole[::2], whole[1::2] = pieces, left
    return json.loads("".join(whole))


def record_of(kind: type[RecordT], data: Any) -> RecordT:
    """Return a record of its JSON data; keys that are not there have their default.

    Raises:
        ValueError, TypeError, KeyError: it is not that of such a record.
    """
    record: RecordT = _maker(kind)(data)
    return record


@cache
def _of_a_record(kind: Any) -> _Make:
    hints = get_type_hints(kind, include_extras=True)
    made = [(each.name, make) for each in dataclasses.fields(kind) if (make := _maker(hints[each.name])) is not None]

    def record(data: Any) -> Any:
        for name, make in made:
            value = data.get(name)
            if value is not None and value is not LEFT_OUT:
                data[name] = make(value)
        return kind(**data)

    return record


def _maker(hint: Any) -> Any:
    """Return what makes a value of a type from JSON data; ``None`` if that is the value."""
    origin, within = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _maker(within[0])
    if origin in {Union, UnionType}:
        return next(_makers(each for each in within if each is not NoneType), None)
    if origin in {list, tuple}:
        return _of_many(_maker(within[0]), origin)
    if origin in {dict, Mapping}:
        return _by_key(*map(_maker, within))
    return _of_one(hint)


def _of_one(kind: Any) -> Any:
    known: Any = kind
    if dataclasses.is_dataclass(kind):
        return _of_a_record(known)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {each.value: each for each in kind}.__getitem__
    return kind.fromisoformat if kind in {datetime, date} else None


def _makers(hints: Iterator[Any]) -> Iterator[_Make]:
    yield from (make for each in hints if (make := _maker(each)) is not None)


def _of_many(make: _Make | None, kind: type) -> _Make | None:
    if make is None:
        return tuple if kind is tuple else None
    each = make
    if kind is tuple:
        return lambda values: tuple([each(value) for value in values])
    return lambda values: [each(value) for value in values]


def _by_key(key: _Make | None, make: _Make | None) -> _Make | None:
    if key is None and make is None:
        return None
    named, each = key or _same, make or _same
    return lambda values: {named(name): each(value) for name, value in values.items()}


def _same(value: Any) -> Any:
    return value
