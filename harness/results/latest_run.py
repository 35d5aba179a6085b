"""Which run ``results/latest`` stands for: the last complete one of the whole default matrix, if there is one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.plan.matrix.default_file import is_default
from harness.results.results_files import read_results
from harness.results.run_folder import LATEST, point_latest, pointed
from harness.shared.errors import ResultsError

if TYPE_CHECKING:
    from harness.results.results_model import Results


def move_latest(folder: Path, run: Results) -> None:
    """Let ``latest`` be a run that has just been kept, unless the one that it stands for says more.

    A run that was interrupted, one of a selection, a shard, and one of another matrix file never take the place of a
    complete run of the whole default matrix. Of each other matrix file ``latest-<name>`` is the last such run.

    Args:
        folder: where the run was kept; ``latest`` is beside it.
        run: what it left.

    Raises ResultsError where nothing can be written there.
    """
    results = folder.parent
    if not is_default(Path(run.run.matrix)):
        _move(results, run, f"{LATEST}-{Path(run.run.matrix).stem}")
    _move(results, run, LATEST)


def _move(results: Path, run: Results, name: str) -> None:
    current = _read(results, name)
    if current is None or _weight(run) >= _weight(current):
        point_latest(results, run.run.id, name)


def _read(results: Path, name: str) -> Results | None:
    folder = pointed(results, name)
    try:
        return read_results(folder) if folder else None
    except ResultsError:  # of another program or half gone: nobody misses it
        return None


def _weight(run: Results) -> tuple[bool, bool, bool]:
    """What makes a run say more than another: it is whole and complete, it is of the default matrix, it is complete."""
    complete = bool(run.run.complete)
    whole = complete and bool(run.run.whole) and run.plan.shard is None
    return whole, is_default(Path(run.run.matrix)), complete
