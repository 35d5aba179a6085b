"""Verifies that the results of cells in a file follow from their checks, whoever wrote the file.

The rules of ``judge`` run again over what the file has: the checks, the versions, and the expectations that counted.
Some inputs are not in the file, and so cannot be verified: which cells an expectation covers, and whether a gateway was
usable.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from harness.plan.matrix.expect import (
    CONTACT,
    Expectation,
    Verdict,
    compare_checks,
    compare_whole,
    deciding,
    rules_of,
    worst,
)
from harness.results.expectations import check_expected
from harness.results.proof import lacking
from harness.results.run_standing import tally
from harness.shared.errors import InputError
from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from harness.plan.matrix.expect import Comparison
    from harness.results.results_model import CellInfo, Results, RuleInfo

_TOLD = 10
"""The most contradictions that an error names; if there are more, the whole file is wrong."""

_UNASKED: Mapping[Status, Verdict] = MappingProxyType(
    {
        Status.SKIPPED: Verdict.AS_EXPECTED,
        Status.ERROR: Verdict.UNEXPECTED_FAIL,
        Status.NOT_RUN: Verdict.UNEXPECTED_FAIL,
    }
)
"""Maps each status that a cell without checks may have to how it compares with what was expected."""


def refuse_contradictions(results: Results, file: Path) -> None:
    """Judge every cell again.

    Raises:
        InputError: a cell's result does not follow; the error names the file, the cells, and the contradictions.
    """
    found = list(_contradictions(results))
    if found:
        more = [f"  … and {len(found) - _TOLD} more"] if len(found) > _TOLD else []
        lines = [f"{file}: contradicts itself:", *(f"  {each}" for each in found[:_TOLD]), *more]
        raise InputError("\n".join(lines), hint="Leave it out, or ask its cells again.")


def _contradictions(results: Results) -> Iterator[str]:
    yield from _of_the_whole(results)
    rules = {rule.rule: _expectation(rule) for rule in results.expectations}
    for name, cell in results.cells.items():
        why = _place(name, cell, results) or _contradiction(cell, rules)
        if why is not None:
            yield f"{name}: {why}"


def _of_the_whole(results: Results) -> Iterator[str]:
    for name in results.plan.cells:
        if name not in results.cells:
            yield f"{name}: was planned, and is not there"
    counts, verdicts = tally(results.cells.values())
    if results.run.counts != counts:
        yield f"run.counts: {_counted(results.run.counts)}, and its cells are {_counted(counts)}"
    if results.run.verdicts != verdicts:
        yield f"run.verdicts: {_counted(results.run.verdicts)}, and its cells are {_counted(verdicts)}"
    if results.run.complete and (results.run.interrupted or Status.NOT_RUN in counts):
        yield "run.complete: it was interrupted, or has cells that are not-run"


def _counted(counts: Mapping[Status, int] | Mapping[Verdict, int]) -> str:
    return ", ".join(f"{count} {what}" for what, count in counts.items()) or "none"


def _expectation(rule: RuleInfo) -> Expectation:
    return Expectation(
        rule=rule.rule,
        statuses=tuple(rule.status),
        checks=tuple(rule.check),
        reason=rule.reason,
        link=rule.link,
        since=rule.since,
        review=rule.review,
    )


def _place(name: str, cell: CellInfo, results: Results) -> str | None:
    """Why a cell is not what its id says; ``None`` if it is."""
    if name != f"{cell.row}/{cell.gateway}":
        return f"is of row {cell.row} and gateway {cell.gateway}"
    return None if cell.gateway in results.gateways else f"gateway {cell.gateway} does not exist"


def _contradiction(cell: CellInfo, rules: Mapping[int, Expectation]) -> str | None:
    """The contradiction to a cell's result in the file; ``None`` if everything follows."""
    missing = [number for number in cell.expected.rules if number not in rules]
    if missing:
        return f"[[expect]] {missing[0]} does not exist"
    if not cell.checks:
        return _unasked(cell)
    counted = [rules[number] for number in sorted(cell.expected.rules)]
    statuses = [(check.name, check.status) for check in cell.checks]
    compared = compare_checks(statuses, counted)
    whole = compare_whole(statuses, counted)
    everything = [*compared, whole] if whole else compared
    idle = set(cell.expected.rules).difference(rules_of(everything))
    if idle:
        return f"no check of it is one of which [[expect]] {min(idle)} speaks"
    return _unproven(cell) or _otherwise(cell, compared) or _ended(cell, compared, worst(everything))


def _unasked(cell: CellInfo) -> str | None:
    """Why a cell without checks cannot be what the file says."""
    verdict = _UNASKED.get(cell.status)
    if verdict is None:
        return f"{cell.status}, but it has no check"
    if cell.stage is not None:
        return f"{cell.status} at {cell.stage}, but there is no such check"
    return _not_as(cell, verdict)


def _unproven(cell: CellInfo) -> str | None:
    """Why the checks do not prove what the file says."""
    if cell.predicted is not None and cell.client_range and cell.gateway_max is not None:
        lower = min(cell.client_range.max, cell.gateway_max)
        if cell.predicted != lower:
            return f"predicted {cell.predicted}, and the lower of both maxima is {lower}"
    for check in cell.checks:
        if check.status is Status.PASS and check.name in CONTACT:
            lack = lacking(check.name, check.detail, cell.negotiated, cell.predicted)
            if lack is not None:
                return f"{check.name} is pass: {lack[1]}"
    return None


def _otherwise(cell: CellInfo, compared: list[Comparison]) -> str | None:
    """Why a check does not compare as the file says."""
    for check, each in zip(cell.checks, compared, strict=True):
        if check.expected != check_expected(each):
            said = check.expected.verdict if check.expected else Verdict.AS_EXPECTED
            by = f" by [[expect]] {check.expected.rule}" if check.expected and check.expected.rule else ""
            return f"{check.name} is {check.status}, which is not {said}{by}"
    return None


def _ended(cell: CellInfo, compared: list[Comparison], verdict: Verdict) -> str | None:
    """Why a cell that was asked cannot have ended as the file says."""
    first = deciding(cell.checks, compared)
    if first is None and cell.stage is None and cell.status is Status.ERROR:
        return _not_as(cell, Verdict.UNEXPECTED_FAIL)  # all passed, at a gateway that is of no use
    if (cell.status, cell.stage) != ((first.status, first.name) if first else (Status.PASS, None)):
        said = f"{cell.status} at {cell.stage}" if cell.stage else str(cell.status)
        return f"{said}, and {f'{first.name} is {first.status}' if first else 'every check passed'}"
    missing = sorted(CONTACT.difference(check.name for check in cell.checks)) if first is None else []
    if missing:
        return f"{cell.status}, but there is no check {' and '.join(missing)}"
    return _not_as(cell, verdict)


def _not_as(cell: CellInfo, verdict: Verdict) -> str | None:
    same = cell.expected.verdict is verdict
    return None if same else f"{cell.expected.verdict}, and its checks make it {verdict}"
