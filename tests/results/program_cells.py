"""What was found of a program, with a cell of every kind that somebody is told of differently."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.plan.matrix.expect import Verdict
from harness.results.program_results import ProgramCell, ProgramDifference, ProgramSeen, RequestCount
from harness.shared.status import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.results.results_model import Results

NASTY = 'wrote "<b>&|` \x1b[31m and ]]>\n| a | b |\n::error::it'
"""What may break no page: markup, control characters, the end of a section, a table row, a command of a job's log."""

DIFFERENCE = ProgramDifference(kind="what a request says", where="place_order.limit", before="187.5", after="187.49")
DIFFERENT: dict[str, Any] = {
    "finding": Finding.DIFFERENT,
    "status": Status.FAIL,
    "expected": Verdict.UNEXPECTED_FAIL,
    "reason": "It does not do the same with Gateway 10.51 as with Gateway 10.37.",
    "changed": ("gateway",),
    "differences": (DIFFERENCE,),
    "output": NASTY,
}
_NOTHING: dict[str, Any] = {
    "finding": None,
    "server_versions": (),
    "end": "",
    "seconds": 0.0,
    "requests": (),
    "artifacts": (),
}
KINDS: Mapping[str, dict[str, Any]] = {
    "same": {},
    "different": DIFFERENT,
    "known": {**DIFFERENT, "expected": Verdict.AS_EXPECTED, "rule": 1},
    "surprise": {"expected": Verdict.UNEXPECTED_PASS, "rule": 1},
    "fails": {"finding": Finding.FAILS, "status": Status.SKIPPED, "reason": "Unknown: it ends with exit code 3."},
    "lacking": {
        "finding": Finding.LACKING,
        "status": Status.SKIPPED,
        "rule": 2,
        "reason": "Unknown: it asks news.",
    },
    "error": {**_NOTHING, "status": Status.ERROR, "reason": "cannot be installed"},
    "not-run": {**_NOTHING, "status": Status.NOT_RUN, "reason": ""},
}


def program_cell(row: str, gateway: str, **changes: Any) -> ProgramCell:
    """A cell of a program that does the same, with what a test changes."""
    facts: dict[str, Any] = {
        "today": False,
        "finding": Finding.SAME,
        "status": Status.PASS,
        "reason": "It does the same.",
        "server_versions": (178,),
        "end": "exit code 0",
        "seconds": 1.25,
        "requests": (RequestCount(name="req_positions", outcome="answered", count=2),),
        "artifacts": (f"programs/{row}/{gateway}/output.txt", f"programs/{row}/{gateway}/asked.json"),
        "rerun": f"ib-compat run --program {row.partition('/')[0]} --gateway {gateway}",
    }
    library = row.partition("/")[2]
    return ProgramCell(row=row, library=library, gateway=gateway, **{**facts, **changes})


def program_of(cells: Mapping[str, Mapping[str, Any]], row: str = "bot") -> ProgramSeen:
    """A program with a cell for each gateway, with what a test changes of it; the first is today's."""
    made = {
        f"{row}/{gateway}": program_cell(row, gateway, today=not number, **changes)
        for number, (gateway, changes) in enumerate(cells.items())
    }
    return ProgramSeen(command=("python", "bot.py"), rows=(row,), gateways=tuple(cells), cells=made)


def with_programs(results: Results, **programs: ProgramSeen) -> Results:
    """The results with these programs, planned."""
    cells = [name for program in programs.values() for name in program.cells]
    plan = replace(results.plan, programs=cells)
    return replace(results, programs=programs, plan=plan)
