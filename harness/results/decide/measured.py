"""Collects what the runs of a matrix file measured: each cell from the newest run that asked it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from harness.known.gateway_versions import answered_as
from harness.plan.matrix.default_file import absolute, default_matrix, is_default
from harness.plan.matrix.rows import LATEST, running_python
from harness.shared.errors import ResultsError, SelectionError, UsageError, nearest
from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from harness.results.results_model import CellInfo, GatewayInfo, Results, RuleInfo

_SILENT = frozenset({Status.SKIPPED, Status.NOT_RUN, Status.ERROR})
"""Statuses of cells that were not or could not be asked, which says nothing about the library."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A cell with its gateway and its run; ``ended`` is when that run ended, in UTC."""

    id: str
    cell: CellInfo
    gateway: GatewayInfo
    rules: Mapping[int, RuleInfo]
    run: str
    ended: datetime

    @property
    def says(self) -> bool:
        """Whether the cell was asked, so that it says something of its library."""
        return self.cell.status not in _SILENT

    @property
    def other_version(self) -> str:
        """Why the cell says nothing about the gateway version of its column; empty if that version answered."""
        gateway = self.gateway
        called = gateway.boot.build if gateway.boot and gateway.boot.build else gateway.version
        seen_as = answered_as(gateway.product, called, gateway.server_version)
        if seen_as is None:
            return ""
        return f"in {self.run} it spoke server version {gateway.server_version}, as {seen_as} does, and not as {called}"

    @property
    def row(self) -> Row:
        """Its row, as it was installed for this run."""
        return row_of(self.cell)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the results.

    ``version`` is the one that was installed if the matrix file asks for ``latest``. ``extras`` are the requirements
    that its environment got beside the library. ``published`` says that an index has it: pip was given its name.
    """

    id: str
    library: str
    adapter: str
    distribution: str
    version: str
    python: str
    requirements: tuple[str, ...]
    published: bool

    @property
    def extras(self) -> tuple[str, ...]:
        """What must be installed beside it."""
        return self.requirements[1:]

    @property
    def name(self) -> str:
        """The package, normalised, for comparison with other people's files."""
        return str(canonicalize_name(self.distribution))

    @property
    def order(self) -> Version:
        """The sort key of versions; invalid ones come first."""
        try:
            return Version(self.version)
        except InvalidVersion:
            return Version("0.dev0")


