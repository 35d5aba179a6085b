"""Reads a run from the index: what is of the whole run at once, its cells when somebody asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from harness.results.program_results import ProgramSeen
from harness.results.results_model import CellInfo, GatewayInfo, PlanInfo, Results, RuleInfo, RunInfo
from harness.results.run_folder import is_running, run_folders
from harness.results.run_index.record_text import LEFT_OUT, data_of, record_of
from harness.results.run_index.run_index import UNUSABLE, Kind, Part, RunIndex, open_index, stamp_of
from harness.shared.evidence import Moment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RecordT = TypeVar("RecordT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What there is in a run, in its order."""

    schema_version: str
    gateways: tuple[str, ...]
    programs: tuple[str, ...]
    cells: tuple[str, ...]


_OF_A_LOOK = ("accounts", "seconds", "notices", "asked")
NOT_INDEXED: Mapping[Kind, Mapping[str, tuple[str, ...]]] = {
    Kind.CELL: {"checks": ("detail",)},
    Kind.GATEWAY: {"probes": _OF_A_LOOK, "tried": _OF_A_LOOK},
}
"""What is not in the index: three quarters of a run, which no question about many runs needs."""


class _Shelf(Mapping[str, RecordT]):
    """Records of a run by name, each read when somebody asks for it."""

    def __init__(self, names: tuple[str, ...], read: Callable[[str], RecordT]) -> None:
        self._names = dict.fromkeys(names)
        self._read = read
        self._held: dict[str, RecordT] = {}

    def __getitem__(self, name: str) -> RecordT:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._held:
            self._held[name] = self._read(name)
        return self._held[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


_RECORDS: Mapping[Kind, Any] = {
    Kind.RUN: RunInfo,
    Kind.PLAN: PlanInfo,
    Kind.EXPECTATIONS: list[RuleInfo],
    Kind.TIMELINE: list[Moment],
    Kind.NAMES: Names,
    Kind.GATEWAY: GatewayInfo,
    Kind.PROGRAM: ProgramSeen,
    Kind.CELL: CellInfo,
}
_UNUSABLE = (*UNUSABLE, ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What is raised where the index is damaged or locked; the runs themselves are there."""


@contextmanager
def run_reader(results: Path) -> Iterator[RunReader]:
    """Yield what reads the runs of a folder for as long as it is open; the runs that it read are of no use later."""
    index = open_index(results)
    try:
        yield RunReader(results, index)
    finally:
        if index is not None:
            index.close()


def note_run(folder: Path, results: Results) -> None:
    """Put a run that just ended into the index of its folder, so that the next question finds it there."""
    index = open_index(folder.parent)
    if index is not None:
        with closing(index):
            add(index, folder, stamp_of(folder), results)
            with suppress(*UNUSABLE):
                index.forget_others(run_folders(folder.parent))


class RunReader:
    """Reads runs from the index, and puts those into it that are not there.

    Args:
        home: the folder of the runs in it.
        index: the index; ``None`` if it cannot be used.
    """

    def __init__(self, home: Path, index: RunIndex | None) -> None:
        self._home = home
        self._index = index
        self.new = 0
        """How many runs it has put into the index."""
        self._same: dict[tuple[Kind, int, str], Any] = {}
        """What is equal in many runs, such as their plan, is one object."""
        self._words: dict[int, str] = {}

    def __call__(self, folder: Path) -> Results:
        """Return the results in a run's folder; what is not in the index is left out (``LEFT_OUT``).

        Raises:
            ResultsError, InputError: as ``read_left``, if the run is not in the index.
        """
        if self._index is None or not self._is_here(folder):
            return whole(folder)
        run = self._known(self._index, folder)
        if run is None:
            if is_running(folder):
                return whole(folder)
            stamp = stamp_of(folder)
            results = whole(folder)
            run = add(self._index, folder, stamp, results)
            if run is None:
                return results
            self.new += 1
            del results  # of many runs, they would be gigabytes
        with suppress(*_UNUSABLE):
            results = self._indexed(self._index, folder, run)
            if results.run.complete or not is_running(folder):  # what is complete is not resumed
                return results
        return whole(folder)

    def about(self, folder: Path) -> RunInfo | None:
        """Return what is known of a run as a whole; ``None`` if it is not in the index."""
        if self._index is None or not self._is_here(folder):
            return None
        with suppress(*_UNUSABLE):
            run = self._index.known(folder)
            part = self._index.part(run, Kind.RUN, "") if run is not None else None
            return self._once(self._index, part) if part is not None else None
        return None

    def _is_here(self, folder: Path) -> bool:
        here = folder.parent == self._home or folder.parent.resolve() == self._home.resolve()
        return here and not folder.is_symlink()

    def _known(self, index: RunIndex, folder: Path) -> int | None:
        with suppress(*UNUSABLE):
            return index.known(folder)
        return None

    def _indexed(self, index: RunIndex, folder: Path, run: int) -> Results:
        head = {part.kind: self._once(index, part) for part in index.head(run)}
        names: Names = head[Kind.NAMES]

        def shelf(kind: Kind, of: tuple[str, ...]) -> _Shelf[Any]:
            return _Shelf(of, lambda name: self._part(index, run, folder, kind, name))

        return Results(
            schema_version=names.schema_version,
            run=head[Kind.RUN],
            plan=head[Kind.PLAN],
            gateways=shelf(Kind.GATEWAY, names.gateways),
            timeline=head[Kind.TIMELINE],
            expectations=head[Kind.EXPECTATIONS],
            programs=shelf(Kind.PROGRAM, names.programs),
            cells=shelf(Kind.CELL, names.cells),
        )

    def _once(self, index: RunIndex, part: Part) -> Any:
        key = (part.kind, part.words, part.numbers)
        if key not in self._same:
            self._same[key] = self._record(index, part)
        return self._same[key]

    def _record(self, index: RunIndex, part: Part) -> Any:
        words = self._words.get(part.words)
        if words is None:
            words = self._words[part.words] = index.words(part.words)
        data = data_of(words, part.numbers)
        for where, names in NOT_INDEXED.get(part.kind, {}).items():
            for each in data[where]:
                each.update(dict.fromkeys(names, LEFT_OUT))
        return record_of(_RECORDS[part.kind], data)

    def _part(self, index: RunIndex, run: int, folder: Path, kind: Kind, name: str) -> Any:
        with suppress(*_UNUSABLE):
            part = index.part(run, kind, name)
            if part is not None:
                return self._record(index, part)
        run_itself = whole(folder)
        of = {Kind.GATEWAY: run_itself.gateways, Kind.PROGRAM: run_itself.programs, Kind.CELL: run_itself.cells}
        return of[kind][name]


def whole(folder: Path) -> Results:
    """Return the results in a run's folder, from its own files.

    Raises:
        ResultsError, InputError: as ``read_left``.
    """
    from harness.results.results_files import read_left  # noqa: PLC0415 - takes long, and is rarely needed

    return read_left(folder)


def add(index: RunIndex, folder: Path, stamp: str, results: Results) -> int | None:
    """Put a run into the index, and return its number; ``None`` if nothing can be written now."""
    from harness.results.run_index.run_parts import parts_of  # noqa: PLC0415 - takes long, and is rarely needed

    with suppress(*UNUSABLE):
        return index.add(folder, stamp, parts_of(results))
    return None
