"""Joins parts of a run, cell by cell and gateway by gateway.

Neither order nor repetition matters: if parts say different things about the same thing, the choice is always the same;
counts are computed again, and the id is made of the ids of all runs in it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from harness.plan.matrix.expect import Verdict
from harness.results.merge.whole import least, whole_of
from harness.results.results_json import json_data, json_text
from harness.results.results_model import (
    SCHEMA_VERSION,
    CellInfo,
    Expected,
    Host,
    PlanInfo,
    Results,
    RunInfo,
    ShardInfo,
    taken,
)
from harness.results.run_standing import tally
from harness.shared.errors import ResultsError
from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from harness.results.merge.whole import Whole
    from harness.results.program_results import ProgramCell, ProgramSeen
    from harness.results.results_model import GatewayInfo, OwedInfo, ProbeInfo, RuleInfo
    from harness.shared.evidence import Moment

MISSING = "it was planned, and is in none of the parts"

_TOLD = 10
"""The most contradictions that an error names; if there are more, the parts do not belong together."""

_ID_DIGITS = 8

_WHAT_IT_IS = ("product", "version", "mode", "kind", "profile")
_JOINED = frozenset({"probes", "artifacts", "server_version", "passed_over"})
_FOUND = (Status.NOT_RUN, Status.PASS, Status.SKIPPED, Status.ERROR, Status.FAIL)
"""Statuses of a program's cell: what was tried says more than what was not."""

_ORDER = ("before", "between", "after")

_Said = TypeVar("_Said")


def merge(parts: Sequence[Results]) -> Results:
    """Join parts of one run.

    Args:
        parts: at least one; runs of shards, of the whole, or what was merged before.

    Returns:
        What one run of the whole would have given, except for times and ports. A planned cell that no part has is
        ``not-run``, which is red. Merging is associative, commutative and idempotent.

    Raises:
        ResultsError: the parts do not belong to one whole, or contradict each other; the error names the cells.
    """
    if not parts:
        raise ResultsError("there is nothing to merge", hint="Name the folders of runs, or their results.json.")
    whole = whole_of(parts)
    cells = _cells(whole, parts)
    unused = set.intersection(*(_unused(part) for part in parts))
    programs = join_programs([part.programs for part in parts])
    return Results(
        schema_version=SCHEMA_VERSION,
        run=_run(parts, cells, programs),
        plan=PlanInfo(
            cells=list(whole.cells),
            absent=list(whole.absent),
            programs=list(dict.fromkeys(cell for part in parts for cell in part.plan.programs)),
            shard=None if whole.complete else _shard(whole, unused),
        ),
        gateways={name: join_gateway(name, _met(name, bare, parts)) for name, bare in whole.gateways.items()},
        timeline=_timeline(parts),
        expectations=_rules(parts, unused if whole.complete else set()),
        cells=cells,
        programs=programs,
    )


def join_programs(parts: Sequence[Mapping[str, ProgramSeen]]) -> dict[str, ProgramSeen]:
    """Return what all parts found of their programs; of a cell that several tried, the worst that one found."""
    found: dict[str, ProgramSeen] = {}
    for name, program in (pair for part in parts for pair in part.items()):
        known = found.get(name, program)
        found[name] = replace(
            known,
            rows=tuple(dict.fromkeys((*known.rows, *program.rows))),
            gateways=tuple(dict.fromkeys((*known.gateways, *program.gateways))),
            cells={
                cell: max((each.cells[cell] for each in (known, program) if cell in each.cells), key=_worst_last)
                for cell in {**known.cells, **program.cells}
            },
        )
    return dict(sorted(found.items()))


def _worst_last(cell: ProgramCell) -> tuple[int, str]:
    return _FOUND.index(cell.status), repr(cell)


def _cells(whole: Whole, parts: Sequence[Results]) -> dict[str, CellInfo]:
    records = {name: [part.cells[name] for part in parts if name in part.cells] for name in whole.cells}
    _refuse_contradictions(records)
    return {name: join_cell(owed, records[name]) for name, owed in whole.cells.items()}


