"""Lets Python look for no garbage where none comes, but very much that stays."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def not_looked_for() -> Iterator[None]:
    """Look for no garbage meanwhile: Python looks through all that is there again and again as more comes."""
    looked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looked:
            gc.enable()
