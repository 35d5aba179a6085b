"""Chooses versions to pin: for each package the newest that works with all named gateways and Pythons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness.results.decide.row_judging import Judgement, Standing, judge, worst

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packaging.version import Version

    from harness.results.decide.measured import Evidence, Row
    from harness.results.decide.row_judging import Required


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A version with what is installed beside it, on every requested Python.

    ``rows`` are its measured rows, whatever the matrix file calls them; ``judgements`` has one for each named gateway
    and Python. ``installed`` has the measured versions of the packages beside it.
    """

    distribution: str
    adapter: str
    version: str
    order: Version
    extras: tuple[str, ...]
    published: bool
    rows: tuple[Row, ...]
    judgements: tuple[Judgement, ...]
    installed: Mapping[str, str]

    @property
    def standing(self) -> Standing:
        """Whether it works everywhere."""
        return worst(self.judgements) if self.published else Standing.UNKNOWN

    @property
    def label(self) -> str:
        """``10.45.1 with protobuf>=5.29.5``."""
        return f"{self.version} with {', '.join(self.extras)}" if self.extras else self.version


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One package: the newest version that works, if any, and all newer ones that were rejected, the newest first.

    ``beside`` names the pin that this one conflicts with, because they need different versions of a package.
    """

    distribution: str
    adapter: str
    chosen: Candidate | None
    passed_over: tuple[Candidate, ...]
    beside: str | None = None

    @property
    def standing(self) -> Standing:
        """Whether there is a version to pin; unknown if one of those without a pass was not asked everywhere."""
        if self.chosen:
            return Standing.WORKS
        untold = any(each.standing is Standing.UNKNOWN for each in self.passed_over)
        return Standing.UNKNOWN if untold else Standing.BREAKS


def answer_pins(
    evidence: Evidence,
    *,
    columns: Sequence[str],
    pythons: Sequence[str],
    wanted: Required,
    libraries: Sequence[str] = (),
) -> tuple[Pin, ...]:
    """Return the pin of each package in the results.

    Args:
        evidence: what was measured.
        columns: the gateways; a version must work with all of them.
        pythons: the Pythons; a version must work on all of them.
        wanted: which checks matter.
        libraries: normalised names of packages [default: all of the results]
    """
    packages: dict[str, list[Row]] = {}
    for row in evidence.rows.values():
        if not libraries or row.name in libraries:
            packages.setdefault(row.name, []).append(row)
    pins = [_pin(evidence, rows, columns, pythons, wanted) for rows in packages.values()]
    return tuple(_side_by_side(pins))


def _pin(
    evidence: Evidence, rows: Sequence[Row], columns: Sequence[str], pythons: Sequence[str], wanted: Required
) -> Pin:
    variants: dict[tuple[str, tuple[str, ...], bool], list[Row]] = {}
    for row in rows:
        variants.setdefault((row.version, row.extras, row.published), []).append(row)
    candidates = [_candidate(evidence, same, columns, pythons, wanted) for same in variants.values()]
    working = [each for each in candidates if each.standing is Standing.WORKS]
    chosen = max(working, key=_preferred, default=None)
    newer = [each for each in candidates if chosen is None or each.order > chosen.order]
    newer.sort(key=lambda each: each.order, reverse=True)
    first = rows[0]
    return Pin(distribution=first.distribution, adapter=first.adapter, chosen=chosen, passed_over=tuple(newer))


def _preferred(candidate: Candidate) -> tuple[Version, int, int]:
    """Return a sort key that prefers the newest version, then the fewest packages beside it, then fewest exact pins."""
    exact = sum("==" in extra for extra in candidate.extras)
    return candidate.order, -len(candidate.extras), -exact


def _candidate(
    evidence: Evidence, rows: Sequence[Row], columns: Sequence[str], pythons: Sequence[str], wanted: Required
) -> Candidate:
    on = [row for row in rows if row.python in pythons]
    judgements = [judge(f"{row.id}/{column}", evidence.cell(row, column), wanted) for row in on for column in columns]
    first = rows[0]
    asked = {(row.python, column) for row in on for column in columns if evidence.cell(row, column)}
    told = [each for each in judgements if each.run is not None]
    missing = [(python, column) for python in pythons for column in columns if (python, column) not in asked]
    told.extend(
        judge(f"{first.library}=={first.version}/py{python}/{column}", None, wanted) for python, column in missing
    )
    return Candidate(
        distribution=first.distribution,
        adapter=first.adapter,
        version=first.version,
        order=first.order,
        extras=first.extras,
        published=first.published,
        rows=tuple(rows),
        judgements=tuple(told),
        installed=_installed(evidence, on, columns),
    )


def _installed(evidence: Evidence, rows: Iterable[Row], columns: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in rows:
        for column in columns:
            measured = evidence.cell(row, column)
            if measured and measured.cell.resolved:
                found |= measured.cell.resolved.requirements
    return {str(canonicalize_name(name)): version for name, version in found.items()}


def _side_by_side(pins: Sequence[Pin]) -> Iterable[Pin]:
    """Mark each pin that excludes an earlier one: all constraints of a file hold together."""
    kept: list[Candidate] = []
    for pin in pins:
        rival = next((each for each in kept if pin.chosen and not _agree(each, pin.chosen)), None)
        if pin.chosen and rival is None:
            kept.append(pin.chosen)
        yield pin if rival is None else replace(pin, beside=rival.distribution)


def _agree(one: Candidate, other: Candidate) -> bool:
    return _admits(one, other) and _admits(other, one)


def _admits(one: Candidate, other: Candidate) -> bool:
    """Whether the packages that one needs beside it allow the versions with which the other was measured."""
    needs = (Requirement(extra) for extra in one.extras)
    return all(
        need.specifier.contains(version, prereleases=True)
        for need in needs
        if (version := other.installed.get(str(canonicalize_name(need.name))))
    )
