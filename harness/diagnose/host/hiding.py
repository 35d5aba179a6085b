"""Redacts what is never shown: the user's name, the home folder, user folders, secrets, and what the caller masks."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from harness.known.local_gateways import known

_HOMES = r"""(?:/home|/Users|[A-Za-z]:[\\/]+Users)[\\/]+(?:[^\\/:;"'<>|\r\n]+(?=[\\/])|[^\\/\s:;"'<>|]+)"""
"""Anybody's home folder; on Windows a name may have spaces, and ends at the next separator."""

_SHORTEST = 3
"""The shortest user name, in letters, that is hidden everywhere; shorter ones occur within other words."""


def without_homes(text: str, home: Path | None = None) -> str:
    """Return a text, or JSON, with home folders as ``~``, and nothing else changed; not HTML, where ``/a`` is a tag.

    Args:
        text: the text; in JSON, backslashes are doubled.
        home: the home folder of the user who runs this [default: the system's]
    """
    return _homes_with(_home() if home is None else home).sub("~", text)


def _home() -> Path:
    return Path(os.path.expanduser("~"))  # noqa: PTH111 - never raises


@cache
def _homes_with(home: Path) -> re.Pattern[str]:
    own = [re.escape(name) for name in _ways_to_write(home)] if len(home.parts) > 1 else []
    return re.compile("|".join([*(rf"{each}(?![\w.-])" for each in own), _HOMES]), re.IGNORECASE)


class Hiding:
    """Redacts texts and paths before they are shown.

    Args:
        mask: a further redaction by the caller, applied last.
        home: the home folder of the user who runs this.
    """

    def __init__(self, mask: Callable[[str], str], home: Path | None = None) -> None:
        folder = _home() if home is None else home
        self._mask = mask
        self._homes = _homes_with(folder)
        names = sorted(map(re.escape, _user_names(folder)), key=len, reverse=True)
        self._names = (
            re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(names)})(?![A-Za-z0-9])", re.IGNORECASE) if names else None
        )

    def text(self, text: str) -> str:
        """The text with home folders as ``~`` and everything that is hidden as ``***``."""
        shown = self._homes.sub("~", text)
        for pattern in known().hidden:
            shown = pattern.sub(lambda match: match[0].replace(match[1], "***"), shown)
        if self._names is not None:
            shown = self._names.sub("***", shown)
        return self._mask(shown)

    def path(self, path: Path) -> str:
        """A path as ``text``."""
        return self.text(str(path))


def _ways_to_write(home: Path) -> list[str]:
    """The path with either kind of slash, and resolved: it may be a link, and found paths contain no links."""
    really = Path(os.path.realpath(home))
    ways = (way for path in (home, really) for way in (str(path), path.as_posix(), str(path).replace("\\", r"\\")))
    return list(dict.fromkeys(ways))


def _user_names(home: Path) -> set[str]:
    told = {home.name, *(os.environ.get(name, "") for name in ("USER", "LOGNAME", "USERNAME"))}
    return {name for name in told if len(name) >= _SHORTEST and name.lower() not in known().nobody}
