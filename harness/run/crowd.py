"""Which cells are with a gateway at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(eq=False, slots=True)
class Met:
    """What one cell meets at a gateway: whether others were with it at any time."""

    met: bool


class Crowd:
    """The cells that are with a gateway; false while none is."""

    def __init__(self) -> None:
        self._there: set[Met] = set()

    def __bool__(self) -> bool:
        return bool(self._there)

    @contextmanager
    def guest(self) -> Iterator[Met]:
        """Count a cell as being with the gateway; yields whether others were, too, at any time."""
        own = Met(met=bool(self._there))
        for other in self._there:
            other.met = True
        self._there.add(own)
        try:
            yield own
        finally:
            self._there.discard(own)
