"""What the package index has that a matrix lacks, and what the matrix pins that was withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.version import Version

from harness.plan.matrix.rows import LATEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from harness.plan.matrix.rows import Row
    from harness.results.decide.package_index import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """One package.

    Args:
        distribution: as the matrix file writes it.
        pinned: the versions that the matrix pins, in order.
        newer: what the index has beyond the newest of those; without withdrawn versions and, unless one is pinned,
            without pre-releases.
        older: what it has between and below, and the matrix lacks; the same without.
        withdrawn: pinned, and withdrawn from the index.
        missing: pinned, and not in the index at all.
        follows: the matrix asks for ``latest``, too, so that nothing newer is lacking.
    """

    distribution: str
    pinned: tuple[Version, ...]
    newer: tuple[Release, ...]
    older: tuple[Release, ...]
    withdrawn: tuple[Release, ...]
    missing: tuple[Version, ...]
    follows: bool

    @property
    def fresh(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.withdrawn or self.missing or (self.newer and not self.follows))


def freshness(rows: Iterable[Row], read: Callable[[str], Sequence[Release]]) -> tuple[Freshness, ...]:
    """Hold the rows that come from an index against it.

    Args:
        rows: the matrix file's. Those of files, folders and repositories are left out.
        read: the releases of a package.
    """
    packages: dict[str, set[str]] = {}
    for row in rows:
        if row.requirements[0] in {row.distribution, f"{row.distribution}=={row.version}"}:
            packages.setdefault(row.distribution, set()).add(row.version)
    return tuple(_package(name, versions, read(name)) for name, versions in packages.items())


def _package(distribution: str, versions: set[str], releases: Sequence[Release]) -> Freshness:
    pinned = sorted(Version(version) for version in versions if version != LATEST)
    previews = any(version.is_prerelease for version in pinned)
    lacking = [
        each
        for each in releases
        if each.version not in pinned and each.withdrawn is None and (previews or not each.version.is_prerelease)
    ]
    known = {each.version for each in releases}
    return Freshness(
        distribution=distribution,
        pinned=tuple(pinned),
        newer=tuple(each for each in lacking if not pinned or each.version > pinned[-1]),
        older=tuple(each for each in lacking if pinned and each.version < pinned[-1]),
        withdrawn=tuple(each for each in releases if each.version in pinned and each.withdrawn is not None),
        missing=tuple(version for version in pinned if version not in known),
        follows=LATEST in versions,
    )
