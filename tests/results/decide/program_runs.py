"""Makes runs in which a program was tried, of which only what a test is about is known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from harness.results.program_results import ProgramCell, ProgramDifference, ProgramSeen
from harness.results.results_model import Host, PlanInfo, Results, RunInfo
from harness.shared.status import Finding, Status

TODAY = "gateway-10.37-paper"
OLD = "ib_async==1.0.3"
BEGAN = datetime(2026, 11, 20, tzinfo=UTC)


def cell(row: str, gateway: str, finding: Finding | None, *, compared_with: str, spoke: int = 178) -> ProgramCell:
    """Give a cell with a finding; ``None`` if it was not tried."""
    differs = (ProgramDifference(kind="a request", where="req_pnl", before="once", after="never"),)
    return ProgramCell(
        row=row,
        library=row.partition("/")[2],
        gateway=gateway,
        today=compared_with == f"{row}/{gateway}",
        compared_with=compared_with,
        finding=finding,
        status=Status.NOT_RUN if finding is None else finding.status,
        reason="nobody can tell" if finding and not finding.answers else "",
        server_versions=(spoke,),
        differences=differs if finding is Finding.DIFFERENT else (),
    )


def seen(findings: Mapping[str, Finding | None], today: str = f"bot/{OLD}/{TODAY}") -> ProgramSeen:
    """Give a program by the findings of its cells, by id."""
    cells = {}
    for name, finding in findings.items():
        row, _, gateway = name.rpartition("/")
        cells[name] = cell(row, gateway, finding, compared_with=today)
    return ProgramSeen(
        command=("python", "bot.py"),
        rows=tuple(dict.fromkeys(each.row for each in cells.values())),
        gateways=tuple(dict.fromkeys(each.gateway for each in cells.values())),
        cells=cells,
    )


def run(findings: Mapping[str, Finding | None], *, day: int = 1, **program: ProgramSeen) -> Results:
    """Give a run with a program ``bot``, which ended on a day."""
    ended = BEGAN + timedelta(days=day)
    return Results(
        run=RunInfo(
            id=f"{ended:%Y%m%dT%H%M%SZ}-ab12",
            started=ended,
            ended=ended,
            seconds=1.0,
            ib_compat="0",
            host=Host(os="Linux", python="3.11", cpu_count=2),
            command=[],
            matrix="m.toml",
            counts={},
            verdicts={},
        ),
        plan=PlanInfo(cells=[], absent=[]),
        gateways={},
        expectations=[],
        cells={},
        programs={"bot": seen(findings), **program},
    )
