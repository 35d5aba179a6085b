"""Lets a Python program be observed from inside, by what Python imports when it starts; its code stays as it is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.programs.asked import Asked
from harness.programs.observed import NOT_OBSERVED, Observed, read_notes
from harness.run.programs.observing.ib_compat_observer import FILE

MOST_BYTES = 2**20
"""What is read of the notes of a program and of all that it started."""

_FOLDER = Path(__file__).parent / "observing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a run of a program is observed with; ``file`` is ``None`` if it is not."""

    file: Path | None = None

    def begun(self, environment: Mapping[str, str]) -> Mapping[str, str]:
        """Return an environment with what lets Python begin to observe."""
        if self.file is None:
            return environment
        path = os.pathsep.join(filter(None, (str(_FOLDER), environment.get("PYTHONPATH"))))
        return {**environment, "PYTHONPATH": path, FILE: str(self.file)}

    def read(self, asked: Asked, *, opened: float, plain: Callable[[str], str]) -> Observed | None:
        """Return what was noted; ``None`` if nobody asked for it. Arguments as of :func:`read_notes`."""
        if self.file is None:
            return None
        try:
            with self.file.open("rb") as notes:
                text = notes.read(MOST_BYTES).decode("ascii", "replace")
        except OSError:  # the program removed it
            return NOT_OBSERVED
        return read_notes(text, asked, opened=opened, plain=plain)


@contextmanager
def observation(*, wanted: bool) -> Iterator[Observation]:
    """Yield what a run is observed with; the notes are removed afterwards."""
    if not wanted:
        yield Observation()
        return
    with TemporaryDirectory(prefix="ib-compat-observed-", ignore_cleanup_errors=True) as name:
        file = Path(name) / "notes"
        file.touch()
        yield Observation(file=file)
