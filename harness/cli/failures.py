"""What becomes of an error that nobody expected: a sentence, a place, and the exit code of a failure of ours."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

TRACEBACK = "IB_COMPAT_TRACEBACK"
"""Environment variable: with any value the whole traceback is told, too."""

_OURS = Path(__file__).parents[2]


def told(error: Exception) -> tuple[str, str]:
    """The message and the hint that a person gets to see."""
    message, hint = _told(error)
    if os.environ.get(TRACEBACK):
        hint = "\n".join(filter(None, ("".join(traceback.format_exception(error)).rstrip(), hint)))
    return message, hint


def _told(error: Exception) -> tuple[str, str]:
    match error:
        case MemoryError():
            return "there was no memory left", "Give it more, or ask for less at once."
        case OSError(strerror=str(why)):
            return (f"{error.filename}: {why}" if error.filename is not None else f"the system says: {why}"), ""
        case _:
            words = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            hint = f"Please report it; {TRACEBACK}=1 shows where it comes from."
            return f"this is an error of ib-compat's own: {words}{_place(error)}", hint


def _place(error: Exception) -> str:
    """Where in our code it happened, the last place of it."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(_OURS)]
    if not ours:
        return ""
    return f" ({Path(ours[-1].filename).relative_to(_OURS).as_posix()}, line {ours[-1].lineno})"
