"""Defines which gateways can be simulated, and what protocol version each speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from harness.known.gateway_versions import KnownVersion, document, end_of, known_versions
from harness.shared.desupport_text import Desupport
from harness.shared.errors import SelectionError, nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One simulated application; the keys of ``harness/known/versions.toml``.

    Args:
        ports: the usual port by mode, ``live`` and ``paper``.
        desupport: the notice 2172 that it sends; ``None`` if none was published for that version.
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
    return {name: _profile(known) for name, known in known_versions().items()}


def _profile(known: KnownVersion) -> Profile:
    return Profile(
        product=known.product,
        version=known.version,
        server_version=known.server_version,
        min_server_version=document()["min_server_version"],
        evidence=known.evidence,
        source=known.source,
        ports=document()["ports"][known.product],
        desupport=_notice(known),
    )


def _notice(known: KnownVersion) -> Desupport | None:
    end = end_of(known.version)
    if known.notice_2172 is None or end is None:
        return None
    return Desupport(known.notice_2172, end.day.isoformat(), end.minimum)


def find(name: str) -> Profile:
    """Return a profile by name; a version alone means IB Gateway.

    Raises:
        SelectionError: there is none with that name; the hint names the nearest.
    """
    profiles = load()
    wanted = name if name in profiles else f"gateway-{name}"
    if wanted in profiles:
        return profiles[wanted]
    near = nearest(wanted if name[:1].isdigit() else name, profiles) or list(profiles)
    raise SelectionError(f"no simulated gateway is called {name!r}", hint=f"did you mean {', '.join(near)}?")
