"""Masks account numbers, which are never written in full: results are meant for sharing.

The types of a record's fields say what others may not read unchanged: ``Words``, ``Detail`` and ``Seconds``.
`Masker.record` is the one place that applies this, to a record and all records in it. Standard library only.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from enum import Enum, auto
from functools import cache
from itertools import groupby
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.shared.evidence import CheckRecord


class _Shown(Enum):
    """How others get to see a field."""

    MASKED = auto()
    CUT = auto()
    ROUNDED = auto()


Words = Annotated[str, _Shown.MASKED]
"""Text that may quote a library or a gateway; masked at the edge."""

Detail = Annotated[Mapping[str, Any], _Shown.CUT]
"""What a library answered, as JSON data; masked and cut at the edge."""

Seconds = Annotated[float, _Shown.ROUNDED]
"""A time span; whole microseconds at the edge."""

MICROSECONDS = 6
"""Digits of seconds after the point."""

ACCOUNT = r"(?:D[UFI]|[UFI])[A-Z]?\d{5,9}"
"""How IBKR writes them: live U, F and I, paper with a D before; other known ones are named to the masker."""

BEGINNING = r"(?:(?<![A-Za-z0-9])|(?<=\\[abfnrtv0])|(?<=\\x[0-9a-f]{2})|(?<=\\u[0-9a-f]{4}))"
"""No letter or digit before, but for those of an escape: libraries quote what they send as ``b'\\x12\\tDU9000001'``."""

_BYTES = re.compile(r"(?<![0-9a-f])[0-9a-f]{2}(?: [0-9a-f]{2})+(?![0-9a-f])")
"""Bytes in hex, as errors quote what came."""

_NUMBER = re.compile(r"\d{5}")
"""So long a number is in no word: an account that is known and has one is masked in any case, next to any letter."""

RecordT = TypeVar("RecordT")
_Edge = Callable[["Masker", Any], Any]
"""A function that returns what others may read of a value: the same object if nothing changes."""

_LIST_SHOWN = 20
_TEXT_SHOWN = 2_000
_SHORT = 6


def mask_account(account: str) -> str:
    """``DU9000001`` as ``DU9***01``: enough to distinguish your own accounts, not enough to use."""
    return f"{account[:3]}***{account[-2:]}" if len(account) > _SHORT else f"{account[:1]}***"


def accounts_in(checks: Iterable[CheckRecord]) -> Iterator[str]:
    """The accounts that a library read when it was ready, whatever they look like."""
    for check in checks:
        accounts = check.detail.get("accounts")
        if check.name == "ready" and isinstance(accounts, (list, tuple)):
            yield from (str(account) for account in accounts)


def _any_of(words: Sequence[str]) -> str:
    """Return a pattern for the longest of these words, sorted, that is there; written so that many are found as fast.

    What they begin with in common is written once: else each place of a text would be tried with all ten thousand.
    """
    begins = [(letter, [word[1:] for word in group]) for letter, group in groupby(words, key=lambda word: word[:1])]
    ends = bool(begins) and not begins[0][0]
    parts = [re.escape(letter) + _any_of(rest) for letter, rest in begins if letter]
    if len(parts) == 1 and not ends:
        return str(parts[0])
    return f"(?:{'|'.join(parts)}){'?' if ends else ''}" if parts else ""


class Masker:
    """Masks the accounts that it is given, and everything else that looks like one."""

    def __init__(self, accounts: Iterable[str] = ()) -> None:
        known = {account for account in accounts if account}
        numbers = {account for account in known if _NUMBER.search(account)}
        words = "|".join(word for word in (_any_of(sorted(known - numbers)), ACCOUNT) if word)
        anywhere = rf"(?i:{_any_of(sorted(numbers))})|" if numbers else ""
        self._told: dict[int, tuple[Mapping[str, object], dict[str, object]]] = {}
        self._pattern = re.compile(rf"{anywhere}{BEGINNING}(?:{words})(?![A-Za-z0-9])")

    def text(self, text: str) -> str:
        """The text with every account masked, even if it is spelt in hex.

        Half of a surrogate pair, which a library may say and no file can hold, is a question mark, as in the journal.
        """
        if not text.isascii():
            text = text.encode("utf-8", "replace").decode("utf-8")
        return self._spelt(_BYTES.sub(self._bytes, text))

    def _spelt(self, text: str) -> str:
        return self._pattern.sub(lambda match: mask_account(match[0]), text)

    def _bytes(self, match: re.Match[str]) -> str:
        return self._spelt(bytes.fromhex(match[0]).decode("latin-1")).encode("latin-1").hex(" ")

    def data(self, value: object) -> object:
        """JSON data with every account masked, keys too; long lists and texts are cut, the evidence file has all."""
        if isinstance(value, str):
            cut = value if len(value) <= _TEXT_SHOWN else f"{value[:_TEXT_SHOWN]}…"
            return self.text(cut)
        if isinstance(value, dict):
            return self.mapping(value)
        if isinstance(value, (list, tuple)):
            shown = [self.data(item) for item in value[:_LIST_SHOWN]]
            more = len(value) - len(shown)
            return [*shown, f"… {more} more in the cell's evidence"] if more else shown
        return value

    def whole(self, value: object) -> object:
        """As ``data``, with nothing cut."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(str(key)): self.whole(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.whole(item) for item in value]
        return value

    def mapping(self, value: Mapping[str, object]) -> dict[str, object]:
        """As ``data``, for an object; the same one for the same one, which cells share."""
        _, told = self._told.get(id(value), (value, None))
        if told is None:
            told = {self.text(str(key)): self.data(item) for key, item in value.items()}
            told = value if isinstance(value, dict) and told == value else told
            self._told[id(value)] = (value, told)  # kept, so that no other object gets the same id
        return told

    def record(self, record: RecordT) -> RecordT:
        """A dataclass as others may read it, and so all records in it; what needs no change stays the same."""
        changed: dict[str, Any] = {}
        known: Any = record
        kind: Any = type(record)
        for name, edge in _edges(kind):
            value = getattr(known, name)
            told = edge(self, value)
            if told is not value:
                changed[name] = told
        return dataclasses.replace(known, **changed) if changed else record


