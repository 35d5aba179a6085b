"""How far a run came that did not come to its end, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.results.results_model import Unfinished
from harness.shared.status import Status

if TYPE_CHECKING:
    from harness.results.results_model import RunInfo


def how_far(run: RunInfo) -> str:
    """``143 of 240``: cells that are finished, and cells that were to be asked."""
    asked = sum(count for status, count in run.counts.items() if status is not Status.SKIPPED)
    return f"{asked - run.counts.get(Status.NOT_RUN, 0)} of {asked}"


def standing(run: RunInfo) -> str | None:
    """``interrupted at 143 of 240``, and how; ``None`` of a run that came to its end."""
    at = f"interrupted at {how_far(run)}"
    match run.unfinished:
        case Unfinished.RUNNING:
            return f"still running: {how_far(run)}"
        case Unfinished.DIED:
            return f"{at}, where it ended without a word"
        case Unfinished.TORN:
            return f"{at}, where it ended in the middle of a line of its journal, which is left out"
        case None:
            return at if run.interrupted else None


def unfinished_line(run: RunInfo) -> str | None:
    """The same as a sentence, with what asks the rest; ``None`` of a run that came to its end."""
    words = standing(run)
    if words is None:
        return None
    return f"{words[0].upper()}{words[1:]}{_rest(run)}."


def left_in_line(run: RunInfo) -> str | None:
    """The same in a line among those of other runs: ``20261120T101112Z-ab12: interrupted at 143 of 240; …``."""
    words = standing(run)
    return None if words is None else f"{run.id}: {words}{_rest(run)}"


def _rest(run: RunInfo) -> str:
    """What asks the rest; of a run that goes on nothing needs to, and parts are resumed where they are."""
    if run.unfinished is Unfinished.RUNNING or run.parts:
        return ""
    return f"; `ib-compat run --resume {run.id}` asks the rest"
