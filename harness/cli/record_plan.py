"""Implements ``ib-compat record --gateway``: libraries ask a gateway all checks, and that is recorded."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from harness.checks.all import NAMES
from harness.cli import run_screen
from harness.cli.planning import builder_in, plan_of
from harness.cli.record_files import new_parts, pack_all
from harness.cli.record_progress import News
from harness.diagnose.common_reds import DECODERS
from harness.doctor.gateway_found import is_address, met, spec_at
from harness.doctor.subject import at_address
from harness.plan.matrix.default_file import default_matrix
from harness.plan.matrix.environments import find_environments, installed_in
from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.plan.matrix.load import Matrix, in_order, load_matrix
from harness.plan.matrix.rows import Row
from harness.plan.plan_model import Plan
from harness.plan.selection import Selection, check_selection
from harness.results.judge import judge
from harness.run.interruption import Interruption
from harness.run.observer import Observer
from harness.run.recording.guard import Permits
from harness.run.recording.plan_recording import PlanRecording, PlanWanted
from harness.run.recording.record import Progress, Recorded
from harness.run.scheduler import execute
from harness.shared.errors import ExitCode, GatewayError, UsageError, did_you_mean
from harness.shared.evidence import CellOutcome, RunOutcome
from harness.shared.hosts import written
from harness.shared.status import Status
from harness.views.terminal.style import printable

_IN = frozenset({Status.PASS, Status.DEGRADED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be asked, as the command line says it.

    Args:
        gateway: a port, ``HOST:PORT``, or the name of a gateway of the matrix file.
        libraries: globs of the libraries to connect; without any, the newest of each kind.
        pythons: globs of Pythons.
        checks: the checks to ask; without any, all.
        matrix: the matrix file that has the libraries [default: the default one]
        environments: the folder of the rows' environments.
        build: whether to build missing environments.
    """

    gateway: str
    libraries: tuple[str, ...]
    pythons: tuple[str, ...]
    checks: tuple[str, ...]
    matrix: Path | None
    environments: Path
    build: bool


def record_plan(file: Path, raw: Path | None, permits: Permits, asked: Asked) -> int:
    """Record a gateway while libraries ask it all checks.

    Args:
        file: the recording.
        raw: the recording of what is not cleaned; ``None`` for none.
        permits: what may be asked.
        asked: who asks what.

    Raises:
        UsageError: something does not exist.
        GatewayError: nothing could be recorded.
        UnwritableError: not all of it could be kept.
    """
    part, raw_part = new_parts(file, raw)
    plan = _plan(asked, permits)
    with Interruption() as interruption, run_screen.progress(board=True) as observer:
        _build(plan, asked, observer, interruption)
        libraries = _libraries(plan, asked.environments)
        wanted = PlanWanted(part=part, raw=raw_part, permits=permits, libraries=libraries)
        (gateway,) = plan.gateways
        recording = PlanRecording(wanted, _noting(observer, gateway))
        with _evidence() as folder:
            outcome = execute(
                plan, asked.environments, folder, observer, interruption=interruption, opens=recording.opened
            )
    pairs = [(part, file)] + ([] if raw is None or raw_part is None else [(raw_part, raw)])
    return _kept(plan, outcome, recording, pairs)


def _plan(asked: Asked, permits: Permits) -> Plan:
    matrix = load_matrix(asked.matrix or default_matrix())
    matrix = replace(matrix, gateways=(_gateway(matrix, asked.gateway),), whole=False)
    selection = Selection(libraries=asked.libraries, pythons=asked.pythons)
    check_selection(selection, matrix)
    if asked.checks:
        matrix = replace(matrix, defaults=replace(matrix.defaults, checks=in_order(_checks(asked.checks))))
    if not asked.libraries:
        rows = [row for row in matrix.rows if selection.takes(row, matrix.gateways[0])]
        selection = replace(selection, rows=tuple(row.id for row in newest(rows)))
    there = None if asked.build else asked.environments
    plan = plan_of(
        matrix,
        there,
        must_be_built=not asked.build,
        selection=selection,
        allow_live=permits.live,
        orders=permits.orders,
        record=True,
    )
    if not plan.asked:
        hint = "With --allow-live it is recorded, too; orders never pass to it." if not permits.live else ""
        raise GatewayError(f"{plan.cells[0].gateway.option}: {plan.cells[0].skip}; nothing was recorded", hint=hint)
    return plan


def _checks(names: Sequence[str]) -> Sequence[str]:
    for name in names:
        if name not in NAMES:
            hint = "`ib-compat checks` lists them."
            raise UsageError(f"--check {name!r} is not a check{did_you_mean(name, NAMES)}", hint=hint)
    return names