def _refuse_contradictions(records: Mapping[str, list[CellInfo]]) -> None:
    found = [f"  {name}: {words}" for name, same in records.items() if (words := contradiction(same))]
    if found:
        more = [f"  … and {len(found) - _TOLD} more"] if len(found) > _TOLD else []
        raise ResultsError(
            "\n".join(["the parts contradict each other:", *found[:_TOLD], *more]),
            hint="Leave out the wrong part, or look at both with ib-compat compare.",
        )


def _met(name: str, bare: GatewayInfo, parts: Sequence[Results]) -> list[GatewayInfo]:
    return [part.gateways[name] for part in parts if name in part.gateways] or [bare]


def _timeline(parts: Sequence[Results]) -> list[Moment]:
    """Return all moments, sorted by gateway first, because times of different parts cannot be compared."""
    moments = {moment for part in parts for moment in part.timeline}
    return sorted(moments, key=lambda moment: (moment.gateway, moment.at, moment.what))


def _shard(whole: Whole, unused: Iterable[int]) -> ShardInfo:
    return ShardInfo(
        shards=list(whole.shards),
        of=whole.of or 0,
        cells=whole.cells,
        gateways=whole.gateways,
        unused=sorted(unused),
    )


def _unused(part: Results) -> set[int]:
    """Return the numbers of the rules of which the part knows that it did not use them."""
    if part.plan.shard is not None:
        return set(part.plan.shard.unused)
    return {rule.rule for rule in part.expectations if rule.used is False}


def _rules(parts: Sequence[Results], unused: set[int]) -> list[RuleInfo]:
    """Return every rule: used if any part used it, unused if all parts are here and none did, else unknown."""
    rules = []
    for same in zip(*(part.expectations for part in parts), strict=True):
        used = True if any(rule.used for rule in same) else (False if same[0].rule in unused else None)
        rules.append(replace(same[0], used=used, overdue=any(rule.overdue for rule in same)))
    return rules


def _run(parts: Sequence[Results], cells: dict[str, CellInfo], programs: Mapping[str, ProgramSeen]) -> RunInfo:
    runs = [part.run for part in parts]
    names = sorted({name for run in runs for name in run.parts or [run.id]})
    started, ended = min(run.started for run in runs), max(run.ended for run in runs)
    digest = hashlib.sha256("\n".join(names).encode()).hexdigest()[:_ID_DIGITS]
    counts, verdicts = tally(cells.values())
    tried = (cell.status for program in programs.values() for cell in program.cells.values())
    complete = Status.NOT_RUN not in {*counts, *tried}
    return RunInfo(
        id=f"{started:%Y%m%dT%H%M%SZ}-{digest}",
        started=started,
        ended=ended,
        seconds=max((ended - started).total_seconds(), *(run.seconds for run in runs)),
        ib_compat=runs[0].ib_compat,
        host=Host(
            os=_all_of(run.host.os for run in runs),
            python=_all_of(run.host.python for run in runs),
            cpu_count=min(run.host.cpu_count for run in runs),
        ),
        command=["ib-compat", "merge", *names],
        matrix=min(run.matrix for run in runs),
        matrix_sha256=_same(run.matrix_sha256 for run in runs),
        whole=_same(run.whole for run in runs),
        complete=complete,
        timezone=_same(run.timezone for run in runs),
        interrupted=any(run.interrupted for run in runs) and not complete,
        counts=counts,
        verdicts=verdicts,
        parts=names,
    )


def _same(values: Iterable[_Said]) -> _Said | None:
    """Return the value that all parts have; ``None`` if they differ."""
    found = set(values)
    return found.pop() if len(found) == 1 else None


def _all_of(words: Iterable[str]) -> str:
    """Return the different values of the parts, joined; values that were joined before are split again first."""
    return "; ".join(sorted({each for word in words for each in word.split("; ")}))


def contradiction(records: Sequence[CellInfo]) -> str | None:
    """How the parts contradict each other about a cell, in words; ``None`` if those that asked it agree."""
    outcomes = {_outcome(cell): cell for cell in _asked(records)}
    return " / ".join(sorted(_words(cell) for cell in outcomes.values())) if len(outcomes) > 1 else None


