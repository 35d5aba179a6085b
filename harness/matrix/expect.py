"""Expectations: what a cell should end as, by which rule, and whether it did."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from harness.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from harness.matrix.where import Where

_OURS = frozenset({Status.ERROR, Status.NOT_RUN})
_EXPECTED_BY_DEFAULT = frozenset({Status.PASS, Status.SKIPPED, Status.UNSUPPORTED})


class Verdict(StrEnum):
    """How a cell's status compares with what was expected of it."""

    AS_EXPECTED = "as-expected"
    UNEXPECTED_FAIL = "unexpected-fail"
    UNEXPECTED_PASS = "unexpected-pass"  # noqa: S105 - no password


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What ``[[expect]]`` number ``rule`` says of a cell; ``stage`` is ``None`` where any will do."""

    rule: int
    statuses: tuple[Status, ...]
    stage: str | None
    reason: str
    link: str | None
    since: date
    review: date

    def overdue(self, today: date) -> bool:
        """Whether somebody should have looked at it again by now."""
        return today > self.review


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectRule:
    """An ``[[expect]]`` table: which cells, and what of them."""

    where: Where
    expectation: Expectation


def expectation_for(
    rules: Iterable[ExpectRule], *, library: str, version: str, python: str, gateway: str
) -> Expectation | None:
    """The expectation of the first rule in the file that speaks of the cell, or ``None``: it should pass."""
    for rule in rules:
        if rule.where.matches(library=library, version=version, python=python, gateway=gateway):
            return rule.expectation
    return None


def compare(status: Status, stage: str | None, expectation: Expectation | None) -> Verdict:
    """How a cell ended, against its expectation.

    A skipped cell says nothing, so it is never unexpected. ``error`` and ``not-run`` are the harness's own failures, so
    nobody can expect them away. A failure at another stage than the expected one is unexpected.
    """
    if status in _OURS:
        return Verdict.UNEXPECTED_FAIL
    if status is Status.SKIPPED:
        return Verdict.AS_EXPECTED
    if expectation is None:
        return Verdict.AS_EXPECTED if status in _EXPECTED_BY_DEFAULT else Verdict.UNEXPECTED_FAIL
    if status in expectation.statuses:
        return _compare_stage(status, stage, expectation)
    return Verdict.UNEXPECTED_PASS if status is Status.PASS else Verdict.UNEXPECTED_FAIL


def _compare_stage(status: Status, stage: str | None, expectation: Expectation) -> Verdict:
    if status is Status.PASS or expectation.stage in {None, stage}:
        return Verdict.AS_EXPECTED
    return Verdict.UNEXPECTED_FAIL
