"""Environments of rows without nox: made by uv where it is found, else by venv and pip."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from harness.plan.matrix.environments import leave_marker
from harness.plan.matrix.library_origins import installable
from harness.plan.matrix.rows import running_python
from harness.shared import untrusted
from harness.shared.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.plan.matrix.rows import Row

_UNPACKED = "unpacked"
"""Where in an environment lies what came in a zip."""
_WINDOWS = sys.platform == "win32"


def build(row: Row, folder: Path, *, index: str | None = None) -> None:
    """Make a row's environment below a folder; what cannot be installed is a result, and stands in its marker.

    Args:
        row: what is installed, on which Python.
        folder: where the environments are.
        index: the package index; that of uv or pip unless given.

    Raises UsageError where this machine has no such Python.
    """
    place = folder / row.environment
    began = time.monotonic()
    python = _create(place, row.python)
    words = (
        *(*untrusted.installer(python), "--quiet"),
        *(("--index-url", index) if index else ()),
        *installable(row.requirements, place / _UNPACKED),
    )
    done = _run(words)
    said, took = f"{done.stdout}{done.stderr}", time.monotonic() - began
    leave_marker(place, row, python=str(python), installed=done.returncode == 0, seconds=took, log=said)


def _create(place: Path, version: str) -> Path:
    """Make a virtual environment; return its interpreter."""
    uv = untrusted.uv()
    words = (uv, "venv", "--quiet", "--clear", "--no-python-downloads", "--python", version, str(place)) if uv else None
    done = _run(words or (_interpreter(version), "-m", "venv", "--clear", str(place)))
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise UsageError(f"no environment on Python {version} could be made: {' '.join(last)}")
    return place / ("Scripts/python.exe" if _WINDOWS else "bin/python")


def _interpreter(version: str) -> str:
    found = sys.executable if version == running_python() else shutil.which(f"python{version}")
    if found is None:
        hint = "Install it, or name one with --python that is there."
        raise UsageError(f"no Python {version} on this machine", hint=hint)
    return found


def _run(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own words, and what the user names
        words,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        stdin=subprocess.DEVNULL,
        env=untrusted.environment(untrusted.Purpose.INSTALL),
    )