def newest(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield the newest library of those that share no code, on one Python: they ask and read in different ways."""
    found: dict[str, Row] = {}
    for row in sorted(rows, key=_version):
        found[DECODERS.get(row.adapter, row.adapter)] = row
    yield from found.values()


def _version(row: Row) -> Version:
    try:
        return Version(row.version)
    except InvalidVersion:  # latest, or a file: nobody knows how new it is
        return Version("0.dev0")


def _gateway(matrix: Matrix, word: str) -> GatewaySpec:
    """Return the gateway that a word names; one at an address must answer now, as it is not started for us.

    Raises:
        UsageError: no gateway of the matrix file is meant, several are, or it is a recording.
        GatewayError: it does not answer.
    """
    if word.isdecimal() or is_address(word):
        return _met(None, word)
    check_selection(Selection(gateways=(word,)), matrix)
    takes = Selection(gateways=(word,)).takes
    found = [gateway for gateway in matrix.gateways if takes(matrix.rows[0], gateway)]
    if len(found) > 1:
        hint = f"Name one of: {', '.join(gateway.name for gateway in found)}."
        raise UsageError(f"--gateway {word!r} is {len(found)} gateways, and a recording is of one", hint=hint)
    if found[0].kind == "replay":
        raise UsageError(f"{found[0].name}: is a recording already", hint="Name a gateway that runs.")
    return _met(found[0], written(found[0].host, found[0].port)) if found[0].kind == "address" else found[0]


def _met(spec: GatewaySpec | None, address: str) -> GatewaySpec:
    subject = at_address(address)
    (record,) = met([subject])
    if not record.passed:
        hint = f"Is it there, and logged in? `ib-compat doctor {address}` says more."
        raise GatewayError(f"{written(subject.host, subject.port)}: {record.reason}; nothing was recorded", hint=hint)
    return spec or spec_at(subject, record)


def _build(plan: Plan, asked: Asked, observer: Observer, interruption: Interruption) -> None:
    """Build what is missing before the gateway is asked, so that nobody waits for an installer there."""
    if not asked.build:
        return

    def told(done: int, count: int, row: Row | None) -> None:
        del row
        observer.progress("environments", "" if done == count else f"building {count}", done / count)

    async def build() -> None:
        async with interruption.ending():
            await builder_in(asked.environments).build(plan.rows, told)

    try:
        asyncio.run(build())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def _libraries(plan: Plan, environments: Path) -> dict[int, str]:
    """Return library and version by the client ids that the cells use."""
    there = find_environments(environments, plan.rows)
    found: dict[int, str] = {}
    for cell in plan.asked:
        row = cell.row
        packages = installed_in(there[row.id]) if row.id in there else {}
        versions = {canonicalize_name(name): version for name, version in packages.items()}
        library = f"{row.distribution}=={versions.get(canonicalize_name(row.distribution), row.version)}"
        found |= {cell.client_id: library, cell.second_client_id: library}
    return found


def _noting(observer: Observer, gateway: GatewaySpec) -> Callable[[Progress], None]:
    """Return what tells an observer of a run what is new of its recording."""
    news = News(gateway.option)

    def tell(progress: Progress) -> None:
        for each in news.fresh(progress):
            observer.note(each)

    return tell


@contextmanager
def _evidence() -> Iterator[Path]:
    """Yield a folder for what the cells leave, which has real accounts in it: nothing of it is kept."""
    with tempfile.TemporaryDirectory(prefix="ib-compat-") as folder:
        yield Path(folder)


def _kept(plan: Plan, outcome: RunOutcome, recording: PlanRecording, pairs: Sequence[tuple[Path, Path]]) -> int:
    """Pack what was recorded, and say what it is, and who got in."""
    if recording.unwritable is not None:
        raise recording.unwritable
    cells = {each.cell: each for each in outcome.outcomes}
    inside = [cell.id for cell in plan.asked if cell.id in cells and _got_in(cells[cell.id])]
    if recording.recorded is None or not (_has_libraries(recording.recorded) or recording.recorded.failed):
        for part, _ in pairs:
            part.unlink(missing_ok=True)
        raise _nothing(plan, outcome, cells)
    pack_all(pairs, recording.recorded.why)
    for line in _lines(plan, outcome, cells):
        click.echo(printable(line))
    if recording.recorded.failed is not None:
        raise recording.recorded.failed
    if outcome.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.AS_EXPECTED if len(inside) == len(plan.asked) else ExitCode.INCOMPATIBLE


def _has_libraries(recorded: Recorded) -> bool:
    """Return whether any library connected; the first connection is ib-compat's own."""
    return recorded.counts.clients - recorded.counts.live > 1


def _got_in(outcome: CellOutcome) -> bool:
    return any(check.name == "ready" and check.status in _IN for check in outcome.checks)


def _lines(plan: Plan, outcome: RunOutcome, cells: Mapping[str, CellOutcome]) -> Iterator[str]:
    """Yield how the checks of each row ended, and the first that did not pass."""
    gateway = next(iter(outcome.gateways), None)
    for cell in plan.cells:
        judged = judge(cell, cells.get(cell.id), gateway)
        counts = {status: sum(check.status is status for check in judged.checks) for status in Status}
        told = ", ".join(f"{count} {status}" for status, count in counts.items() if count) or str(judged.status)
        at = f"; {judged.status} at {judged.stage}" if judged.stage else ""
        yield f"{cell.row.id}: {told}{at}{f': {judged.reason}' if judged.reason else ''}"


def _nothing(plan: Plan, outcome: RunOutcome, cells: Mapping[str, CellOutcome]) -> Exception:
    if outcome.interrupted:
        return KeyboardInterrupt()  # type: ignore[return-value]
    why = "; ".join(dict.fromkeys(_lines(plan, outcome, cells)))
    (gateway,) = plan.gateways
    hint = f"`ib-compat doctor {gateway.option}` looks at the gateway without any library."
    return GatewayError(f"{gateway.option}: no library got in; nothing was recorded: {why}", hint=hint)
