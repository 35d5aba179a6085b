"""Implements ``ib-compat plan``, which can also print the dynamic matrix of a GitHub Actions workflow."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click

from harness.cli import options, sharding
from harness.cli.planning import make_plan
from harness.plan.jobs import MOST, jobs_of
from harness.results.expectations import rule_infos
from harness.results.results_json import json_data
from harness.shared.errors import UsageError
from harness.shared.mask import Masker
from harness.views.terminal.cell_words import claim, rule_lines
from harness.views.terminal.progress import opening

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from harness.plan.jobs import Job
    from harness.plan.matrix.program_spec import ProgramSpec
    from harness.plan.plan_model import Plan, PlannedCell
    from harness.results.results_model import RuleInfo


@click.command()
@options.matrix
@options.selection
@options.environments
@options.results
@sharding.options
@options.allow_live
@options.orders
@options.as_json
@click.option(
    "--github",
    is_flag=True,
    help="Print the matrix of a GitHub workflow as one line: a job per gateway, with the labels of its machine.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, MOST),
    metavar="N",
    help=f"With --github: at most this many jobs, each with several gateways. [default: {MOST}]",
)
def command(
    *,
    environments: Path,
    results: Path,
    shard: str | None,
    times: str | None,
    by: str | None,
    as_json: bool,
    github: bool,
    jobs: int | None,
    **planning: Any,
) -> None:
    """Show the cells that a run would run, and why others are absent."""
    _refuse_what_does_not_go_together(github=github, jobs=jobs, others=(shard, times, by, as_json or None))
    again = options.selection_again(planning)
    plan = make_plan(environments, **planning)
    if github:
        click.echo(json.dumps(github_matrix(jobs_of(plan, jobs or MOST), again)))
        return
    plan = sharding.sharded(plan, results, shard=shard, times=times, by=by)
    today = datetime.now(UTC).date()
    click.echo(json.dumps(_document(plan, today), indent=2) if as_json else "\n".join(_lines(plan, today)))


def _refuse_what_does_not_go_together(*, github: bool, jobs: int | None, others: tuple[object, ...]) -> None:
    if github and any(other is not None for other in others):
        raise UsageError("--github cannot be combined with --shard, --by, --times and --json")
    if jobs is not None and not github:
        raise UsageError("--jobs needs --github")


def _document(plan: Plan, today: date) -> dict[str, Any]:
    return {
        "matrix": plan.matrix.as_posix(),
        "shard": str(plan.shard) if plan.shard else None,
        "cells": [_cell(cell) for cell in plan.cells],
        "programs": [_program(program) for program in plan.programs],
        "absent": [{"cell": cell.id, "reason": cell.reason} for cell in plan.absent],
        "expectations": [json_data(rule) for rule in _rules(plan, today)],
    }


def _program(program: ProgramSpec) -> dict[str, Any]:
    return {
        "program": program.name,
        "command": list(program.program.command),
        "today": program.columns[0].name,
        "cells": list(program.cells),
    }


def _cell(cell: PlannedCell) -> dict[str, Any]:
    return {
        "cell": cell.id,
        "row": cell.row.id,
        "gateway": cell.gateway.name,
        "requirements": list(cell.row.requirements),
        "client_id": cell.client_id,
        "second_client_id": cell.second_client_id,
        "checks": list(cell.checks),
        "deadline": cell.deadline,
        "expected": [
            {"rule": each.rule, "check": list(each.checks), "status": list(each.statuses)}
            for each in cell.expectations()
        ],
        "skipped": cell.skip,
    }


def _lines(plan: Plan, today: date) -> Iterator[str]:
    shard = f", shard {plan.shard}" if plan.shard else ""
    yield f"{plan.matrix.as_posix()}{shard}: {opening(plan)}"
    for cell in plan.cells:
        yield f"  {cell.id}{_remark(cell)}"
    for program in plan.programs:
        yield f"program {program.name}, compared with what it does with {program.columns[0].name}:"
        yield from (f"  {cell}" for cell in program.cells)
    absent: dict[str, list[str]] = {}
    for missing in plan.absent:
        absent.setdefault(missing.reason, []).append(missing.id)
    for reason, cells in absent.items():
        yield f"Absent, {reason}:"
        yield from (f"  {cell}" for cell in cells)
    yield from rule_lines(_rules(plan, today))


def _rules(plan: Plan, today: date) -> list[RuleInfo]:
    return [Masker().record(rule) for rule in rule_infos(plan.rules, today=today)]


def _remark(cell: PlannedCell) -> str:
    if cell.skip is not None:
        return f"  (skipped: {cell.skip})"
    expected = [f"{claim(each.statuses, each.checks)}; {each.reason}" for each in cell.expectations()]
    return f"  (expected: {'; '.join(expected)})" if expected else ""


def github_matrix(jobs: Sequence[Job], selection: Sequence[str]) -> dict[str, Any]:
    """Return the value of ``strategy.matrix`` in a GitHub workflow.

    Args:
        jobs: the jobs, at least one.
        selection: the options of the plan, with which each machine makes the same plan again.

    Returns:
        Each job has its ``name``, the names of its gateways as ``gateway``, the labels ``runs-on``, the ``options`` of
        `ib-compat run` for a POSIX shell, its number ``part``, ``real`` if one of the gateways is not simulated, and
        the ``credentials`` that containers need.

    Raises:
        UsageError: the matrix file has no labels for a machine.
    """
    return {"include": [_entry(job, part, len(jobs), selection) for part, job in enumerate(jobs, start=1)]}


def _entry(job: Job, part: int, of: int, selection: Sequence[str]) -> dict[str, Any]:
    _refuse_without_labels(job)
    gateways = job.gateways
    return {
        "name": job.name,
        "gateway": ", ".join(gateway.name for gateway in gateways),
        "part": part,
        "runs-on": list(job.runs_on),
        "options": shlex.join((*selection, "--by=gateway", f"--shard={part}/{of}")),
        "real": any(not gateway.ours for gateway in gateways),
        "credentials": sorted({each.credential for each in gateways if each.kind == "docker" and each.credential}),
    }


def _refuse_without_labels(job: Job) -> None:
    if not job.runs_on:
        gateway = job.gateways[0]
        raise UsageError(
            f"gateway {gateway.name}: labels: is missing; GitHub's own machines cannot reach {gateway.option}",
            hint='Add the labels of a machine that can to its [[gateway]]: labels = ["self-hosted", "tws-paper"].',
        )
