"""Puts the cells of a run, and those of programs, into the words and outcomes of test reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from harness.plan.matrix.expect import Verdict
from harness.shared.status import Fault, Status
from harness.views.terminal.cell_words import in_full, words_of
from harness.views.terminal.program_grid import all_difference_lines, standing_words
from harness.views.terminal.style import printable

if TYPE_CHECKING:
    from harness.results.program_results import ProgramCell, ProgramSeen
    from harness.results.results_model import CellInfo, Results
    from harness.views.terminal.cell_words import Rules

_OURS = frozenset({Status.ERROR, Status.NOT_RUN})


class Outcome(StrEnum):
    """The outcome of a cell in a test report.

    ``FAILED``: it is incompatible, or it passed although the matrix file expects it not to. ``ERROR``: it was not asked
    as planned, which is ib-compat's failure. ``SKIPPED``: it was not or cannot be asked, or is red as expected; of a
    program, nobody can tell.
    """

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A cell as a case of a test report.

    Args:
        name: the id of the cell.
        row: the suite.
        gateway: the case's name in its suite.
        status: that of the cell.
        seconds: how long it took.
        outcome: what a report says of it.
        kind: the type of what is not passed.
        message: a line; empty if it passed.
        text: all that there is to say; empty if it passed.
        tags: what it is selected by.
        extra: further facts for programs.
        properties: those of its suite.
    """

    name: str
    row: str
    gateway: str
    status: Status
    seconds: float
    outcome: Outcome
    kind: str
    message: str
    text: str
    tags: tuple[str, ...]
    extra: Mapping[str, Any]
    properties: Mapping[str, str]


def cases(results: Results) -> list[Case]:
    """Return a case for each cell, and then for each cell of a program."""
    rules = rules_of(results)
    return [
        *(_of_cell(name, cell, rules) for name, cell in results.cells.items()),
        *(case for name, program in results.programs.items() for case in _of_program(name, program)),
    ]


def outcome_of(cell: CellInfo) -> Outcome:
    """Return the outcome of a cell in a test report."""
    if cell.status in _OURS:
        return Outcome.ERROR
    if cell.expected.verdict is Verdict.AS_EXPECTED:
        return Outcome.PASSED if cell.status is Status.PASS else Outcome.SKIPPED
    return Outcome.ERROR if cell.fault is Fault.HARNESS else Outcome.FAILED


def program_outcome(cell: ProgramCell) -> Outcome:
    """Return the outcome of a program's cell in a test report."""
    if cell.status in _OURS:
        return Outcome.ERROR
    if cell.expected is not Verdict.AS_EXPECTED:
        return Outcome.FAILED
    return Outcome.PASSED if cell.status is Status.PASS else Outcome.SKIPPED


def rules_of(results: Results) -> Rules:
    """The expectations of the run's matrix file, by number."""
    return {rule.rule: rule for rule in results.expectations}


def headline(cell: CellInfo, rules: Rules) -> str:
    """One line: ``fail at version, though [[expect]] 1 says …: the gateway said nothing``."""
    words = words_of(cell, rules)
    return printable(" ".join(f"{words.standing}: {cell.reason or words.reason}".split()))


def text(name: str, cell: CellInfo, rules: Rules) -> str:
    """The lines about a cell that did not pass: why, verdict, what to do, evidence, rerun."""
    words = words_of(cell, rules)
    lines = [words.headline, words.reason, *words.also]
    if cell.diagnosis is not None:
        lines += in_full(cell.diagnosis)
    lines += [f"evidence: {file}" for file in cell.artifacts] or ["evidence: none was left"]
    return printable("\n".join([*lines, f"cell: {name}", f"rerun: {cell.rerun}"]))


def program_headline(cell: ProgramCell) -> str:
    """One line: ``does not do the same (other than today: gateway): a request req_pnl: once → never``."""
    said = next(all_difference_lines(cell), cell.reason)
    return printable(" ".join(filter(None, (f"{standing_words(cell)}:", said))).rstrip(":"))


def program_text(name: str, cell: ProgramCell) -> str:
    """The lines about a program's cell that did not pass: why, all that differs, the last that it wrote, rerun."""
    lines = [f"{cell.row} at {cell.gateway}: {standing_words(cell)}", cell.reason, *all_difference_lines(cell)]
    if cell.output:
        lines += ["the last that it wrote:", *(f"  {line}" for line in cell.output.splitlines())]
    lines += [f"evidence: {file}" for file in cell.artifacts] or ["evidence: none was left"]
    return printable("\n".join([*filter(None, lines), f"cell: {name}", f"rerun: {cell.rerun}"]))


def _of_cell(name: str, cell: CellInfo, rules: Rules) -> Case:
    outcome, installed = outcome_of(cell), cell.resolved
    told = outcome is not Outcome.PASSED
    return Case(
        name=name,
        row=cell.row,
        gateway=cell.gateway,
        status=cell.status,
        seconds=cell.seconds,
        outcome=outcome,
        kind=cell.diagnosis.code if cell.diagnosis else str(cell.status),
        message=headline(cell, rules) if told else "",
        text=text(name, cell, rules) if told else "",
        tags=(cell.library, cell.gateway),
        extra={
            "expected": cell.expected.verdict,
            "stage": cell.stage,
            "negotiated": cell.negotiated,
            "fault": cell.fault,
            "verdict": cell.diagnosis.code if cell.diagnosis else None,
            "rerun": cell.rerun,
        },
        properties={
            "library": cell.library,
            "installed": f"{installed.distribution} {installed.version}" if installed else "nothing",
            "python": (installed.python if installed else None) or cell.python,
        },
    )


def _of_program(program: str, seen: ProgramSeen) -> Iterator[Case]:
    for name, cell in seen.cells.items():
        outcome = program_outcome(cell)
        told = outcome is not Outcome.PASSED
        yield Case(
            name=name,
            row=cell.row,
            gateway=cell.gateway,
            status=cell.status,
            seconds=cell.seconds,
            outcome=outcome,
            kind=str(cell.finding or cell.status),
            message=program_headline(cell) if told else "",
            text=program_text(name, cell) if told else "",
            tags=(program, cell.gateway),
            extra={
                "expected": cell.expected,
                "finding": cell.finding,
                "today": cell.today,
                "changed": list(cell.changed),
                "rerun": cell.rerun,
            },
            properties={"program": program, "command": " ".join(seen.command), "library": cell.library or "its own"},
        )
