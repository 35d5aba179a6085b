"""Protects the program's standard input, output and error, whose other ends may be gone."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import click

from harness.shared.errors import IbCompatError

_GONE = frozenset({errno.EPIPE, errno.EBADF, errno.EIO, errno.EINVAL})
"""Errors of a stream that nobody reads: a pipe whose reader has ended, a closed file, a terminal that is gone."""


def tell(text: str) -> None:
    """Write to standard output; a missing reader is not a failure.

    Raises:
        IbCompatError: it cannot be written, for example because the disk is full.
    """
    try:
        click.echo(text, color=True)
    except OSError as problem:
        if problem.errno not in _GONE:
            raise IbCompatError(f"standard output cannot be written: {problem.strerror or problem}") from None
    except ValueError:  # it was closed in this process
        pass


def let_go() -> None:
    """Flush the streams, so that the interpreter cannot fail to do so when it exits."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        _let_go(stream)


def _let_go(stream: TextIO) -> None:
    try:
        stream.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def hold_places() -> None:
    """Open standard files that are closed, so that no file of ours gets their descriptor, and text meant for them."""
    for number in range(3) if sys.platform != "win32" else ():
        if not _is_open(number):
            os.open(os.devnull, os.O_RDWR)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed when we were started
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for as long as we live


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
