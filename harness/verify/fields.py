"""Compares the values of two messages: by value, or by their shape where a rule says so."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeGuard

from harness.verify.rules import rules
from harness.verify.shapes import Shape, plain, reduced
from harness.wire.message import Message, Value

_List = Sequence[Mapping[str, Value]]


class Verdict(Enum):
    """How two values compare."""

    EQUAL = 1
    ALIKE = 2
    DIFFERENT = 3


@dataclass(frozen=True, slots=True)
class Compared:
    """Two values.

    Args:
        path: the field; names in lists come after a dot.
        verdict: how they compare.
        recorded: the recorded one.
        simulated: the simulated one.
    """

    path: str
    verdict: Verdict
    recorded: Value
    simulated: Value


@dataclass(frozen=True, slots=True)
class Fields:
    """Compares messages that answer one request.

    Args:
        request: its name.
        accounts: the simulated account that stands for each recorded one.
    """

    request: str
    accounts: Mapping[str, str]

    def compared(self, recorded: Message, simulated: Message) -> Iterator[Compared]:
        """Yield all values of two messages of one name."""
        for name in {**recorded.values, **simulated.values}:
            values = recorded.values.get(name), simulated.values.get(name)
            yield from self._compare(recorded.name, name, *values)

    def differ(self, recorded: Message, simulated: Message) -> set[str]:
        """Return the fields that differ."""
        compared = self.compared(recorded, simulated)
        return {each.path for each in compared if each.verdict is Verdict.DIFFERENT}

    def _shape(self, message: str, path: str) -> Shape | None:
        return rules().shape_of(self.request, message, path)

    def _compare(self, message: str, path: str, recorded: Value, simulated: Value) -> Iterator[Compared]:
        shape = self._shape(message, path)
        if _is_list(recorded) and _is_list(simulated):
            yield from self._compare_lists(message, path, recorded, simulated)
        elif recorded == simulated:
            yield Compared(path, Verdict.EQUAL, recorded, simulated)
        else:
            alike = shape is not None and self._alike(shape, recorded, simulated)
            yield Compared(path, Verdict.ALIKE if alike else Verdict.DIFFERENT, recorded, simulated)

    def _compare_lists(self, message: str, path: str, recorded: _List, simulated: _List) -> Iterator[Compared]:
        some = self._shape(message, path) is Shape.SOME
        if bool(recorded) != bool(simulated) or (not some and len(recorded) != len(simulated)):
            yield Compared(path, Verdict.DIFFERENT, f"{len(recorded)} items", f"{len(simulated)} items")
            return
        if not recorded:
            yield Compared(path, Verdict.EQUAL, recorded, simulated)
        for one, other in list(zip(recorded, simulated, strict=False))[: 1 if some else None]:
            for name in {**one, **other}:
                yield from self._compare(message, f"{path}.{name}", one.get(name), other.get(name))

    def _alike(self, shape: Shape, recorded: Value, simulated: Value) -> bool:
        if shape is not Shape.ACCOUNT:
            return reduced(shape, recorded) == reduced(shape, simulated)
        if not self.accounts:  # nobody knows which account stands for which
            return bool(recorded) == bool(simulated)
        return self._renamed(recorded) == set(filter(None, str(simulated).split(",")))

    def _renamed(self, recorded: Value) -> set[str]:
        return {self.accounts.get(name, name) for name in filter(None, str(recorded).split(","))}

    def of_recorded(self, message: Message) -> Hashable:
        """Return what of a recorded message must be the same in the one that it belongs to."""
        return self._reduced(message.name, "", message.values, recorded=True)

    def of_simulated(self, message: Message) -> Hashable:
        """Return the same of a simulated one."""
        return self._reduced(message.name, "", message.values, recorded=False)

    def _reduced(self, message: str, path: str, values: Mapping[str, Value], *, recorded: bool) -> Hashable:
        items = ((name, f"{path}{name}", value) for name, value in values.items())
        return tuple((name, self._reduced_value(message, at, value, recorded=recorded)) for name, at, value in items)

    def _reduced_value(self, message: str, path: str, value: Value, *, recorded: bool) -> Hashable:
        shape = self._shape(message, path)
        if _is_list(value):
            items = value[:1] if shape is Shape.SOME else value
            return tuple(self._reduced(message, f"{path}.", item, recorded=recorded) for item in items)
        if shape is Shape.ACCOUNT and recorded:
            return frozenset(self._renamed(value))
        if shape is Shape.ACCOUNT:
            return frozenset(filter(None, str(value).split(",")))
        return plain(value) if shape is None else reduced(shape, value)


def _is_list(value: Value) -> TypeGuard[_List]:
    return isinstance(value, Sequence) and not isinstance(value, str)
