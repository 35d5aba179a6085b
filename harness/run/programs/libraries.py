"""Finds the libraries that a program's own Python has installed, without importing any of them."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath

from harness.results.decide.libraries import distributions

_ASK = """
import sys
# a module of the program may have the name of one of these, and must not run here
sys.path[:] = sorted(filter(None, sys.path), key=lambda each: not each.startswith(sys.base_prefix))
import json
from importlib import metadata
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
"""

_PYTHON = re.compile(r"python(?:\d+(?:\.\d+)?t?)?w?(?:\.exe)?")
"""What an interpreter is called. Nothing else is asked: it might be the program, which would reach all networks."""

_SECONDS = 10.0
_LONGEST_LINE = 4096


def installed_beside(program: Path) -> Mapping[str, str]:
    """Return the version of each library that the Python of a program has; nothing if it is no Python program.

    Args:
        program: an interpreter, or a script whose first line names one.
    """
    python = _python_of(program)
    if python is None:
        return {}
    with contextlib.suppress(OSError, ValueError, subprocess.SubprocessError):
        asked = subprocess.run(  # noqa: S603 - the Python that the user is about to run
            [*python, "-c", _ASK, *distributions()],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=True,
        )
        found: dict[str, str] = json.loads(asked.stdout)
        return found
    return {}


def _python_of(program: Path) -> Sequence[str] | None:
    """Return what starts the Python of a program: itself, or what its first line says."""
    if _PYTHON.fullmatch(program.name):
        return [str(program)]
    with contextlib.suppress(OSError), program.open("rb") as opened:
        first = opened.readline(_LONGEST_LINE).decode(errors="replace")
        words = first.removeprefix("#!").split() if first.startswith("#!") else []
        through_env = len(words) > 1 and PurePath(words[0]).name == "env"
        named = words[: 2 if through_env else 1]  # further words may name a program
        if named and _PYTHON.fullmatch(PurePath(named[-1]).name):
            return named
    return None
