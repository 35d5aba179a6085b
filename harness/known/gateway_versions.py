"""Knows the versions of IB Gateway and TWS, the server version of each, and until when it can be used.

The end of a version is known as far as IBKR has announced it. Standard library only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import tomllib

if TYPE_CHECKING:
    from collections.abc import Mapping

_MINOR = re.compile(r"\d+\.\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownVersion:
    """One version; the keys of ``versions.toml``."""

    product: str
    version: str
    server_version: int
    evidence: str
    source: str
    notice_2172: str | None = None

    @property
    def name(self) -> str:
        """As matrix files and the command line call it: ``gateway-10.45``."""
        return f"{self.product}-{self.version}"


@cache
def document() -> Mapping[str, Any]:
    """The file as it is: the versions, the usual ports, and the lowest version that a simulated gateway answers."""
    return tomllib.loads((resources.files("harness.known") / "versions.toml").read_text("utf-8"))


@cache
def known_versions() -> Mapping[str, KnownVersion]:
    """All versions by name, in the order of the file."""
    found = [KnownVersion(**table) for table in document()["profile"]]
    return {each.name: each for each in found}


def server_version_of(product: str, version: str) -> int | None:
    """The highest server version of an application, as ``10.45`` or ``10.45.1j``; ``None`` if unknown.

    IB Gateway and TWS of one version speak the same.
    """
    minor = _MINOR.match(version)
    known = known_versions()
    found = minor and (known.get(f"{product}-{minor[0]}") or known.get(f"gateway-{minor[0]}"))
    return found.server_version if found else None


def answered_as(product: str, called: str, seen: int | None) -> str | None:
    """The version of an application by its server version, if that contradicts its declared version.

    Args:
        product: ``gateway`` or ``tws``.
        called: its version as somebody says it, ``10.45`` or ``10.45.1j``.
        seen: the highest server version that it spoke; ``None`` if not seen.

    Returns:
        ``10.40``, or ``10.40 or 10.41``, or ``no version that is known``; ``None`` if it is what it is called, and
        if it is unknown what that version speaks.
    """
    expected = server_version_of(product, called)
    if expected is None or seen is None or seen == expected:
        return None
    return " or ".join(versions_of(seen)) or "no version that is known"


def versions_of(server_version: int) -> tuple[str, ...]:
    """The versions that are known to speak up to a server version, such as ``10.45``."""
    found = (each.version for each in known_versions().values() if each.server_version == server_version)
    return tuple(dict.fromkeys(found))


_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
_MINIMUM = re.compile(r"(\d{2})(\d{2})\.(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Versions below ``minimum`` (as IBKR writes it, ``1050.1``) stop working on ``day``, according to ``source``."""

    day: date
    minimum: str
    source: str
    seen: date

    def rules_out(self, version: str) -> bool:
        """Whether a version, as ``10.45`` or ``10.45.1j``, is below the minimum; false if it is not a version."""
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
    """The end of a version, the earliest that rules it out; ``None`` if none is announced."""
    return next((end for end in ends() if end.rules_out(version)), None)
