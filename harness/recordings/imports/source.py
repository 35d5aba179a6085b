"""Puts what is imported together: entries of several sources, in the order of time, with their own connections."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

from harness.recordings.entry_lines import MOST_SECONDS
from harness.recordings.recording import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Something from which a recording is made.

    Args:
        name: what it is called in errors.
        began: when it began.
        entries: gives its entries; ``at`` counts from ``began``. It is asked for when their time has come.
        libraries: library and version of connections, by their numbers in it.
        connections: the numbers of its connections, if they are known before its entries.
    """

    name: str
    began: datetime
    entries: Callable[[], Iterator[Entry]]
    libraries: Mapping[int, str] = field(default_factory=dict)
    connections: Sequence[int] = ()


class Sources:
    """Several sources as one.

    Args:
        sources: at least one.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sorted(sources, key=lambda source: source.began)
        self.began = self._sources[0].began
        self._numbers: dict[tuple[int, int], int] = {}
        self._next = count(1)
        self.libraries: dict[int, str] = {}
        """Library and version of connections, by the numbers that they have now."""
        for place, source in enumerate(self._sources):
            for own in source.connections:
                number = self._number(place, own)
                if own in source.libraries:
                    self.libraries[number] = source.libraries[own]

    def entries(self) -> Iterator[Entry]:
        """Yield all entries; only sources of the same time are read at the same time."""
        last = 0.0
        for at, _, place, entry in heapq.merge(*map(self._timed, range(len(self._sources)))):
            if entry is not None:
                last = max(last, min(at, MOST_SECONDS - 1.0))
                yield replace(entry, at=last, connection=self._number(place, entry.connection))

    def _timed(self, place: int) -> Iterator[tuple[float, int, int, Entry | None]]:
        """Yield entries of a source with their times; first only when it begins, so that it is not read before."""
        source, turn = self._sources[place], count(1)
        offset = (source.began - self.began).total_seconds()
        yield offset, -1, place, None
        for entry in source.entries():
            yield offset + entry.at, next(turn), place, entry

    def _number(self, place: int, own: int) -> int:
        """Return the number that a source's connection has now."""
        key = (place, own)
        if key not in self._numbers:
            self._numbers[key] = next(self._next)
        return self._numbers[key]
