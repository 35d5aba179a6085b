"""Says what a program's library makes of the errors that it got, where that is not what the gateway means.

Such a program does the same everywhere, and wrongly: it takes a working order for a cancelled one, for example.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import tomllib
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from harness.programs.asked import Asked, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What versions of libraries make of an error.

    Args:
        request: what was asked.
        codes: the errors.
        what_if: whether it is about orders that only ask for margins; ``None`` for any.
        libraries: the versions, by the normalised name of the library.
        says: what they do.
        situation: that of ``ib-compat changes`` which shows it.
        link: the discussion; empty if there is none.
    """

    request: str
    codes: frozenset[int]
    libraries: Mapping[str, SpecifierSet]
    says: str
    situation: str
    what_if: bool | None = None
    link: str = ""

    def is_of(self, library: str, version: str) -> bool:
        """Return whether a version of a library does that."""
        try:
            return Version(version) in self.libraries.get(canonicalize_name(library), _NO_VERSION)
        except InvalidVersion:
            return False

    def is_about(self, request: Request) -> bool:
        """Return whether a request got such an error."""
        if request.name != self.request or self.what_if not in {None, ("what_if", 1.0) in request.meaning[1]}:
            return False
        return any(error.code in self.codes for error in request.errors)


_NO_VERSION = SpecifierSet("<0")


@cache
def reactions() -> tuple[Reaction, ...]:
    """Return all that are known."""
    text = (resources.files("harness.programs") / "reactions.toml").read_text("utf-8")
    return tuple(
        Reaction(
            request=table["request"],
            codes=frozenset(table["codes"]),
            libraries={canonicalize_name(name): SpecifierSet(each) for name, each in table["libraries"].items()},
            says=table["says"],
            situation=table["situation"],
            what_if=table.get("what_if"),
            link=table.get("link", ""),
        )
        for table in tomllib.loads(text)["reaction"]
    )


def cautions(asked: Asked, libraries: Mapping[str, str]) -> tuple[str, ...]:
    """Return, in words, what the libraries of a program make of the errors that it got.

    Args:
        asked: what the program asked.
        libraries: the version of each library that it has, by name.
    """
    found = []
    for each in reactions():
        times = sum(map(each.is_about, asked.requests))
        for library, version in libraries.items():
            if times and each.is_of(library, version):
                codes = ", ".join(map(str, sorted(each.codes)))
                source = each.link or f"measured by the situation {each.situation} of `ib-compat changes`"
                got = f"{each.request} got {codes}{_times(times)}"
                found.append(f"{library} {version} {each.says}: {got} (source: {source})")
    return tuple(found)


def _times(count: int) -> str:
    return "" if count == 1 else f", {count} times"
