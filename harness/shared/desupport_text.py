"""Parses notice 2172: the day after which IBKR no longer lets this Gateway or TWS connect. Both halves use it."""

from __future__ import annotations

import re
from dataclasses import dataclass

CODE = 2172

WORDS = re.compile(
    r"you are running, (?P<version>\S+?),? needs .*? on (?P<date>\d{8})\..*? will be (?P<minimum>\S+?)\.?$"
)
"""How IBKR words it; source: notices that users of Lean and nautilus_trader have published."""


@dataclass(frozen=True)
class Desupport:
    """What the notice says: the application's version, the day it ends (ISO 8601), and the minimum version then."""

    version: str
    date: str
    minimum: str

    @property
    def text(self) -> str:
        """The notice as IBKR words it."""
        return (
            f"The version of the application you are running, {self.version}, needs to be upgraded, as it will be "
            f"desupported on {self.date.replace('-', '')}. The minimum supported version at that time will be "
            f"{self.minimum}."
        )


def read(text: str) -> Desupport | None:
    """Read the text of a notice 2172; None if its words are new."""
    found = WORDS.search(text)
    if found is None:
        return None
    day = found["date"]
    return Desupport(found["version"], f"{day[:4]}-{day[4:6]}-{day[6:]}", found["minimum"])
