"""Limits: how long a test waits, and what this process may have for as long as a test wants."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 240.0
"""Seconds after which a test fails instead of waiting for ever: enough on a machine that does much else, too."""


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """Let no file grow beyond a size."""
    import resource  # noqa: PLC0415 - not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
