"""Runs the programs of a matrix file with each of their gateways and libraries, and keeps what each run left."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

from harness.gateways.simulator.days import files as days
from harness.gateways.simulator.gateway_profiles import Profile, find
from harness.known.scenarios import Behaviour
from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.plan.matrix.program_spec import ProgramSpec
from harness.plan.matrix.rows import Row
from harness.programs.answer import Answer, decide
from harness.programs.asked import Asked
from harness.programs.program import Ran
from harness.results.program_judging import failed, judged, planned
from harness.results.program_results import ProgramSeen
from harness.results.run_folder import unwritable
from harness.run.programs.elsewhere import Elsewhere
from harness.run.programs.environments import program_environments, tools_in
from harness.run.programs.fingerprint import itself
from harness.run.programs.libraries import installed_beside
from harness.run.programs.network import Network
from harness.run.programs.running import executable
from harness.run.programs.trying import Replay, Side, Trial, attempt
from harness.shared import private
from harness.shared.errors import IbCompatError

_COMMANDS = "Scripts" if os.name == "nt" else "bin"

Builds = Callable[[Sequence[Row]], Awaitable[None]]
"""Builds environments that are missing."""

Told = Callable[[ProgramSpec, Ran], None]
"""Is told of each run of a program that is over."""


async def run_program_row(
    spec: ProgramSpec, environments: Path, folder: Path, *, build: Builds, tell: Told
) -> ProgramSeen:
    """Run a program with all that it is tried with.

    What keeps it from running, such as a requirement that cannot be installed, is what was seen of it: the rest of the
    run goes on. Of one that was edited meanwhile, nobody knows what ran: it has no digests, and is told of.

    Args:
        spec: the program.
        environments: the folder of the environments.
        folder: that of the run.
        build: builds environments that are missing.
        tell: is told of each run that is over.
    """
    before = await asyncio.to_thread(itself, spec, (folder, folder.parent))
    seen = await _seen(spec, environments, folder, build=build, tell=tell)
    after = await asyncio.to_thread(itself, spec, (folder, folder.parent))
    edited = after.changed_from(before)
    told = (f"It was edited while it was tried: {', '.join(edited)}. Nobody knows what ran; run it again.",)
    cells = {
        name: replace(cell, itself=None, cautions=cell.cautions + told) if edited else replace(cell, itself=before)
        for name, cell in seen.cells.items()
    }
    return replace(seen, cells=cells)


async def _seen(spec: ProgramSpec, environments: Path, folder: Path, *, build: Builds, tell: Told) -> ProgramSeen:
    seen = planned(spec)
    cells = dict(seen.cells)
    try:
        tools = await _tools(spec, environments, build)
    except IbCompatError as problem:
        return replace(seen, cells=failed(spec, spec.columns, _words(problem)))
    for gateways in spec.groups:
        try:
            found = await _answers(spec, gateways, tools, tell)
        except IbCompatError as problem:
            cells |= failed(spec, gateways, _words(problem))
            continue
        for name, answer in found.items():
            ran = answer.today if cells[name].today else answer.then
            cells[name] = judged(spec, cells[name], answer, _keep(ran, name, folder))
    return replace(seen, cells=cells)


def _words(problem: IbCompatError) -> str:
    return f"{problem} ({problem.hint})" if problem.hint else str(problem)


async def _answers(
    spec: ProgramSpec, gateways: Sequence[GatewaySpec], tools: Mapping[str, Path], tell: Told
) -> dict[str, Answer]:
    """Return the answer for each cell of gateways that can be compared; that for today's, whether two runs do the same.

    Raises:
        UsageError: the program cannot be started, or may not be at one of these gateways.
        ResultsError: a recording cannot be read.
    """
    pairs = list(product(spec.libraries or ("",), gateways))
    names = [f"{spec.row(library)}/{gateway.name}" for library, gateway in pairs]
    today, *others = [_side(spec, gateway, library, tools.get(library)) for library, gateway in pairs]
    trial = Trial(
        program=spec.program,
        today=today,
        then=others,
        network=Network(spec.network),
        seed=spec.seed,
        fresh=spec.account == "empty",
        at=spec.at,
        day=None if spec.day is None else days.find(spec.day),
        sees_clock=spec.sees_clock,
        expected=spec.expected,
        libraries={} if spec.libraries else _installed(spec, tools),
    )
    runs: list[Ran] = []

    def over(ran: Ran) -> None:
        runs.append(ran)
        tell(spec, ran)

    answers = await attempt(trial, over)
    first, second, *_ = [ran for ran in runs if ran.side == trial.name_of(today)]
    return dict(zip(names, [decide((first, second), (second,), spec.expected), *answers], strict=True))


def _installed(spec: ProgramSpec, tools: Mapping[str, Path]) -> Mapping[str, str]:
    """Return the version of each library that a program has of its own; nothing if it is no Python program.

    Raises:
        UsageError: there is no such command.
    """
    path = os.pathsep.join(filter(None, (*map(str, tools.values()), os.environ.get("PATH"))))
    return installed_beside(executable(spec.program, path))


def _side(spec: ProgramSpec, gateway: GatewaySpec, library: str, tools: Path | None) -> Side:
    """Return a gateway of the matrix file and a library as a side."""
    return Side(
        gateway=_gateway(gateway, orders=spec.orders),
        scenario=gateway.scenario,
        library=library.replace("==", " "),
        tools=tools,
        name=gateway.name,
        mode=gateway.mode,
        behaviour=gateway.behaviour.under(Behaviour(login_zone=gateway.timezone)),
    )


def _gateway(gateway: GatewaySpec, *, orders: bool) -> Profile | Replay | Elsewhere:
    if gateway.recording is not None:
        return Replay(file=gateway.recording.file, speed=gateway.recording.speed)
    if gateway.ours:
        return find(gateway.profile or gateway.name)
    first, _ = gateway.client_ids
    return Elsewhere(host=gateway.host, port=gateway.port, client_id=first, account=gateway.account, orders=orders)


async def _tools(spec: ProgramSpec, environments: Path, build: Builds) -> dict[str, Path]:
    """Return the folder of each library's commands; of no library, if the program has its own environment.

    Raises:
        UsageError: an environment cannot be built.
    """
    if spec.venv is not None:
        return {"": spec.venv / _COMMANDS}
    rows = program_environments(spec)
    if not rows:
        return {}
    await build(rows)
    tools = tools_in(environments, rows)
    return tools if spec.libraries else {"": tools[rows[0].library]}


def _keep(ran: Ran, cell: str, folder: Path) -> tuple[str, ...]:
    """Write what a run of a program left, for its owner alone; return the files, relative to the run's folder.

    Raises:
        ResultsError: they cannot be written.
    """
    where = Path("programs", *cell.split("/"))
    asked = json.dumps(list(_requests(ran.asked)), indent=2)
    texts = {where / "output.txt": ran.output, where / "asked.json": asked}
    try:
        private.make_folder(folder / where)
        for file, text in texts.items():
            private.write(folder / file, text.encode("utf-8", "replace"))
    except OSError as error:
        raise unwritable(folder / where, error) from None
    return tuple(file.as_posix() for file in texts)


def _requests(asked: Asked) -> Iterator[dict[str, object]]:
    for request in asked.requests:
        yield {
            "at": round(request.at, 3),
            "name": request.name,
            "fields": {name: _plain(value) for name, value in sorted(request.meaning[1])},
            "outcome": request.outcome.value,
            "errors": [{"code": error.code, "text": error.text} for error in request.errors],
        }


def _plain(value: object) -> object:
    return value if isinstance(value, str | float | int) else str(value)
