"""Applies expectations: which cells a rule of the matrix file covers, and whether each check ended as it should."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Protocol, TypeVar

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Libraries and gateways as globs, versions as ranges that pip understands; empty ones match everything.

    ``libraries`` are matched against the library's name as in ids. A version that is not a number, such as
    ``latest`` before it is resolved, is in no range.
    """

    libraries: tuple[str, ...] = ()
    versions: str = ""
    python: str = ""
    gateways: tuple[str, ...] = ()

    def matches(self, *, library: str, version: str, python: str, gateway: str) -> bool:
        """Whether the rule applies to this cell."""
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


CONTACT = frozenset({"install", "import", "tcp", "version", "ready"})
"""The checks that prove contact: without each of them nothing after it can be asked."""

_OURS = frozenset({Status.ERROR, Status.NOT_RUN})
_WELL = frozenset({Status.PASS, Status.SKIPPED, Status.UNSUPPORTED})


class Verdict(StrEnum):
    """How a status compares with what was expected; the worse, the later."""

    AS_EXPECTED = "as-expected"
    UNEXPECTED_PASS = "unexpected-pass"  # noqa: S105 - no password
    UNEXPECTED_FAIL = "unexpected-fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What ``[[expect]]`` number ``rule`` expects; without ``checks``, of the first check that does not pass."""

    rule: int
    statuses: tuple[Status, ...]
    checks: tuple[str, ...]
    reason: str
    link: str | None
    since: date
    review: date

    def overdue(self, today: date) -> bool:
        """Whether its review date has passed."""
        return today > self.review


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectRule:
    """An ``[[expect]]`` table: which cells it applies to, and what it expects of them."""

    where: Where
    expectation: Expectation


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How something compares, and with what; ``expectation`` is ``None`` if a pass is expected by default."""

    verdict: Verdict
    expectation: Expectation | None = None


def expectations_for(
    rules: Iterable[ExpectRule], *, library: str, version: str, python: str, gateway: str
) -> tuple[Expectation, ...]:
    """Return the expectations of all rules that apply to the cell, in the file's order."""
    return tuple(
        rule.expectation
        for rule in rules
        if rule.where.matches(library=library, version=version, python=python, gateway=gateway)
    )


def fell_short(check: str, status: Status) -> bool:
    """Return whether a check keeps its cell from passing.

    An unsupported or skipped check does not, except if it is one of those that prove contact.
    """
    return status not in _WELL or (check in CONTACT and status is not Status.PASS)


def compare(status: Status, expectation: Expectation | None) -> Verdict:
    """Return how a status compares with its expectation.

    A skipped check says nothing, so it is never unexpected. ``error`` and ``not-run`` are failures of ib-compat, so no
    rule can excuse them. ``unsupported`` is as good as a pass, except if a rule asks for the pass.
    """
    if status in _OURS:
        return Verdict.UNEXPECTED_FAIL
    if status is Status.SKIPPED:
        return Verdict.AS_EXPECTED
    if expectation is None:
        return Verdict.AS_EXPECTED if status in _WELL else Verdict.UNEXPECTED_FAIL
    if status in expectation.statuses:
        return Verdict.AS_EXPECTED
    well = status is Status.PASS or (status is Status.UNSUPPORTED and Status.PASS not in expectation.statuses)
    return Verdict.UNEXPECTED_PASS if well else Verdict.UNEXPECTED_FAIL


_BY_DEFAULT = {status: Comparison(verdict=compare(status, None)) for status in Status}
"""The comparison of each status without an expectation, as for most checks of most cells."""


def compare_checks(checks: Sequence[tuple[str, Status]], expectations: Sequence[Expectation]) -> list[Comparison]:
    """Compare each check, in the order in which they were asked, with the first expectation that applies to it."""
    if not expectations:
        return [_BY_DEFAULT[status] for _, status in checks]
    first = next((check for check, status in checks if fell_short(check, status)), None)
    compared = []
    for check, status in checks:
        speaking = (each for each in expectations if check in each.checks or (not each.checks and check == first))
        expectation = next(speaking, None)
        compared.append(Comparison(verdict=compare(status, expectation), expectation=expectation))
    return compared


def compare_whole(checks: Sequence[tuple[str, Status]], expectations: Sequence[Expectation]) -> Comparison | None:
    """Compare a cell that passes with the first rule that expects some check to fall short; ``None`` if none does."""
    waiting = next((each for each in expectations if not each.checks), None)
    if waiting is None or any(fell_short(check, status) for check, status in checks):
        return None
    met = {Status.PASS, *(status for _, status in checks)}.intersection(waiting.statuses)
    return Comparison(verdict=Verdict.AS_EXPECTED if met else Verdict.UNEXPECTED_PASS, expectation=waiting)


class Told(Protocol):
    """The part of a check that decides its cell's status."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def status(self) -> Status:
        """Its status."""


_Told = TypeVar("_Told", bound=Told)


def deciding(checks: Sequence[_Told], compared: Sequence[Comparison]) -> _Told | None:
    """Return the check that decides the cell's status; an expected failure never hides an unexpected one.

    Args:
        checks: the checks in the order in which they were asked.
        compared: how each compares with what was expected.

    Returns:
        The first unexpected check that fell short, else the first that fell short; ``None`` if the cell passes.
    """
    both = zip(checks, compared, strict=True)
    unexpected = (check for check, each in both if each.verdict is Verdict.UNEXPECTED_FAIL)
    short = (check for check in checks if fell_short(check.name, check.status))
    return next(unexpected, None) or next(short, None)


def worst(compared: Iterable[Comparison]) -> Verdict:
    """The verdict of a cell from those of its parts."""
    order = list(Verdict)
    return max((each.verdict for each in compared), key=order.index, default=Verdict.AS_EXPECTED)


def rules_of(compared: Iterable[Comparison]) -> Iterator[int]:
    """Yield the numbers of the rules that counted, each once, in the file's order."""
    yield from sorted({each.expectation.rule for each in compared if each.expectation})
