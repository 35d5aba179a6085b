"""A hostile server in a process of its own, so that what it takes is not ours."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def served(name: str) -> Iterator[int]:
    """Have a server in a process of its own; gives its port."""
    process = subprocess.Popen([sys.executable, "-m", "tests.hostile.servers", name], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()
