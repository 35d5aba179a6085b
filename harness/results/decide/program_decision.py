"""Decides from runs what a program of the user may move to: another gateway, or another version of its library.

A run compares each cell of a program with that of today. Two cells that both do the same as today do the same. If both
do something else, nobody knows whether that is the same. What today is, the newest run says: an earlier one may have
compared with something else, and may have run another program: it proves nothing of one that was edited since. A step
of a bisection compares with the good one, so it says nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase
from itertools import product
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from harness.results.compare.program_changes import difference_line
from harness.results.decide.row_judging import Standing
from harness.shared.errors import SelectionError, did_you_mean
from harness.shared.status import Finding, Status

if TYPE_CHECKING:
    from harness.programs.itself import ProgramItself
    from harness.results.program_results import ProgramCell
    from harness.results.results_model import Results

_TRIED = frozenset({Status.PASS, Status.FAIL, Status.SKIPPED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Whether a program does the same after one thing was changed.

    Args:
        program: its name.
        row: its row today: with the library, if that is varied.
        today: the cell that it runs as today; ``None`` if no run tried it.
        after: the other cell; ``None`` if no run tried both.
        standing: the answer.
        why: the reason, for a person.
        run: the id of the run that tried both; empty if none did.
        ended: when that run ended.
        counts: whether it counts for the answer: the program has that library today, or its library is not varied.
    """

    program: str
    row: str
    today: ProgramCell | None
    after: ProgramCell | None
    standing: Standing
    why: str
    run: str = ""
    ended: datetime | None = None
    counts: bool = True

    @property
    def same_wire(self) -> tuple[int, ...]:
        """The server version that is spoken before and after, if it is one and the same: the protocol is then, too."""
        if self.today is None or self.after is None or self.today.server_versions != self.after.server_versions:
            return ()
        return self.today.server_versions if len(self.today.server_versions) == 1 else ()


def without_bisections(runs: Iterable[Results]) -> list[Results]:
    """Return the runs that compare programs with what they run with today."""
    return [run for run in runs if run.run.command[1:2] != ["bisect"]]


def programs_named(runs: Iterable[Results], globs: Sequence[str]) -> list[str]:
    """Return the names of the programs of runs that match.

    Raises:
        SelectionError: one matches nothing.
    """
    known = list(dict.fromkeys(name for run in runs for name in run.programs))
    for glob in globs:
        if not any(fnmatchcase(name, glob) for name in known):
            there = f"There are: {', '.join(known)}." if known else "A [[program]] in the matrix file makes one."
            what = f"--program {glob!r} matches no program of the results{did_you_mean(glob, known)}"
            raise SelectionError(what, hint=there)
    return [name for name in known if any(fnmatchcase(name, glob) for glob in globs)]


def gateways_named(runs: Iterable[Results], program: str, words: Sequence[str], option: str) -> list[str]:
    """Return the gateways of a program that a user names: by name, by glob, or by product and version.

    Raises:
        SelectionError: a word matches none.
    """
    known = list(dict.fromkeys(name for run in _with(runs, program) for name in run.programs[program].gateways))
    found = []
    for word in words:
        some = [name for name in known if _means(word, name)]
        if not some:
            what = f"{option} {word!r}: {program} was not tried with such a gateway{did_you_mean(word, known)}"
            raise SelectionError(what, hint=f"It was tried with {', '.join(known)}.")
        found += some
    return list(dict.fromkeys(found))


def _means(word: str, name: str) -> bool:
    return fnmatchcase(name, word) or name.startswith((f"{word}-", f"gateway-{word}-"))


def gateway_moves(runs: Sequence[Results], program: str, today: Sequence[str], after: Sequence[str]) -> Iterator[Move]:
    """Yield for each row of a program whether it does with other gateways what it does with those of today.

    Args:
        runs: the newest first.
        program: its name.
        today: the gateways that it runs with.
        after: the others.
    """
    rows = next((run.programs[program].rows for run in _with(runs, program)), ())
    now = _row_today(runs, program)
    for row, one, other in product(rows, today, after):
        yield replace(_move(runs, program, row, f"{row}/{one}", f"{row}/{other}"), counts=row == now)


def _move(runs: Sequence[Results], program: str, row: str, one: str, other: str) -> Move:
    now = _itself_now(runs, program)
    edited = ""
    for run in _with(runs, program):
        cells = run.programs[program].cells
        today, after = cells.get(one), cells.get(other)
        if today is not None and after is not None and {today.status, after.status} <= _TRIED:
            if _was_other(after, now):
                edited = edited or run.run.id
                continue
            standing, why = _compared(today, after)
            return Move(
                program=program,
                row=row,
                today=today,
                after=after,
                standing=standing,
                why=why,
                run=run.run.id,
                ended=run.run.ended,
            )
    known = next((cells[one] for run in _with(runs, program) if one in (cells := run.programs[program].cells)), None)
    since = f" since {edited}, when the program itself was another" if edited else ""
    why = f"no run tried both {one} and {other}{since}"
    return Move(program=program, row=row, today=known, after=None, standing=Standing.UNKNOWN, why=why)


