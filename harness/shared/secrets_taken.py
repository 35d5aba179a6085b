"""Removes logins and tokens from the caller's environment before anything else is started.

A process inherits the environment of the one that starts it, and every process of the same user can read its first
environment for as long as it lives (``/proc/PID/environ``), whatever it unsets. So nox and ``ib-compat`` remove secrets
here and in the memory that the system shows, and nox passes the logins to a run alone, through a pipe. Standard library
only: the noxfile uses it.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from harness.shared import confine, untrusted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PIPE = "IB_COMPAT_LOGIN_PIPE"
"""Names the pipe, in the environment of a run that nox starts."""

_LONGEST = 1 << 16
"""Bytes that a pipe of Linux holds without a reader; those of macOS hold 16 KiB at least, and logins are shorter."""

_taken: dict[str, str] = {}


def take() -> None:
    """Take what is secret out of this process's environment, and close the process to others, if there is any.

    What installers need, such as a package index's password, stays. If this process was given a pipe, what
    comes through it is taken, too, and nobody finds the pipe any more.
    """
    pipe = os.environ.pop(PIPE, None)
    if pipe is None and not untrusted.secrets(os.environ):
        return
    confine.close_up()
    _taken.update({name: os.environ.pop(name) for name in untrusted.unneeded_secrets(os.environ)})
    confine.wipe(_taken)
    if pipe is not None:
        _taken.update(_read(Path(pipe)))


def whole_environment() -> Mapping[str, str]:
    """Return the environment including the secrets taken out of it; for reading a login, never for a process."""
    return {**os.environ, **_taken}


@contextmanager
def handed_over() -> Iterator[Mapping[str, str]]:
    """Yield the variables through which a run that is started inside gets the logins that were taken here.

    The run reads them from a pipe in a folder that belongs to this user alone, and removes both. If the system has no
    such pipes, they are variables of the run.
    """
    logins = {name: value for name, value in _taken.items() if untrusted.is_login(name)}
    if not logins or not hasattr(os, "mkfifo"):
        yield logins
        return
    with tempfile.TemporaryDirectory(prefix="ib-compat-", ignore_cleanup_errors=True) as folder:
        pipe = Path(folder, "login")
        os.mkfifo(pipe, mode=0o600)
        end = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)  # both ends: what is written waits for the reader
        try:
            os.write(end, json.dumps(logins).encode())
            yield {PIPE: str(pipe)}
        finally:
            os.close(end)


def _read(pipe: Path) -> dict[str, str]:
    """Return what waits in a pipe; nothing if it is gone, and then the missing login is reported."""
    with suppress(OSError, ValueError):
        end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        try:
            said = os.read(end, _LONGEST)
        finally:
            os.close(end)
        with suppress(OSError):  # here, since nox may be killed
            pipe.unlink()
            pipe.parent.rmdir()
        return {str(name): str(value) for name, value in json.loads(said).items()}
    return {}
