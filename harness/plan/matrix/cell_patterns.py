"""Which cells a rule of the matrix file speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Libraries and gateways as globs, versions as ranges that pip understands; what is left empty matches all.

    ``libraries`` are matched against the library's name as it stands in ids. A version that is no number, such as
    ``latest`` before it is resolved, is in no range.
    """

    libraries: tuple[str, ...] = ()
    versions: str = ""
    python: str = ""
    gateways: tuple[str, ...] = ()

    def matches(self, *, library: str, version: str, python: str, gateway: str) -> bool:
        """Whether the rule speaks of this cell."""
        return (
            _any_glob(self.libraries, library)
            and _any_glob(self.gateways, gateway)
            and _in_range(self.versions, version)
            and _in_range(self.python, python.removesuffix("t"))
        )


def is_version(text: str) -> bool:
    """Whether a row's version is a number, and not a word such as ``latest`` that only the installer resolves."""
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def _any_glob(globs: Iterable[str], name: str) -> bool:
    patterns = tuple(globs)
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)


@cache  # the same few ranges and versions are asked for in every cell of a run
def _in_range(specifiers: str, version: str) -> bool:
    if not specifiers:
        return True
    return is_version(version) and SpecifierSet(specifiers).contains(Version(version), prereleases=True)
