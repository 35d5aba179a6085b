"""Compares the answers of one gateway's cells with each other, which shows what no single cell can show.

If nobody saw what was sent (`CellOutcome.heard`), differing answers mean that one library reads it wrongly, or that
the account changed between two cells. A majority proves nothing: all cells involved are ``degraded``, and the verdict
on them is unknown. Fields that change by themselves from one request to the next (`Check.varies`) are left out.

If it was seen, each answer has already been compared with it. But if all libraries that share no code differ from it in
the same field, our codec misreads the transcript.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from harness.checks.all import CHECKS
from harness.checks.check import EVERYTHING, Check
from harness.checks.expected import Records, Shape, Since
from harness.diagnose.common_reds import DECODERS
from harness.gateways.simulator.truth import load
from harness.plan.plan_model import Plan
from harness.results.answers.comparison import RECORD, Difference, Voice, degraded
from harness.results.answers.held import blamed
from harness.shared.evidence import Against, CellOutcome, CheckRecord, RunOutcome
from harness.shared.status import Status

_Fact = tuple[str, str]
"""The place of a value in an answer, and its field."""

_Facts = Mapping[_Fact, object]

_VOICES = 2
"""How many libraries that share no code must agree against our codec, so that our codec counts as wrong."""


def told_together(plan: Plan, outcome: RunOutcome) -> RunOutcome:
    """Return the outcome of a run after the cells of each gateway were compared with each other."""
    cells = {cell.id: cell for cell in plan.cells}
    adapters = {cell.id: cell.row.adapter for cell in plan.cells}
    told = []
    for gateway in plan.gateways:
        own = [
            each for each in outcome.outcomes if each.cell in cells and cells[each.cell].gateway.name == gateway.name
        ]
        told += agreed(own, adapters, truth_known=gateway.kind == "simulator")
    return replace(outcome, outcomes=tuple(told))


def agreed(
    outcomes: Sequence[CellOutcome], adapters: Mapping[str, str], *, truth_known: bool = False
) -> list[CellOutcome]:
    """Return the outcomes of one gateway's cells after they were compared with each other.

    Args:
        outcomes: the outcomes of the cells.
        adapters: cell id to the name of its adapter.
        truth_known: whether each was already compared with the gateway's truth, so that this need not be done.
    """
    apart = {} if truth_known else {check.name: _apart(check, outcomes) for check in CHECKS if _comparable(check)}
    lineages = {cell: DECODERS.get(adapter, adapter) for cell, adapter in adapters.items()}
    ours = {check.name for check in CHECKS if _is_ours(check.name, outcomes, lineages)}
    return [replace(each, checks=tuple(_checks(each, apart, ours))) for each in outcomes]


def _checks(
    outcome: CellOutcome, apart: Mapping[str, Mapping[str, list[Difference]]], ours: set[str]
) -> Iterator[CheckRecord]:
    for check in outcome.checks:
        found = apart.get(check.name, {}).get(outcome.cell)
        if found:
            fields = sorted({each.field for each in found})
            more = {"fields": fields, "against": Against.OTHERS.value}
            yield degraded(check, found, "the libraries disagree", **more)
        elif check.name in ours and _differs_from_wire(check):
            yield blamed(check, Against.CODEC)
        else:
            yield check


def _is_ours(name: str, outcomes: Iterable[CellOutcome], lineages: Mapping[str, str]) -> bool:
    """Return whether all libraries that were asked differ from the transcript in the same field."""
    asked = [(outcome.cell, check) for outcome in outcomes for check in outcome.checks if check.name == name]
    held = [(cell, check) for cell, check in asked if check.status is Status.PASS or _differs_from_wire(check)]
    if len({lineages.get(cell, cell) for cell, _ in held}) < _VOICES:
        return False
    fields = [set(check.detail.get("fields", ())) if _differs_from_wire(check) else set() for _, check in held]
    return bool(set.intersection(*fields))


def _differs_from_wire(check: CheckRecord) -> bool:
    return check.detail.get("against") in {Against.WIRE, Against.BOTH}


def _comparable(check: Check) -> bool:
    return check.expected is not None and EVERYTHING not in check.varies


def _apart(check: Check, outcomes: Iterable[CellOutcome]) -> dict[str, list[Difference]]:
    """Return, for each cell of which nobody saw what was sent, how it differs from any other cell."""
    given = [
        (outcome.cell, record.detail, outcome.negotiated or 0)
        for outcome in outcomes
        for record in outcome.checks
        if record.name == check.name and record.status is Status.PASS and check.name not in outcome.heard
    ]
    if all(detail == given[0][1] for _, detail, _ in given):
        return {}
    answers = {cell: _facts(_shapes()[check.name], detail, check, version) for cell, detail, version in given}
    wrong = {fact: _voices(told) for fact, told in _values(answers).items() if len(told) > 1}
    return {cell: list(_told(wrong, own)) for cell, own in answers.items()}


def _values(answers: Mapping[str, _Facts]) -> dict[_Fact, dict[object, list[str]]]:
    """Return the value of each fact and the cells that reported it; a missing record counts as a value."""
    records = {fact for own in answers.values() for fact in own if fact[1] == RECORD}
    told: dict[_Fact, dict[object, list[str]]] = {}
    for cell, own in answers.items():
        for fact, value in [*own.items(), *((fact, 0) for fact in records - own.keys())]:
            told.setdefault(fact, {}).setdefault(value, []).append(cell)
    return told


def _voices(values: Mapping[object, Sequence[str]]) -> tuple[Voice, ...]:
    voices = (Voice(value=repr(value), by=tuple(cells)) for value, cells in values.items())
    return tuple(sorted(voices, key=lambda voice: voice.value))


def _told(wrong: Mapping[_Fact, tuple[Voice, ...]], own: _Facts) -> Iterator[Difference]:
    for where, field in sorted(wrong):
        if field != RECORD and (where, field) not in own:
            continue  # the record is missing, which is reported
        got = repr(own.get((where, field), 0))
        yield Difference(where=where, field=field, got=got, voices=wrong[where, field])


@cache
def _shapes() -> Mapping[str, Shape]:
    """Return the shape of each check's detail, with a simulated gateway's values."""
    truth = load("paper")
    return {check.name: check.expected(truth) for check in CHECKS if check.expected is not None}


def _facts(shape: Shape, detail: Mapping[str, object], check: Check, negotiated: int) -> dict[_Fact, object]:
    facts: dict[_Fact, object] = {}
    for key, expected in shape.items():
        if isinstance(expected, Records):
            facts |= _of_records(expected, detail.get(key), check, negotiated)
        elif key not in check.varies and key in detail:
            facts[check.name, key] = _canonical(detail[key])
    return facts


def _of_records(shape: Records, rows: object, check: Check, negotiated: int) -> dict[_Fact, object]:
    """Return how many times each record occurs, and its values; if it occurs twice, in order."""
    alike: dict[str, list[Mapping[str, object]]] = {}
    for row in rows if isinstance(rows, list) else []:
        alike.setdefault(", ".join(f"{name} {row.get(name)}" for name in shape.key), []).append(row)
    since, left_out = _gates(shape), {*shape.key, *check.varies}
    facts: dict[_Fact, object] = {}
    for where, same in alike.items():
        facts[where, RECORD] = len(same)
        for name in same[0]:
            if name not in left_out and negotiated >= since.get(name, 0):
                told = [_canonical(row.get(name)) for row in same]
                facts[where, name] = told[0] if all(each == told[0] for each in told) else tuple(told)
    return facts


def _gates(shape: Records) -> dict[str, int]:
    """Return field to the server version from which it is on the wire, for fields that are not always."""
    return {name: value.version for row in shape.rows for name, value in row.items() if isinstance(value, Since)}


def _canonical(value: object) -> object:
    """Return a hashable value that is equal if the answers are equal, ignoring the rounding of doubles.

    NaN is equal to itself here.
    """
    if isinstance(value, Mapping):
        return tuple((name, _canonical(value[name])) for name in sorted(value))
    if isinstance(value, float):
        return "nan" if math.isnan(value) else float(f"{value:.9g}")
    return tuple(map(_canonical, value)) if isinstance(value, list) else value
