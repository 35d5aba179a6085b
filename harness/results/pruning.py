"""Removes what nobody will look at any more: the evidence of old runs, or old runs as a whole.

The results of a run stay, so `history` still knows it, and so does the evidence of what was not as expected.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.plan.matrix.expect import Verdict
from harness.results.run_folder import GRID, LATEST, PLAN, RESULTS, is_running, pointed, run_folders, unwritable
from harness.shared.errors import ResultsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.results.results_model import Results

_STAY = frozenset({PLAN, RESULTS, GRID})


@dataclass(frozen=True, slots=True, kw_only=True)
class Old:
    """A run that is older than those whose evidence is kept.

    Args:
        folder: its folder.
        files: what of it would go.
        size: bytes in these files.
        whole: the whole run would go.
    """

    folder: Path
    files: tuple[Path, ...]
    size: int
    whole: bool


def old_runs(
    results: Path, read: Callable[[Path], Results], *, keep: int, red: bool = False, whole: bool = False
) -> Iterator[Old]:
    """Yield the runs that have something to remove, the oldest last.

    Of each matrix file, the newest runs are kept; so is a run that ``latest`` or a link like it names, one that still
    runs, and one that cannot be read. A run that was not finished may still be resumed: it goes as a whole or not at
    all.

    Args:
        results: the folder of the runs.
        read: reads a run.
        keep: how many runs of each matrix file keep all that they left.
        red: whether the evidence of what was not as expected goes, too.
        whole: whether old runs go as a whole.
    """
    named = {folder.resolve() for folder in _named(results)}
    newer: Counter[str] = Counter()
    for folder in run_folders(results):
        run = _readable(folder, read)
        if run is None:
            continue
        newer[run.run.matrix] += 1
        if newer[run.run.matrix] <= keep or folder.resolve() in named or is_running(folder):
            continue
        if whole or (run.run.complete and (folder / RESULTS).is_file()):
            old = _old(folder, frozenset() if whole else _STAY | (frozenset() if red else _of_reds(run)), whole=whole)
            if old.files or whole:
                yield old


def remove(old: Old) -> None:
    """Remove what is old of a run. No link is followed.

    Raises:
        ResultsError: something cannot be removed.
    """
    try:
        for file in old.files:
            file.unlink(missing_ok=True)
        for folder in map(Path, [place for place, _, _ in os.walk(old.folder, topdown=False)]):
            if (old.whole or folder != old.folder) and not any(folder.iterdir()):
                folder.rmdir()
    except OSError as error:
        raise unwritable(old.folder, error, "Its owner can remove it.") from None


def _readable(folder: Path, read: Callable[[Path], Results]) -> Results | None:
    try:
        return read(folder)
    except ResultsError:
        return None


def _named(results: Path) -> Iterator[Path]:
    links = {path.name.removesuffix(".txt") for path in results.glob(f"{LATEST}*")}
    yield from (folder for name in links if (folder := pointed(results, name)) is not None)


def _of_reds(run: Results) -> frozenset[str]:
    """Return the files of what was not as expected, or of a program of which nobody can tell."""
    programs = [cell for program in run.programs.values() for cell in program.cells.values()]
    red = [cell.artifacts for cell in run.cells.values() if cell.expected.verdict is not Verdict.AS_EXPECTED]
    of_programs = [cell.artifacts for cell in programs if cell.expected is not Verdict.AS_EXPECTED or not cell.answers]
    faulty = [each.artifacts for each in run.gateways.values() if each.diagnosis and each.diagnosis.fault is not None]
    return frozenset(file for files in (*red, *of_programs, *faulty) for file in files)


def _old(folder: Path, stay: frozenset[str], *, whole: bool) -> Old:
    found = [
        Path(place, name)
        for place, folders, files in os.walk(folder)
        for name in (*files, *(each for each in folders if Path(place, each).is_symlink()))
    ]
    files = tuple(file for file in sorted(found) if file.relative_to(folder).as_posix() not in stay)
    return Old(folder=folder, files=files, size=sum(file.lstat().st_size for file in files), whole=whole)
