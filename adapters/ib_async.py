"""Drives ib_async; importing this module imports the library."""

from __future__ import annotations

import ib_async

from adapters.asyncio_family import AsyncioAdapter


def create() -> AsyncioAdapter:
    """Return the adapter of the installed ib_async."""
    return AsyncioAdapter(ib_async)
