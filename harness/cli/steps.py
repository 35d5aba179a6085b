"""The steps of a bisection: each a row in an environment of its own, asked against a gateway as a run would."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from harness.cli.performing import How, perform
from harness.cli.planning import builder_in, plan_of
from harness.plan.matrix.environments import find_environments
from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.plan.matrix.load import Matrix
from harness.plan.plan_model import cell_id
from harness.results.decide.measured import collect
from harness.results.decide.row_judging import Judgement, Standing, judge
from harness.shared.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.plan.matrix.rows import Row
    from harness.results.decide.row_judging import Required

_INSTALL = "install"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One of those in order: what it is called, its row and its gateway."""

    name: str
    row: Row
    gateway: GatewaySpec

    @property
    def cell(self) -> str:
        """The cell's id."""
        return cell_id(self.row, self.gateway)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A candidate that was asked: how it came out, and the folder of the run.

    What could not be installed says nothing of the library, so its standing is not known.
    """

    candidate: Candidate
    judgement: Judgement
    folder: Path

    @property
    def standing(self) -> Standing:
        """Whether it works."""
        uninstalled = any(problem.check == _INSTALL for problem in self.judgement.problems)
        return Standing.UNKNOWN if uninstalled else self.judgement.standing


@dataclass(slots=True, kw_only=True)
class Steps:
    """Asks candidates.

    Args:
        matrix: checks, times and expectations.
        candidates: in order.
        environments: where they are built.
        results: where the runs go.
        wanted: which checks matter.
        index: the package index, or ``None``.
        allow_live: ask gateways with real money behind them.
    """

    matrix: Matrix
    candidates: Sequence[Candidate]
    environments: Path
    results: Path
    wanted: Required
    index: str | None = None
    allow_live: bool = False
    done: dict[int, Step] = field(default_factory=dict)

    def ask(self, number: int) -> Step:
        """Build a candidate's environment, unless an earlier step or bisection did, and ask its cell."""
        candidate = self.candidates[number]
        self._build(candidate.row)
        alone = replace(self.matrix, rows=(candidate.row,), gateways=(candidate.gateway,), excludes=(), includes=())
        plan = plan_of(alone, self.environments, allow_live=self.allow_live)
        answer, folder = perform(plan, self.environments, self.results, How(board=False))
        if answer.run.interrupted:
            raise KeyboardInterrupt
        judgement = judge(candidate.cell, collect([answer]).cells[candidate.cell], self.wanted)
        step = self.done[number] = Step(candidate=candidate, judgement=judgement, folder=folder)
        return step

    def _build(self, row: Row) -> None:
        """Build its environment, unless an earlier step or bisection did.

        Raises UsageError where this machine has no such Python.
        """
        asyncio.run(builder_in(self.environments, index=self.index).build([row], lambda *_: None))
        if find_environments(self.environments, [row])[row.id].python is None:
            hint = "Install it, or name one with --python that is there."
            raise UsageError(f"no Python {row.python} on this machine", hint=hint)
