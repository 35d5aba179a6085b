"""Reserves the worker's two standard streams for its JSON lines; what libraries print goes elsewhere."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

STDIN, STDOUT, STDERR = 0, 1, 2


class Channel:
    """Writes JSON lines to what was standard output; from then on prints go to standard error."""

    def __init__(self) -> None:
        self._file = os.dup(STDOUT)
        os.dup2(STDERR, STDOUT)

    def say(self, event: str, **facts: Any) -> None:
        """Write one line; ``BrokenPipeError`` if nobody listens any more."""
        rest = memoryview(json.dumps({"event": event, **facts}).encode() + b"\n")
        while rest:
            rest = rest[os.write(self._file, rest) :]

    def close(self) -> None:
        """Let go of standard output; a child must, or its parent's end would not be seen."""
        os.close(self._file)


def keep_output(path: Path) -> None:
    """Send whatever this process prints from now on to a file."""
    flush_output()
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    os.dup2(file, STDOUT)
    os.dup2(file, STDERR)
    os.close(file)


def flush_output() -> None:
    """Hand on what Python's print still holds."""
    sys.stdout.flush()
    sys.stderr.flush()
