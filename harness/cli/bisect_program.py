"""Runs the steps of a bisection with a program of the user: does it do what it does with the good one?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli import bisect_steps
from harness.cli.performing import How, perform
from harness.cli.planning import builder_in
from harness.plan.plan_model import Plan
from harness.results.decide.row_judging import Judgement, Problem, Standing
from harness.shared.errors import SelectionError, UsageError, did_you_mean
from harness.shared.status import Finding, Status

if TYPE_CHECKING:
    from harness.plan.matrix.gateway_spec import GatewaySpec
    from harness.plan.matrix.load import Matrix
    from harness.plan.matrix.program_spec import ProgramSpec
    from harness.results.program_results import ProgramCell
    from harness.results.results_model import Results

_STANDINGS = {Finding.SAME: Standing.WORKS, Finding.DIFFERENT: Standing.BREAKS}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramCandidate:
    """One step of the search range: its name for a person, its library, which may be empty, and its gateway."""

    name: str
    library: str
    gateway: GatewaySpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramStep:
    """A candidate that was tried: whether the program does the same, and the folder of the run."""

    candidate: ProgramCandidate
    judgement: Judgement
    folder: Path

    @property
    def standing(self) -> Standing:
        """Whether it does the same."""
        return self.judgement.standing


@dataclass(slots=True, kw_only=True)
class ProgramSteps:
    """Tries candidates, each compared with the first.

    Args:
        spec: the program.
        candidates: from the good to the bad one.
        environments: the folder in which environments are built.
        results: the folder for the runs.
        index: address of the package index; ``None`` for that of uv or pip.
    """

    spec: ProgramSpec
    candidates: Sequence[ProgramCandidate]
    environments: Path
    results: Path
    index: str | None = None
    done: dict[int, ProgramStep] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """Where the conversations are."""
        return "what it asked of each is in asked.json, below the folders of the runs"

    def ask(self, number: int) -> ProgramStep:
        """Run the program with the good candidate and this one, and compare."""
        good, candidate = self.candidates[0], self.candidates[number]
        spec = replace(
            self.spec,
            libraries=tuple(dict.fromkeys(filter(None, (good.library, candidate.library)))),
            columns=tuple({each.name: each for each in (good.gateway, candidate.gateway)}.values()),
            rules=(),
        )
        how = How(board=False, build=builder_in(self.environments, index=self.index).build)
        plan = Plan(matrix=spec.matrix, cells=(), programs=(spec,), narrowed=True)
        answer, folder = perform(plan, self.environments, self.results, how)
        if answer.run.interrupted:
            raise KeyboardInterrupt
        name = f"{spec.row(candidate.library)}/{candidate.gateway.name}"
        judgement = judged(name, answer.programs[spec.name].cells[name], answer)
        step = self.done[number] = ProgramStep(candidate=candidate, judgement=judgement, folder=folder)
        return step


def judged(name: str, cell: ProgramCell, run: Results) -> Judgement:
    """Return whether a program does the same, in the form in which bisections judge."""
    standing = Standing.UNKNOWN if cell.finding is None else _STANDINGS.get(cell.finding, Standing.UNKNOWN)
    problems = (
        Problem(check=f"{each.kind} {each.where}".strip(), status=Status.FAIL, reason=f"{each.before} → {each.after}")
        for each in cell.differences
    )
    return Judgement(
        cell=name,
        standing=standing,
        problems=tuple(problems) if standing is Standing.BREAKS else (),
        why=cell.reason if standing is Standing.UNKNOWN else "",
        run=run.run.id,
        ended=run.run.ended,
    )


def program_steps(
    matrix: Matrix,
    name: str,
    environments: Path,
    results: Path,
    index: str | None,
    *,
    library: str | None,
    row: str | None,
    gateway: str | None,
    good: str,
    bad: str,
    versions: str | None,
    beside: tuple[str, ...],
    python: str | None,
) -> ProgramSteps:
    """Return what a bisection with a program searches: versions of a library, or gateways.

    Raises:
        SelectionError: there is no such program.
        UsageError: the options do not go together, or a version is not in the index.
    """
    if row or python:
        raise UsageError("--program does not go with --row and --python", hint="Name LIBRARY to search its versions.")
    named = _named(matrix, name)
    spec = replace(named, beside=(*named.beside, *beside))
    if library is None:
        if gateway or versions:
            raise UsageError("--gateway and --versions go with LIBRARY", hint="Without it, gateways are searched.")
        first = spec.libraries[0] if spec.libraries else ""
        found = bisect_steps.gateways_between(good, bad)
        candidates = [ProgramCandidate(name=told, library=first, gateway=each) for told, each in found]
    else:
        at = spec.columns[0] if gateway is None else bisect_steps.gateway_named(gateway, matrix)
        between = bisect_steps.versions_of(library, versions, index, good, bad)
        candidates = [
            ProgramCandidate(name=version, library=f"{library}=={version}", gateway=at) for version in between
        ]
    return ProgramSteps(spec=spec, candidates=candidates, environments=environments, results=results, index=index)


def _named(matrix: Matrix, name: str) -> ProgramSpec:
    known = {program.name: program for program in matrix.programs}
    if name not in known:
        there = f"There are: {', '.join(known)}." if known else f"{matrix.file} has no [[program]]; see --matrix."
        raise SelectionError(f"--program {name!r} is not in the matrix file{did_you_mean(name, known)}", hint=there)
    return known[name]
