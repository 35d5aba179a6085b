"""Waiting for whoever builds the rows' environments while the gateways come up."""

from __future__ import annotations

import asyncio
import os
import stat
import sys

from harness.errors import UsageError

READY = b"ready\n"
"""What the builder writes to our standard input when the environments are there."""


def refuse_deaf_input() -> None:
    """See that somebody can give us the word.

    Raises:
        UsageError: standard input is a file or nothing.
    """
    try:
        kind = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):  # there is none, or it is closed
        kind = 0
    if not (stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)):
        raise UsageError(
            "--await-environments needs a pipe as standard input",
            hint="`nox -s matrix` builds the environments and uses it; without it they must be there.",
        )


async def built() -> bool:
    """Wait for the builder's word; ``False`` where it ended without it."""
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer
    )
    try:
        return await reader.readline() == READY
    finally:
        transport.close()
