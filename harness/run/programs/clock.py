"""Lets a program see another moment than this machine's clock, so that it and its simulated gateway see the same one.

libfaketime (https://github.com/wolfcw/libfaketime) is loaded into the program, and into what it starts. Only what tells
the time of day is moved: how long something lasts is measured as ever.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from harness.shared.errors import UsageError

_FOLDERS = ("usr/lib/*/faketime", "usr/lib/faketime", "usr/lib64/faketime", "usr/local/lib/faketime")
_SLEEPS = "import time; time.sleep(0.001)"

SHARED = Path("/dev/shm")  # noqa: S108 - the place of libfaketime's choice
"""Where libfaketime keeps something of each process, also of one that was killed."""


def moved_clock(ahead: float, preloaded: str = "") -> Mapping[str, str]:
    """Return the variables that move the clock of a program.

    Args:
        ahead: by how many seconds; negative for the past.
        preloaded: what is loaded into programs anyway, as ``LD_PRELOAD`` has it.

    Raises:
        UsageError: this machine cannot do that.
    """
    if not sys.platform.startswith("linux"):
        raise _no_clock(f"{sys.platform} lets nobody move the clock of a single program")
    found = found_libraries()
    library = next(filter(_lets_sleep, found), None)
    if library is None:
        why = f"with {found[0]}, it cannot sleep" if found else "libfaketime is not installed"
        raise _no_clock(why, "Install PyPI's libfaketime beside ib-compat: pip install libfaketime.")
    return _variables(library, f"{ahead:+.6f}", preloaded)


def found_libraries() -> tuple[Path, ...]:
    """Return every libfaketime of this machine: that beside ib-compat first, then those of the system."""
    return (*_beside_us(), *(file for each in _FOLDERS for file in Path("/").glob(f"{each}/libfaketimeMT.so.1")))


def _beside_us() -> Iterator[Path]:
    """Yield that of the package ``libfaketime``."""
    package = find_spec("libfaketime")
    if package is not None and package.origin:
        yield from Path(package.origin).parent.glob("vendor/libfaketime/src/libfaketime.so.1")


@cache
def _lets_sleep(library: Path) -> bool:
    """Whether a program can sleep with it. With that of Debian 12, 0.9.10, Python's ``time.sleep`` fails."""
    words = (sys.executable, "-I", "-c", _SLEEPS)
    moved = {**os.environ, **_variables(library, "-3600")}
    tried = subprocess.run(words, env=moved, capture_output=True, check=False)  # noqa: S603 - our own Python
    return tried.returncode == 0


def _variables(library: Path, moment: str, preloaded: str = "") -> dict[str, str]:
    return {
        "LD_PRELOAD": " ".join(filter(None, (str(library), preloaded))),
        "FAKETIME": moment,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def _no_clock(why: str, hint: str = "") -> UsageError:
    return UsageError(f"the program cannot see its gateway's moment: {why}", hint=hint or "Leave its clock as it is.")


def forget_clock(process: int) -> None:
    """Remove what libfaketime leaves of a process that was killed."""
    for name in ("faketime_shm", "sem.faketime_sem"):
        with contextlib.suppress(OSError):
            (SHARED / f"{name}_{process}").unlink()
