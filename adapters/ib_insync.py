"""Drives ib_insync; importing this module imports the library."""

from __future__ import annotations

import ib_insync

from adapters.asyncio_family import AsyncioAdapter


def create() -> AsyncioAdapter:
    """Return the adapter of the installed ib_insync."""
    return AsyncioAdapter(ib_insync)
