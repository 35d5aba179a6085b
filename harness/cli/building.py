"""Waiting for whoever builds the rows' environments while the gateways come up."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
import threading
from contextlib import suppress

from harness.shared.errors import UsageError

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
    """Wait for the builder's word; ``False`` where it ended without it.

    A thread reads, because Windows cannot wait for a pipe that it was given; straight from the system, because a thread
    that holds a stream's lock keeps the interpreter from ending.
    """
    loop = asyncio.get_running_loop()
    said: asyncio.Future[bool] = loop.create_future()

    def read() -> None:
        word = b""
        while not word.endswith(b"\n") and (more := os.read(sys.stdin.fileno(), len(READY))):
            word += more
        with suppress(RuntimeError):  # the run has ended meanwhile
            loop.call_soon_threadsafe(_settle, said, word == READY)

    threading.Thread(target=read, daemon=True).start()
    return await said


def _settle(said: asyncio.Future[bool], answer: bool) -> None:  # noqa: FBT001 - what a callback is given
    if not said.done():
        said.set_result(answer)
