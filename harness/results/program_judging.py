"""Judges what was found of a program with each gateway and library, in the form in which results hold it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product

from harness.plan.matrix.default_file import is_default
from harness.plan.matrix.expect import Verdict
from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.plan.matrix.program_spec import ProgramRule, ProgramSpec
from harness.programs.answer import Answer
from harness.programs.difference import Difference
from harness.programs.program import Ran
from harness.programs.remarks import remarks_of
from harness.programs.sentence import sentence_of, sentence_of_today
from harness.results.program_results import (
    ProgramCell,
    ProgramDifference,
    ProgramObserved,
    ProgramSeen,
    RequestCount,
)
from harness.shared.status import Finding, Status

_LAST_LINES = 5
"""Lines of a program's output that are in the results; its evidence has all that was kept."""


def planned(spec: ProgramSpec) -> ProgramSeen:
    """Return a program of which nothing is known yet."""
    libraries = spec.libraries or ("",)
    todays = {
        gateway.name: f"{spec.row(libraries[0])}/{gateways[0].name}" for gateways in spec.groups for gateway in gateways
    }
    cells = [
        ProgramCell(
            row=spec.row(library),
            library=library,
            gateway=gateway.name,
            today=f"{spec.row(library)}/{gateway.name}" == todays[gateway.name],
            compared_with=todays[gateway.name],
            rerun=_rerun(spec, gateway.name),
        )
        for library, gateway in product(libraries, spec.columns)
    ]
    return ProgramSeen(
        command=spec.program.command,
        rows=spec.rows,
        gateways=tuple(gateway.name for gateway in spec.columns),
        cells={f"{cell.row}/{cell.gateway}": cell for cell in cells},
    )


def _rerun(spec: ProgramSpec, gateway: str) -> str:
    words = ["ib-compat", "run", "--program", spec.name, "--gateway", gateway]
    if not is_default(spec.matrix):
        words += ["--matrix", f'"{spec.matrix}"' if " " in str(spec.matrix) else str(spec.matrix)]
    return " ".join(words)


def failed(spec: ProgramSpec, gateways: Sequence[GatewaySpec], why: str) -> dict[str, ProgramCell]:
    """Return the cells of a program with gateways with which it could not be run at all, for a reason."""
    names = {gateway.name for gateway in gateways}
    cells = planned(spec).cells.items()
    return {name: replace(each, status=Status.ERROR, reason=why) for name, each in cells if each.gateway in names}


def judged(spec: ProgramSpec, cell: ProgramCell, answer: Answer, artifacts: Sequence[str]) -> ProgramCell:
    """Return a cell with what was found.

    Args:
        spec: the program.
        cell: as it was planned.
        answer: what was found; of a cell of today, whether two runs do the same.
        artifacts: the files that were left, relative to the run's folder.
    """
    ran = answer.today if cell.today else answer.then
    verdict, rule = _expected(answer.finding, _applying(spec.rules, cell))
    return replace(
        cell,
        finding=answer.finding,
        status=answer.finding.status,
        reason=sentence_of_today(answer) if cell.today else sentence_of(answer),
        changed=() if cell.today else tuple(_changed(spec, cell)),
        expected=verdict,
        rule=rule.number if rule else None,
        because=rule.reason if rule else "",
        review=rule.review if rule else None,
        server_versions=ran.spoken,
        end=ran.end.words,
        seconds=ran.end.seconds,
        cpu_seconds=ran.took.cpu_seconds,
        peak_bytes=ran.took.peak_bytes,
        requests=_requests(ran),
        orders=ran.asked.orders,
        differences=tuple(_difference(each) for each in answer.found),
        lacks=answer.lacks,
        cautions=(*ran.cautions, *(remark.words for remark in remarks_of(ran))),
        observed=_observed(ran, cell, answer),
        ready_seconds=ran.asked.ready_after,
        messages_per_second=ran.asked.heard_each_second,
        left=ran.end.left,
        output="\n".join([line for line in ran.output.splitlines() if line.strip()][-_LAST_LINES:]),
        artifacts=tuple(artifacts),
    )


def _observed(ran: Ran, cell: ProgramCell, answer: Answer) -> ProgramObserved | None:
    if ran.observed is None:
        return None
    here, there = ((), ()) if cell.today else (answer.only_then, answer.only_today)
    return ProgramObserved(
        began=ran.observed.began,
        notes=tuple(each.words for each in ran.observed.notes),
        only_here=tuple(each.words for each in here),
        only_today=tuple(each.words for each in there),
    )


def _changed(spec: ProgramSpec, cell: ProgramCell) -> Iterator[str]:
    """Yield what is other than today's of its group."""
    if not any(gateways[0].name == cell.gateway for gateways in spec.groups):
        yield "gateway"
    if spec.libraries and cell.library != spec.libraries[0]:
        yield "library"


def _applying(rules: Iterable[ProgramRule], cell: ProgramCell) -> ProgramRule | None:
    """Return the first rule about a cell. That of today never differs, so what is to differ is another."""
    return next((rule for rule in rules if rule.applies(cell.library, cell.gateway) and _can_be(rule, cell)), None)


def _can_be(rule: ProgramRule, cell: ProgramCell) -> bool:
    return not cell.today or set(rule.findings) != {Finding.DIFFERENT}


def _expected(finding: Finding, rule: ProgramRule | None) -> tuple[Verdict, ProgramRule | None]:
    """Return how a finding compares with what the matrix file expects, and by which rule."""
    if rule is not None and finding in rule.findings:
        return Verdict.AS_EXPECTED, rule
    if rule is not None and finding is Finding.SAME:
        return Verdict.UNEXPECTED_PASS, rule
    return Verdict.UNEXPECTED_FAIL if finding is Finding.DIFFERENT else Verdict.AS_EXPECTED, None


def _requests(ran: Ran) -> tuple[RequestCount, ...]:
    counts = sorted(ran.asked.counts().items())
    return tuple(RequestCount(name=name, outcome=outcome.value, count=count) for (name, outcome), count in counts)


def _difference(each: Difference) -> ProgramDifference:
    return ProgramDifference(kind=each.kind.value, where=each.where, before=each.before, after=each.after)
