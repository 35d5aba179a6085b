"""What many squares have in common is kept once and named by its number: a run has thousands of squares."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

from harness.views.terminal.style import printable

T = TypeVar("T", bound=Hashable)


class Shared(Generic[T]):
    """Values by number, each kept once."""

    def __init__(self) -> None:
        self._numbers: dict[T, int] = {}

    def number(self, value: T) -> int:
        """Return the number of a value, which it gets when it is first met."""
        return self._numbers.setdefault(value, len(self._numbers))

    @property
    def values(self) -> list[T]:
        """Every value, at its number."""
        return list(self._numbers)


class Strings(Shared[str]):
    """Texts by number, without what would move a cursor, turn the direction of writing, or be no character."""

    def text(self, text: str | None) -> int | None:
        """Return the number of a text; nothing for none."""
        return None if text is None else self.number(shown(text))


def shown(text: str) -> str:
    """Return the text as a page shows it: characters that cannot be printed are replaced."""
    return printable(text.replace("\t", "    "))
