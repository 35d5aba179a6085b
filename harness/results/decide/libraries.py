"""Knows which packages are the libraries that ib-compat drives, and which packages install or use one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import tomllib
from packaging.utils import canonicalize_name

from harness.shared.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Brings:
    """Which libraries a package brings along.

    ``installs`` has the import names that it installs itself, ``uses`` the normalised names of packages that it
    requires, and ``source`` where that is known from.
    """

    installs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    source: str


@cache
def _document() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("harness.results.decide") / "libraries.toml").read_text("utf-8"))


def distributions() -> Mapping[str, str]:
    """Each package as people write it, with its adapter."""
    table: Mapping[str, str] = _document()["distributions"]
    return table


@cache
def adapters() -> Mapping[str, str]:
    """The adapters by the normalised names of their packages."""
    return {str(canonicalize_name(name)): adapter for name, adapter in distributions().items()}


@cache
def related() -> Mapping[str, Brings]:
    """Return what is known of packages that bring a library along, by normalised name."""
    return {
        table["name"]: Brings(
            installs=tuple(table.get("installs", ())),
            uses=tuple(table.get("uses", ())),
            source=f"{table['source']}, seen {table['seen']}",
        )
        for table in _document()["related"]
    }


@cache
def unrelated() -> frozenset[str]:
    """Normalised names of packages that are known to have nothing to do with the libraries."""
    return frozenset(_document()["unrelated"]["names"])


@cache
def downloaded() -> frozenset[str]:
    """Normalised names of packages that people install from IBKR's downloads, which no index has."""
    return frozenset(_document()["downloaded"]["names"])


def adapter_of(distribution: str) -> str:
    """The adapter of a package; raises UsageError if there is none."""
    adapter = adapters().get(canonicalize_name(distribution))
    if adapter is None:
        near = did_you_mean(distribution, distributions())
        raise UsageError(
            f"{distribution!r} is not a library that ib-compat can drive{near}",
            hint=f"There are: {', '.join(distributions())}.",
        )
    return adapter
