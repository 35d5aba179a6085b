"""Writes a cell's evidence, one JSON object a line, each handed to the system at once: a killed cell's survives."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from harness.checks.outcome import Outcome


class Evidence:
    """The evidence file of one cell; lines may come from any thread, because each is one write."""

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
        self._file = os.open(path, flags, 0o600)

    def write(self, event: str, **facts: Any) -> None:
        """Write one line."""
        line = json.dumps({"event": event, **facts}, default=str)
        os.write(self._file, line.encode() + b"\n")

    def begin(self, name: str) -> None:
        """Write that a check begins, and when: what it sent is found by that, and where a killed cell hung.

        In Unix seconds, for people, and by the clock that nobody can set, which all processes of a machine share.
        """
        self.write("begin", name=name, at=time.time(), monotonic=time.monotonic())

    def check(self, outcome: Outcome) -> None:
        """Write how a check ended."""
        self.write("check", **outcome.as_json())

    def end(self) -> None:
        """Write the end line. The file stays open: a late record of the library is still evidence."""
        self.write("end")
