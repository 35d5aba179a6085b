"""Starts other people's code with a reduced environment: what it may read of the caller's, and what it is kept from.

Packages run code while they are built, and libraries while they are imported and asked. Neither gets a login or a
token that it has no use for. Standard library only: the noxfile starts installers with it.
"""

from __future__ import annotations

import os
import shutil
import sys
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import tomllib

from harness.shared import confine

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_DATA = Path(__file__).with_name("untrusted.toml")
_CONFINE = Path(confine.__file__)
_WINDOWS = sys.platform == "win32"
_UNCHECKED = "--disable-pip-version-check"
_INTO_OTHERS = (22, 3)
"""The first pip with ``--python``: https://pip.pypa.io/en/stable/news/#v22-3"""


class Purpose(StrEnum):
    """What code of others is started for."""

    INSTALL = "install"
    """By pip or uv, with what that builds."""
    ASK = "ask"
    """A library under test, in its worker."""


def environment(purpose: Purpose, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the part of the caller's environment that other people's processes get.

    Args:
        purpose: what it is started for.
        given: the caller's environment [default: this process's]
    """
    rules = _rules()[purpose]
    around = os.environ if given is None else given
    return {
        name: value
        for name, value in around.items()
        if _is_one_of(name, rules["passed"]) and not _is_one_of(name, rules.get("never", ()))
    }


def confined(words: Iterable[str]) -> tuple[str, ...]:
    """Return a command that cannot reach the processes around it, if this system supports that; else unchanged."""
    own = (sys.executable, "-I", "-S", str(_CONFINE)) if sys.platform == "linux" else ()
    return (*own, *words)


def installer(python: Path) -> tuple[str, ...]:
    """Return the words of pip's or uv's ``install`` into the environment of an interpreter, confined."""
    found = uv()
    if found:
        return confined((found, "pip", "install", "--python", str(python)))
    if has_pip() and not any(python.parent.glob("pip*")):
        return confined((sys.executable, "-m", "pip", "--python", str(python), "install", _UNCHECKED))
    return confined((str(python), "-m", "pip", "install", _UNCHECKED))


def has_pip() -> bool:
    """Return whether our own interpreter has a pip that installs into environments of its version, which need none."""
    from importlib import metadata  # noqa: PLC0415 - it takes as long as all else here, and uv does without

    try:
        first, second = metadata.version("pip").split(".")[:2]
    except (metadata.PackageNotFoundError, ValueError):
        return False
    return first.isdecimal() and second.isdecimal() and (int(first), int(second)) >= _INTO_OTHERS


def uv() -> str | None:
    """Return the uv beside our own interpreter, which nox[uv] installs, else the one on the path."""
    beside = Path(sys.executable).with_name("uv.exe" if _WINDOWS else "uv")
    return str(beside) if beside.is_file() else shutil.which("uv")


def exposed(given: Mapping[str, str]) -> str | None:
    """Say which logins and tokens code of others can read from the processes around it, and why; else ``None``.

    Args:
        given: the caller's environment.
    """
    names = secrets(given)
    lack = confine.lacking() if names else None
    return f"libraries and what is built for them can read {', '.join(names)}: {lack}" if lack else None


def secrets(around: Iterable[str]) -> list[str]:
    """Return the names of the variables that hold a login or a token, or say where one is."""
    return sorted(name for name in around if _is_one_of(name, _rules()["secret"]["names"]))


def unneeded_secrets(around: Mapping[str, str]) -> list[str]:
    """Return those of them that no installer gets."""
    told = environment(Purpose.INSTALL, around)
    return [name for name in secrets(around) if name not in told]


def is_login(name: str) -> bool:
    """Return whether a variable is a part of a gateway's login."""
    return _is_one_of(name, _rules()["secret"]["login"])


def _is_one_of(name: str, patterns: Iterable[str]) -> bool:
    """Windows ignores the case of names, and returns them in upper case."""
    return any(fnmatchcase(name, pattern) or (_WINDOWS and fnmatchcase(name, pattern.upper())) for pattern in patterns)


@cache
def _rules() -> dict[str, dict[str, list[str]]]:
    tables = tomllib.loads(_DATA.read_text("utf-8"))
    everywhere = tables["everywhere"]["passed"]
    return {
        "install": {**tables["install"], "passed": [*everywhere, *tables["install"]["passed"]]},
        "ask": {**tables["ask"], "passed": [*everywhere, *tables["ask"]["passed"]]},
        "secret": {
            "login": tables["secret"]["login"],
            "names": [*tables["secret"]["login"], *tables["secret"]["tokens"]],
        },
    }
