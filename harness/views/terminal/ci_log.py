"""Keeps text of libraries, gateways and packages from acting as commands to the CI system that reads the log.

GitHub's runner takes a line that begins with ``::``, after any white space, for a command, and ``##[`` anywhere in a
line; commands of Azure and TeamCity begin with ``##``, too (docs.github.com: workflow commands for GitHub Actions;
github.com/actions/runner, ``ActionCommand``). Where lines begin is known only when a page is drawn, and text is wrapped
by then. So this is done where everything passes: in the program's standard output and standard error.
"""

from __future__ import annotations

import io
import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

_WHITE = (
    rb"(?:[ \t\x0b\x0c\x1c-\x1f]|\xc2[\x85\xa0]|\xe1\x9a\x80"
    rb"|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80)*"
)
"""Matches white space in UTF-8 that the runner ignores at the beginning of a line."""

_BEGINS = re.compile(rb"([\n\r]%s)(?=:(?::|\Z))" % _WHITE)
_MARK = re.compile(rb"(##(?:vso|teamcity)?)\[")
_LONGEST_MARK = 10
_BLANK = re.compile(rb"[\n\r]%s((?:\xc2|\xe1\x9a?|\xe2[\x80\x81]?|\xe3\x80?)?)\Z" % _WHITE)
"""Matches the beginning of a line that has nothing visible yet, perhaps with an incomplete character at its end."""


class Guard(io.BufferedIOBase):
    r"""A binary stream that writes to another and puts a backslash before what would be a command.

    ``##[`` becomes ``##\u005b``, which JSON means the same by.
    """

    def __init__(self, under: BinaryIO) -> None:
        self._under = under
        self._line = b"\n"
        """The part of the current line that matters: white space at its beginning, or its end."""

    def write(self, data: Buffer, /) -> int:
        """Write data after making it harmless, even if it comes in pieces."""
        piece = bytes(data)
        before = len(self._line)
        whole = self._line + piece
        self._under.write(_harmless(whole)[before:])
        blank = _BLANK.search(whole)
        self._line = b"\n" + blank[1] if blank else b"-" + _may_begin_a_mark(whole.splitlines()[-1])
        return len(piece)

    @property
    def name(self) -> str:
        """That of the stream below."""
        return str(getattr(self._under, "name", ""))

    def flush(self) -> None:
        """Flush what is below; after the end there is nothing."""
        if not self.closed:
            self._under.flush()

    def writable(self) -> bool:
        """Always."""
        return True

    def fileno(self) -> int:
        """That of the stream below."""
        return self._under.fileno()

    def isatty(self) -> bool:
        """Never: a terminal has no guard."""
        return False


def _may_begin_a_mark(line: bytes) -> bytes:
    """Return the end of a line that may be the beginning of a mark; a complete mark was written already."""
    return line[-_LONGEST_MARK:].rpartition(b"[")[2]


def _harmless(text: bytes) -> bytes:
    return _MARK.sub(rb"\1\\u005b", _BEGINS.sub(rb"\1\\", text))


@contextmanager
def guarded() -> Iterator[None]:
    """Guard standard output and standard error, unless they are terminals."""
    kept = sys.stdout, sys.stderr
    guards = [_guard(stream) for stream in kept]
    sys.stdout, sys.stderr = (guard or stream for guard, stream in zip(guards, kept, strict=True))
    try:
        yield
    finally:
        for guard in filter(None, guards):
            _take_off(guard)
        sys.stdout, sys.stderr = kept


def _guard(stream: object) -> io.TextIOWrapper | None:
    if not isinstance(stream, io.TextIOWrapper) or stream.closed or stream.isatty():
        return None
    stream.flush()
    buffered = stream.line_buffering
    return io.TextIOWrapper(
        Guard(stream.buffer), encoding=stream.encoding, errors="replace", newline="", line_buffering=buffered
    )


def _take_off(guard: io.TextIOWrapper) -> None:
    """Write what is buffered; if that fails, it is lost with the guard."""
    try:
        guard.flush()
    except (OSError, ValueError):
        return
    guard.detach()