def _compared(today: ProgramCell, after: ProgramCell) -> tuple[Standing, str]:
    for cell in (today, after):
        if cell.finding is None or not cell.finding.answers:
            return Standing.UNKNOWN, cell.reason
    if today.compared_with != after.compared_with:
        return Standing.UNKNOWN, "they hold different accounts, so they cannot be compared"
    match (today.finding is Finding.SAME, after.finding is Finding.SAME):
        case (True, True):
            return Standing.WORKS, "it does the same"
        case (False, False):
            why = f"both differ from {today.compared_with}; make one of them today's, and run it again"
            return Standing.UNKNOWN, why
        case _:
            return Standing.BREAKS, "it does not do the same"


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryPin:
    """The newest version of a library with which a program does what it does today, and why newer ones are not it.

    Args:
        program: its name.
        library: the package.
        version: the version; empty if none is known to do.
        run: the id of the run that proves it.
        ended: when that run ended.
        passed_over: newer versions, each with the reason.
        standing: works if there is one, breaks if all that were tried do something else.
    """

    program: str
    library: str
    version: str = ""
    run: str = ""
    ended: datetime | None = None
    passed_over: tuple[tuple[str, str], ...] = ()
    standing: Standing = Standing.UNKNOWN


def library_pins(runs: Sequence[Results], program: str, gateways: Sequence[str]) -> Iterator[LibraryPin]:
    """Yield for each package that was varied for a program the newest version that does with all gateways.

    Args:
        runs: the newest first.
        program: its name.
        gateways: the gateways with which it must do what it does today.

    Raises:
        SelectionError: the library of the program was not varied.
    """
    tried = dict.fromkeys(
        cell.library for run in _with(runs, program) for cell in run.programs[program].cells.values() if cell.library
    )
    if not tried:
        hint = "Name versions in `libraries` of its table, and run it."
        raise SelectionError(f"{program}: its library was not varied, so there is nothing to pin", hint=hint)
    packages: dict[str, list[str]] = {}
    for each in tried:
        package, _, version = each.partition("==")
        packages.setdefault(package, []).append(version)
    for package, versions in packages.items():
        yield _pin(runs, program, package, sorted(versions, key=_order, reverse=True), gateways)


def _pin(
    runs: Sequence[Results], program: str, package: str, versions: Sequence[str], gateways: Sequence[str]
) -> LibraryPin:
    passed: list[tuple[str, str]] = []
    broken = True
    for version in versions:
        row = f"{program}/{package}=={version}"
        standing, why, run = _with_all(runs, program, row, gateways)
        if standing is Standing.WORKS and run is not None:
            return LibraryPin(
                program=program,
                library=package,
                version=version,
                run=run.run.id,
                ended=run.run.ended,
                passed_over=tuple(passed),
                standing=standing,
            )
        broken = broken and standing is Standing.BREAKS
        passed.append((version, why))
    standing = Standing.BREAKS if broken else Standing.UNKNOWN
    return LibraryPin(program=program, library=package, passed_over=tuple(passed), standing=standing)


def _with_all(
    runs: Sequence[Results], program: str, row: str, gateways: Sequence[str]
) -> tuple[Standing, str, Results | None]:
    """Return whether a row does with all gateways what is done today, why not, and the oldest run that says so."""
    oldest, now = None, _itself_now(runs, program)
    for gateway in gateways:
        today, name = _cell_today(runs, program, gateway), f"{row}/{gateway}"
        found = [each for each in _with(runs, program) if _tried(each, program, name, today)]
        run = next((each for each in found if not _was_other(each.programs[program].cells[name], now)), None)
        if run is None and found:
            return Standing.UNKNOWN, f"the program itself changed since {found[0].run.id}, with {gateway}", None
        if run is None:
            return Standing.UNKNOWN, f"no run compared it with today's, with {gateway}", None
        cell = run.programs[program].cells[f"{row}/{gateway}"]
        if cell.finding is Finding.DIFFERENT:
            first = cell.differences[0] if cell.differences else None
            said = f": {difference_line(first)}" if first else ""
            return Standing.BREAKS, f"does something else with {gateway}{said}", None
        if cell.finding is not Finding.SAME:
            return Standing.UNKNOWN, f"with {gateway}: {cell.reason}", None
        oldest = run if oldest is None or run.run.ended < oldest.run.ended else oldest
    return Standing.WORKS, "", oldest


def _row_today(runs: Sequence[Results], program: str) -> str:
    """Return the row with the library of today, which the newest run knows; empty if no run has the program."""
    cells = (cell for run in _with(runs, program) for cell in run.programs[program].cells.values())
    return next((_row(cell.compared_with) for cell in cells), "")


def _cell_today(runs: Sequence[Results], program: str, gateway: str) -> str:
    """Return the cell with which those at a gateway are compared today; empty if no run says so."""
    row = _row_today(runs, program)
    cells = (run.programs[program].cells.get(f"{row}/{gateway}") for run in _with(runs, program))
    return next((each.compared_with for each in cells if each is not None and _row(each.compared_with) == row), "")


def _row(cell: str) -> str:
    return cell.rpartition("/")[0]


def _tried(run: Results, program: str, cell: str, today: str) -> bool:
    found = run.programs[program].cells.get(cell)
    return found is not None and found.status in _TRIED and found.compared_with == today


def _itself_now(runs: Iterable[Results], program: str) -> ProgramItself | None:
    """Return what the program is, as far as the newest run says."""
    cells = (cell for run in _with(runs, program) for cell in run.programs[program].cells.values())
    return next((cell.itself for cell in cells if cell.itself is not None), None)


def _was_other(cell: ProgramCell, now: ProgramItself | None) -> bool:
    """Return whether the program is known to have been another; what nobody kept decides nothing."""
    return now is not None and cell.itself is not None and bool(now.changed_from(cell.itself))


def _with(runs: Iterable[Results], program: str) -> Iterator[Results]:
    return (run for run in runs if program in run.programs)


def _order(version: str) -> Version:
    try:
        return Version(version)
    except InvalidVersion:
        return Version("0.dev0")
