"""Runs the commands of the documents."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.commands import environment, ib_compat

ROOT = Path(__file__).parents[2]


def run(words: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, and give what it wrote."""
    return subprocess.run(
        words,
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment(),
        check=False,
    )


@contextmanager
def serving() -> Iterator[str]:
    """Serve a simulated gateway from another process for as long as the context lasts; give its address."""

    simulate = ib_compat("simulate", "--port", "0", "--quiet")
    with subprocess.Popen(simulate, cwd=ROOT, env=environment(), stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            first = process.stderr.readline()
            found = re.search(r"listens on (127\.0\.0\.1:\d+)", first)
            assert found, first
            yield found[1]
        finally:
            process.terminate()
            process.communicate()
