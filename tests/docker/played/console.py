"""What the container's log shows: the lines of run.sh as they are, those of IBC with the time."""

from __future__ import annotations

import sys
from datetime import datetime

_BANG = "!" * 79


def say(line: str = "") -> None:
    """Write a line as it is."""
    print(line, flush=True)  # noqa: T201  # the log of a container is its standard output


def complain(line: str) -> None:
    """Write a line to standard error."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201  # as ``say``


def ibc(message: str) -> None:
    """Write a line as IBC does: the time, and a capital first."""
    say(f"{_now()} IBC: {message[:1].upper()}{message[1:]}")


def ibc_error(message: str, *, hidden: bool) -> None:
    """Write what IBC writes to standard error; newer versions of ibcstart.sh throw that away."""
    if not hidden:
        for line in (_BANG, f"{_now()} IBC: {message[:1].upper()}{message[1:]}", _BANG):
            complain(line)


def _now() -> str:
    """Return the local time as IBC writes it, with a colon before the milliseconds."""
    now = datetime.now().astimezone()
    return f"{now:%Y-%m-%d %H:%M:%S}:{now.microsecond // 1000:03d}"
