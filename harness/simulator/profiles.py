"""Profiles: which gateways can be simulated, and what each speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import tomllib

from harness.cell.desupport import Desupport
from harness.errors import SelectionError
from harness.matrix.nearest import nearest
from harness.world.desupport import end_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One simulated application; the keys of ``data/profiles.toml``.

    Args:
        ports: the usual port by mode, ``live`` and ``paper``.
        desupport: the notice 2172 that it plays; ``None`` where nobody published one of that version.
    """

    product: str
    version: str
    server_version: int
    min_server_version: int
    evidence: str
    source: str
    ports: Mapping[str, int]
    desupport: Desupport | None = None

    @property
    def name(self) -> str:
        """Its name in matrix files and on the command line, such as ``gateway-10.45``."""
        return f"{self.product}-{self.version}"


@cache
def load() -> Mapping[str, Profile]:
    """Return all profiles by name, in the order of the file."""
    text = (resources.files("harness.simulator") / "data" / "profiles.toml").read_text("utf-8")
    document = tomllib.loads(text)
    profiles = [_profile(table, document) for table in document["profile"]]
    return {profile.name: profile for profile in profiles}


def _profile(table: Mapping[str, Any], document: Mapping[str, Any]) -> Profile:
    return Profile(
        product=table["product"],
        version=table["version"],
        server_version=table["server_version"],
        min_server_version=document["min_server_version"],
        evidence=table["evidence"],
        source=table["source"],
        ports=document["ports"][table["product"]],
        desupport=_notice(table),
    )


def _notice(table: Mapping[str, Any]) -> Desupport | None:
    end = end_of(table["version"])
    if "notice_2172" not in table or end is None:
        return None
    return Desupport(table["notice_2172"], end.day.isoformat(), end.minimum)


def find(name: str) -> Profile:
    """Return a profile by name; a version alone means IB Gateway.

    Raises:
        SelectionError: there is none of that name; the hint names the nearest.
    """
    profiles = load()
    wanted = name if name in profiles else f"gateway-{name}"
    if wanted in profiles:
        return profiles[wanted]
    near = nearest(name, profiles) or list(profiles)
    raise SelectionError(f"no simulated gateway is called {name!r}", hint=f"did you mean {', '.join(near)}?")