def join_cell(owed: OwedInfo, records: Sequence[CellInfo]) -> CellInfo:
    """Return the cell of the whole from records that do not contradict each other.

    A record of a part that asked the cell counts before one that did not; if no part asked it, it is ``not-run``.
    """
    asked = _asked(records)
    return least(asked or [cell for cell in records if cell.reason != MISSING] or [_missing(owed)])


def _asked(records: Sequence[CellInfo]) -> list[CellInfo]:
    return [cell for cell in records if cell.status is not Status.NOT_RUN]


def _outcome(cell: CellInfo) -> Hashable:
    """Return how a cell ended, without times and other values that differ in every run."""
    return (
        cell.status,
        cell.stage,
        cell.expected.verdict,
        tuple(cell.expected.rules),
        cell.negotiated,
        cell.predicted,
        cell.resolved.version if cell.resolved else None,
        tuple((check.name, check.status) for check in cell.checks),
    )


def _words(cell: CellInfo) -> str:
    stage = f" at {cell.stage}" if cell.stage else ""
    installed = f" with {cell.resolved.distribution} {cell.resolved.version}" if cell.resolved else ""
    short = [f"{check.name} {check.status}" for check in cell.checks if check.status is not Status.PASS]
    return f"{cell.status}{stage}{installed}, negotiated {cell.negotiated}, {', '.join(short) or 'every check passed'}"


def _missing(owed: OwedInfo) -> CellInfo:
    return CellInfo(
        **taken(CellInfo, owed),
        resolved=None,
        client_range=None,
        negotiated=None,
        predicted=None,
        gateway_max=None,
        status=Status.NOT_RUN,
        stage=None,
        reason=MISSING,
        fault=None,
        expected=Expected(verdict=Verdict.UNEXPECTED_FAIL, rules=[]),
        seconds=0.0,
        cpu_seconds=None,
        max_rss_bytes=None,
        exit_code=None,
        checks=[],
        unsupported=[],
        notices=[],
        log_records=0,
        artifacts=[],
    )


def join_gateway(name: str, records: Sequence[GatewayInfo]) -> GatewayInfo:
    """Return the gateway of the whole, with each look of the reference client once, and the worst verdict.

    Each part has its own simulated gateway, at another port; one of them is kept.

    Raises:
        ResultsError: product, version, mode, kind or the gateway's own maximum are not the same in all parts.
    """
    for what in (*_WHAT_IT_IS, "server_version"):
        values = {str(value) for each in records if (value := getattr(each, what)) is not None}
        if len(values) > 1:
            words = " and ".join(sorted(values))
            raise ResultsError(f"the parts contradict each other: gateway {name}: {what}: {words}")
    told = min(records, key=_worst_first)
    return replace(
        told,
        server_version=next((each.server_version for each in records if each.server_version is not None), None),
        passed_over=next((each.passed_over for each in records if each.passed_over is not None), None),
        probes=_distinct(probe for each in records for probe in each.probes),
        artifacts=sorted({file for each in records for file in each.artifacts}),
    )


def _worst_first(gateway: GatewayInfo) -> tuple[int, str]:
    told = json_data(gateway)
    rest = json.dumps({name: value for name, value in told.items() if name not in _JOINED})
    if gateway.error is not None or (gateway.diagnosis is not None and gateway.diagnosis.fault is not None):
        return 0, rest
    return (1 if gateway.diagnosis is not None else 2), rest


def _distinct(probes: Iterable[ProbeInfo]) -> list[ProbeInfo]:
    """Return the looks that differ in more than their times, in the order in which the reference client makes them."""
    found: dict[tuple[int, str], ProbeInfo] = {}
    for probe in sorted(probes, key=json_text):
        found.setdefault((_turn(probe.when), json_text(replace(probe, seconds={}))), probe)
    return [found[key] for key in sorted(found)]


def _turn(when: str) -> int:
    return _ORDER.index(when) if when in _ORDER else len(_ORDER)
