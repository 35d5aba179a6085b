"""Which run a cell is shown of where nobody names one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.results.run_folder import find_run, is_run_id, run_folders
from harness.shared.errors import NoSuchCellError, ResultsError, SelectionError
from harness.shared.status import Status
from harness.views.terminal.cell_seen import find_seen

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from harness.views.terminal.cell_seen import Seen

OLDER = 20
"""Runs that are looked through for a cell which the latest lacks: each is read whole."""


def seen_of(results: Path, run: str | None, word: str) -> Seen:
    """The cell of the run that somebody names, and of the newest that has asked it where nobody does.

    Raises ResultsError and SelectionError as `find_seen` does.
    """
    return find_newest_seen(results, word) if run is None else find_seen(find_run(results, run), word)


def find_newest_seen(results: Path, word: str) -> Seen:
    """The cell that a person means: of the newest run that has asked it.

    ``latest`` is the last complete run, and whoever has just run a selection means that one. A run that came after
    the latest counts where the word means one cell of it. An older one counts where the latest has no such cell.

    Raises ResultsError and SelectionError as `find_seen` does of the latest.
    """
    latest = find_run(results)
    others = [each for each in run_folders(results) if is_run_id(each.name) and each.name != latest.name]
    newer = [each for each in others if each.name > latest.name]
    if (seen := _first(newer, word)) is not None:
        return seen
    try:
        return find_seen(latest, word)
    except NoSuchCellError:
        if (seen := _first(others[len(newer) :][:OLDER], word)) is not None:
            return seen
        raise


def _first(folders: Iterable[Path], word: str) -> Seen | None:
    return next((seen for seen in (_asked(folder, word) for folder in folders) if seen is not None), None)


def _asked(folder: Path, word: str) -> Seen | None:
    """The cell where this run came to it; ``None`` of a run that cannot be read, or in which the word is not clear."""
    try:
        seen = find_seen(folder, word)
    except (ResultsError, SelectionError):
        return None
    return None if seen.cell.status is Status.NOT_RUN else seen