def _is_dataclass(kind: Any) -> bool:
    return isinstance(kind, type) and dataclasses.is_dataclass(kind)


@cache
def _edges(kind: Any) -> tuple[tuple[str, _Edge], ...]:
    """Return the fields of a class that others may not read as they are, by its annotations."""
    found = ((name, _edge(hint)) for name, hint in _hints(kind))
    return tuple((name, edge) for name, edge in found if edge is not None)


def _hints(kind: Any) -> Iterator[tuple[str, Any]]:
    hints = get_type_hints(kind, include_extras=True)
    yield from ((each.name, hints[each.name]) for each in dataclasses.fields(kind))


def _edge(hint: Any) -> _Edge | None:
    """Return what is done to a value of a type; ``None`` if nothing is."""
    if get_origin(hint) is Annotated:
        marks = [_LEAVES[mark] for mark in hint.__metadata__ if isinstance(mark, _Shown)]
        return marks[0] if marks else _edge(get_args(hint)[0])
    if _is_dataclass(hint):
        return Masker.record if _edges(hint) else None
    within = [edge for each in get_args(hint) if each is not NoneType and (edge := _edge(each)) is not None]
    if not within:
        return None
    container = get_origin(hint)
    if container in {list, tuple}:
        return _each(within[0], container)
    if container in {dict, Mapping}:
        return _by_key(within[0])
    return _unless_none(within[0])


def _each(edge: _Edge, container: type) -> _Edge:
    def shown(masker: Masker, values: Any) -> Any:
        told = [edge(masker, value) for value in values]
        same = all(new is old for new, old in zip(told, values, strict=True))
        return values if same else container(told)

    return shown


def _by_key(edge: _Edge) -> _Edge:
    def shown(masker: Masker, values: Any) -> Any:
        told = {key: edge(masker, value) for key, value in values.items()}
        return values if all(told[key] is value for key, value in values.items()) else told

    return shown


def _unless_none(edge: _Edge) -> _Edge:
    def shown(masker: Masker, value: Any) -> Any:
        return None if value is None else edge(masker, value)

    return shown


def _rounded(_masker: Masker, seconds: float) -> float:
    told = round(seconds, MICROSECONDS)
    return seconds if told == seconds else told


_LEAVES: Mapping[_Shown, _Edge] = {
    _Shown.MASKED: Masker.text,
    _Shown.CUT: Masker.mapping,
    _Shown.ROUNDED: _rounded,
}
