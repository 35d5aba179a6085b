"""Until when a version of IB Gateway or TWS can be used, as far as IBKR has said so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

import tomllib

_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
_MINIMUM = re.compile(r"(\d{2})(\d{2})\.(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """All versions below ``minimum`` (as IBKR writes it, ``1050.1``) stop working on ``day``; ``source`` said so."""

    day: date
    minimum: str
    source: str
    seen: date

    def rules_out(self, version: str) -> bool:
        """Whether a version, as ``10.45`` or ``10.45.1j``, is below the minimum; false for what is no version."""
        found, least = _VERSION.match(version), _MINIMUM.match(self.minimum)
        if found is None or least is None:
            return False
        of_minimum = [int(part) for part in least.groups()]
        named = [int(part) for part in found.groups() if part is not None]
        return named < of_minimum[: len(named)]


@cache
def ends() -> tuple[End, ...]:
    """Every end that is known, the earliest first."""
    text = (resources.files("harness.known") / "desupport.toml").read_text("utf-8")
    found = [End(**table) for table in tomllib.loads(text)["desupport"]]
    return tuple(sorted(found, key=lambda end: end.day))


def end_of(version: str) -> End | None:
    """The end of a version, the earliest that rules it out; ``None`` where nobody has told of one."""
    return next((end for end in ends() if end.rules_out(version)), None)