def row_of(cell: CellInfo) -> Row:
    """The row of a cell."""
    asked = cell.requested
    version = cell.resolved.version if asked.version == LATEST and cell.resolved else asked.version
    first = asked.requirements[0] if asked.requirements else ""
    return Row(
        id=cell.row,
        library=cell.library,
        adapter=cell.adapter,
        distribution=asked.distribution,
        version=version,
        python=cell.python,
        requirements=tuple(asked.requirements),
        published=first in {asked.distribution, f"{asked.distribution}=={asked.version}"},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Cells by id, columns by name and rows by id, each from the newest run that asked it.

    ``absent`` has the cells that a run left out, with the reason; ``matrix`` is the matrix file of the runs.
    """

    cells: Mapping[str, Measured]
    columns: Mapping[str, GatewayInfo]
    rows: Mapping[str, Row]
    absent: Mapping[str, str] = field(default_factory=dict)
    matrix: str | None = None

    @property
    def pythons(self) -> tuple[str, ...]:
        """The Pythons on which something was measured, in order."""
        found = {measured.cell.python for measured in self.cells.values() if measured.says}
        return tuple(sorted(found, key=lambda python: [int(part.rstrip("t")) for part in python.split(".")]))

    def cell(self, row: Row, column: str) -> Measured | None:
        """A row's cell; ``None`` if none was asked with the row's present version and requirements."""
        measured = self.cells.get(f"{row.id}/{column}")
        return measured if measured and measured.row == row else None


_OURS = {"simulator": "simulated", "replay": "recorded"}
"""Kinds of gateways that are not the real one of that name; all others are."""


def _is_other(gateway: GatewayInfo, newest: GatewayInfo) -> bool:
    """Whether a column's name meant another gateway: simulated, recorded or real, of another version or recording."""
    was, now = (
        (_OURS.get(each.kind, ""), each.product, each.version, each.mode, each.profile, _digest(each))
        for each in (gateway, newest)
    )
    return was != now


def _digest(gateway: GatewayInfo) -> str:
    return gateway.recorded.sha256 if gateway.recorded else ""


def _columns(run: Results, newer: Mapping[str, GatewayInfo]) -> dict[str, GatewayInfo]:
    """Return the gateways of a run and of newer ones, each as the newest run has it that reached it.

    A newer run that did not reach one ended early. What was another gateway of that name is not it.
    """
    found = {name: newer[name] if name in newer else run.gateways[name] for name in (*run.gateways, *newer)}
    for name in run.gateways:
        if not found[name].probes and run.gateways[name].probes and not _is_other(run.gateways[name], found[name]):
            found[name] = run.gateways[name]
    return found


def collect(runs: Iterable[Results]) -> Evidence:
    """Return the evidence of runs of one matrix file, newest first; what a run did not ask comes from an older one."""
    cells: dict[str, Measured] = {}
    columns: dict[str, GatewayInfo] = {}
    absent: dict[str, str] = {}
    matrix: str | None = None
    for run in runs:
        columns = _columns(run, columns)
        matrix = matrix or run.run.matrix
        absent = {**{each.cell: each.reason for each in run.plan.absent}, **absent}
        rules = {rule.rule: rule for rule in run.expectations}
        for name in run.cells:
            known = cells.get(name)
            if known is not None and known.says:
                continue  # a run before it says no more, and need not be read
            measured = _measured(run, name, rules)
            if _is_other(measured.gateway, columns[measured.cell.gateway]):
                continue
            if known is None or measured.says:
                cells[name] = measured
    return Evidence(cells=cells, columns=columns, rows=_rows(cells.values()), absent=absent, matrix=matrix)


def _measured(run: Results, name: str, rules: Mapping[int, RuleInfo]) -> Measured:
    cell = run.cells[name]
    return Measured(
        id=name,
        cell=cell,
        gateway=run.gateways[cell.gateway],
        rules=rules,
        run=run.run.id,
        ended=run.run.ended,
    )


def _rows(cells: Iterable[Measured]) -> dict[str, Row]:
    """Each row as installed by the newest run that says something about it."""
    newest: dict[str, Measured] = {}
    for measured in cells:
        known = newest.get(measured.cell.row)
        if known is None or (measured.says, measured.ended) > (known.says, known.ended):
            newest[measured.cell.row] = measured
    return {name: measured.row for name, measured in newest.items()}


def columns_of(evidence: Evidence, words: Sequence[str], option: str) -> tuple[str, ...]:
    """The columns that a user names.

    Args:
        evidence: what is known.
        words: each is the name of a column, a glob of names, or product and version for all modes, such as
            ``gateway-10.45``. A version alone means an IB Gateway.
        option: the option that the words were given to, for the error.

    Raises:
        SelectionError: a word names no column; the hint has the nearest names.
    """
    found: dict[str, None] = {}
    for word in words:
        exact = [word] if word in evidence.columns else []
        named = exact or [name for name, column in evidence.columns.items() if _means(word, name, column)]
        if not named:
            near = nearest(word.replace("*", ""), evidence.columns) or list(evidence.columns)[:10]
            hint = f"Nearest: {', '.join(near)}. A run must have asked it first." if near else "Run a matrix first."
            raise SelectionError(f"{option} {word!r} matches no gateway of the results", hint=hint)
        found.update(dict.fromkeys(named))
    return tuple(found)


def _means(word: str, name: str, column: GatewayInfo) -> bool:
    if fnmatchcase(name, word):
        return True
    ordinary = f"{column.product}-{column.version}"
    products = (ordinary, column.version) if column.product == "gateway" else (ordinary,)
    return word in products and name == f"{ordinary}-{column.mode}"


def pythons_of(evidence: Evidence, words: Sequence[str]) -> tuple[str, ...]:
    """Return the Pythons that match a user's globs; by default the running one, or the only one in the results.

    Raises:
        UsageError: no Python of the results matches, or it is unclear which is meant.
    """
    known = evidence.pythons
    if words:
        missing = [word for word in words if not any(fnmatchcase(python, word) for python in known)]
        plain = [word for word in missing if not set("*?[") & set(word)]
        if len(missing) > len(plain):
            raise UsageError(f"--python {missing[0]!r} matches nothing", hint=f"Measured: {', '.join(known)}.")
        return tuple(dict.fromkeys([*(each for each in known if any(fnmatchcase(each, w) for w in words)), *plain]))
    if running_python() in known:
        return (running_python(),)
    if len(known) == 1:
        return known
    raise UsageError("which Python do you mean?", hint=f"Name --python; measured: {', '.join(known) or 'none'}.")


def same_matrix(one: str | Path, other: str | Path) -> bool:
    """Whether two paths name the same matrix file; a run keeps the path that it was given."""
    return absolute(one) == absolute(other)


def meant(matrices: Iterable[str], named: Path | None) -> str | None:
    """The matrix file whose runs count.

    Args:
        matrices: the matrix file of each run.
        named: the matrix file that the user names, if any.

    Returns:
        The named file; without one the default file if it was run, else the only file that was run. Another file may
        have cells that are broken on purpose. ``None`` if there are no runs.

    Raises:
        ResultsError: the named one was never run.
        UsageError: none is named, the default one was never run, and several others were.
    """
    found = list(dict.fromkeys(matrices))
    if named is not None:
        mine = next((each for each in found if same_matrix(each, named)), None)
        if found and mine is None:
            raise ResultsError(f"no run is of {named}", hint=f"Runs are of {', '.join(found)}.")
        return mine
    default = next((each for each in found if is_default(Path(each))), None)
    if default is None and len(found) > 1:
        raise UsageError(
            f"no run is of {default_matrix()}, and the existing runs are of several matrix files",
            hint=f"Name one with --matrix: {', '.join(found)}.",
        )
    return default or (found[0] if found else None)
