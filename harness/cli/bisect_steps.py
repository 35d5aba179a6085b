"""Lists the library versions or gateways that a bisection searches, and runs its steps.

Each step is a row in its own environment, asked against a gateway as in a run.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from harness.cli.performing import How, perform
from harness.cli.planning import builder_in, plan_of
from harness.doctor.gateway_found import gateways_at, is_address
from harness.gateways.simulator.gateway_profiles import Profile, find, load
from harness.plan.matrix.environments import find_environments
from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.plan.matrix.load import Matrix
from harness.plan.matrix.rows import Row, running_python
from harness.plan.matrix.tables import CLIENT_IDS, GATEWAY_TAKES
from harness.plan.plan_model import cell_id
from harness.results.decide.libraries import adapter_of
from harness.results.decide.measured import collect
from harness.results.decide.package_index import index_url, read_releases
from harness.results.decide.row_judging import Judgement, Standing, judge
from harness.shared.errors import SelectionError, UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.results.decide.row_judging import Required

_INSTALL = "install"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One step of the search range: its name, its row and its gateway."""

    name: str
    row: Row
    gateway: GatewaySpec

    @property
    def cell(self) -> str:
        """The cell's id."""
        return cell_id(self.row, self.gateway)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A candidate that was asked: its judgement, and the folder of the run.

    If it could not be installed, that says nothing about the library, and its standing is unknown.
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
        matrix: the matrix file, for checks, times and expectations.
        candidates: the candidates, in order.
        environments: the folder in which environments are built.
        results: the folder for the runs.
        wanted: which checks matter.
        index: address of the package index; ``None`` for that of uv or pip.
        allow_live: whether to ask gateways with real money behind them.
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
        """Build a candidate's environment, if no earlier step or bisection did, and ask its cell."""
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
        """Build the row's environment, if no earlier step or bisection did.

        Raises:
            UsageError: this machine has no such Python.
        """
        asyncio.run(builder_in(self.environments, index=self.index).build([row], lambda *_: None))
        if find_environments(self.environments, [row])[row.id].python is None:
            hint = "Install it, or name an installed one with --python."
            raise UsageError(f"no Python {row.python} on this machine", hint=hint)


def row_of(distribution: str, version: str, python: str | None, beside: Sequence[str]) -> Row:
    """The row of one version, with requirements beside it."""
    return Row(
        adapter=adapter_of(distribution),
        name=distribution,
        distribution=distribution,
        version=version,
        python=python or running_python(),
        requirements=(f"{distribution}=={version}", *beside),
    )


def versions_between(index: str, distribution: str, good: str, bad: str) -> list[str]:
    """Return the versions in an index from the good to the bad one, whichever is older, without withdrawn ones.

    Pre-releases are included only if one of the two is a pre-release.

    Raises:
        UsageError: one of the two is not in the index.
    """
    first, last = version_of(good), version_of(bad)
    previews = first.is_prerelease or last.is_prerelease
    releases = read_releases(index, distribution)
    known = [str(each.version) for each in releases]
    for version in (first, last):
        if str(version) not in known:
            near = ", ".join(nearest(str(version), known)) or "none"
            raise UsageError(f"{index} has no {distribution} {version}", hint=f"Nearest: {near}.")
    low, high = sorted((first, last))
    kept = [
        each.version
        for each in releases
        if each.version in {first, last}
        or (low < each.version < high and each.withdrawn is None and (previews or not each.version.is_prerelease))
    ]
    return in_order([str(version) for version in kept], good, bad)


def versions_of(distribution: str, listed: str | None, index: str | None, good: str, bad: str) -> list[str]:
    """Return the versions to search: those that are listed, with commas, or else those between in the index."""
    if listed is None:
        return versions_between(index_url(index), distribution, good, bad)
    return in_order([each.strip() for each in listed.split(",") if each.strip()], good, bad)


def in_order(versions: Sequence[str], good: str, bad: str) -> list[str]:
    """Versions sorted from the good to the bad one; raises UsageError if that is not at least two."""
    first, last = version_of(good), version_of(bad)
    if first == last:
        raise UsageError("--good and --bad are the same version")
    low, high = sorted((first, last))
    between = {each for each in map(version_of, versions) if low <= each <= high}
    return [str(version) for version in sorted(between | {first, last}, reverse=first > last)]


def version_of(text: str) -> Version:
    """Parse a version; raises UsageError if the text is not one."""
    try:
        return Version(text)
    except InvalidVersion:
        raise UsageError(f"{text!r} is not a version", hint="Write a version such as 2.1.0.") from None


def gateway_named(word: str, matrix: Matrix) -> GatewaySpec:
    """Return the gateway that a user names: a column of the matrix file, a simulated gateway, or HOST:PORT.

    Raises:
        SelectionError: the word is none of these, or means several columns.
    """
    if is_address(word):
        return gateways_at((word,))[0]
    columns = [each for each in matrix.gateways if each.name == word]
    columns = columns or [each for each in matrix.gateways if fnmatchcase(each.name, word)]
    if len(columns) > 1:
        names = ", ".join(each.name for each in columns)
        raise SelectionError(f"--gateway {word!r} matches several gateways", hint=f"Name one of {names}.")
    return columns[0] if columns else simulated(find(word.removesuffix("-paper")))


def simulated(profile: Profile) -> GatewaySpec:
    """An ordinary simulated gateway of a profile."""
    return GatewaySpec(
        name=f"{profile.name}-paper",
        product=profile.product,
        version=profile.version,
        mode="paper",
        kind="simulator",
        host="127.0.0.1",
        port=0,
        profile=profile.name,
        client_ids=CLIENT_IDS,
        concurrency=GATEWAY_TAKES,
        account=None,
    )


def gateways_between(good: str, bad: str) -> list[tuple[str, GatewaySpec]]:
    """The simulated gateways of one product from the good to the bad one, by the server version that they speak.

    Each has its name and that version, for a person.
    """
    first, last = find(good.removesuffix("-paper")), find(bad.removesuffix("-paper"))
    if first.product != last.product or first == last:
        raise UsageError(
            "--good and --bad must be two gateways of the same product", hint="`ib-compat profiles` lists them."
        )
    ordered = sorted(
        (each for each in load().values() if each.product == first.product),
        key=lambda each: (each.server_version, version_of(each.version)),
        reverse=(first.server_version, version_of(first.version)) > (last.server_version, version_of(last.version)),
    )
    chosen = ordered[ordered.index(first) : ordered.index(last) + 1]
    named = ((each, simulated(each)) for each in chosen)
    return [(f"{spec.name} ({each.server_version})", spec) for each, spec in named]


def row_named(word: str, matrix: Matrix, python: str | None, beside: Sequence[str]) -> Row:
    """The row that a user names: one of the matrix file, or ``DISTRIBUTION==VERSION[/pyX.Y]``."""
    library, _, on = word.partition("/py")
    python = python or on or None
    same = [row for row in matrix.rows if row.library == library]
    if same:
        row = same[0]
        return replace(row, python=python or running_python(), requirements=(*row.requirements, *beside))
    distribution, equal, version = library.partition("==")
    if not equal:
        raise UsageError(f"--row {word!r} is not a row", hint="Write ib_async==2.1.0 or ib_async==2.1.0/py3.11.")
    return row_of(distribution, str(version_of(version)), python, beside)
