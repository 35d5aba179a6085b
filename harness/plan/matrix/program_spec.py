"""Describes one program of a matrix file, with every default filled in, and the columns that it is tried with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.plan.matrix.problems import matrix_error
from harness.plan.matrix.program_table import EndsTable, ProgramExpectTable, ProgramTable
from harness.programs.expected import Expected
from harness.programs.program import Program, Until
from harness.shared.bounded_reading import MOST_TYPED, read_bytes
from harness.shared.errors import InputError, did_you_mean
from harness.shared.status import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramRule:
    """``[[program.expect]]`` number ``number`` of a program; an empty tuple of globs applies to all."""

    number: int
    libraries: tuple[str, ...]
    gateways: tuple[str, ...]
    findings: tuple[Finding, ...]
    reason: str
    since: date
    review: date
    link: str | None = None

    def applies(self, library: str, gateway: str) -> bool:
        """Return whether it is about the program with that library, which may be empty, and that gateway."""
        return _hit(self.libraries, library) and _hit(self.gateways, gateway)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramSpec:
    """What the matrix file says about a program.

    Args:
        name: its name in ids.
        matrix: the matrix file.
        program: what runs.
        expected: what every run of it must be like.
        columns: the gateways that it is tried with; the first of each truth is today's.
        libraries: names and versions of the library that it is tried with, that of today first; none if it is tried
            with what it has.
        requirements: the file that says what else its environment needs; ``None`` if there is none.
        beside: further requirements of its environment.
        python: the Python of its environment; ``None`` for the running one.
        venv: the folder of its own environment; ``None`` if its command is looked for in ``PATH``, or an environment is
            made.
        network: ``own`` or ``open``, as ``ib-compat try --network``.
        account: ``held`` or ``empty``, as ``ib-compat try --account``.
        seed: that of the moving market.
        at: the moment with which the gateways' clocks begin; ``None`` for now.
        day: the name, or the file, of the day that simulated gateways live through; ``None`` for an ordinary time.
        sees_clock: whether it sees that moment, too.
        orders: whether its orders may reach gateways that are not ours, where all accounts are paper.
        rules: what it is known to do otherwise.
    """

    name: str
    matrix: Path
    program: Program
    expected: Expected
    columns: tuple[GatewaySpec, ...]
    libraries: tuple[str, ...] = ()
    requirements: Path | None = None
    beside: tuple[str, ...] = ()
    python: str | None = None
    venv: Path | None = None
    network: str = "own"
    account: str = "held"
    seed: int = 1
    at: datetime | None = None
    day: str | None = None
    sees_clock: bool = False
    orders: bool = False
    rules: tuple[ProgramRule, ...] = ()

    @property
    def rows(self) -> tuple[str, ...]:
        """The ids of its rows: one for each library, or one."""
        return tuple(self.row(library) for library in self.libraries or ("",))

    def row(self, library: str) -> str:
        """Return the id of its row with a library, or without one."""
        return f"{self.name}/{library}" if library else self.name

    @property
    def groups(self) -> tuple[tuple[GatewaySpec, ...], ...]:
        """Its gateways, those together that say the same of the same account: only they can be compared."""
        found: dict[str, list[GatewaySpec]] = {}
        for gateway in self.columns:
            found.setdefault(gateway.truth, []).append(gateway)
        return tuple(map(tuple, found.values()))

    @property
    def cells(self) -> tuple[str, ...]:
        """The ids of its cells, row by row."""
        return tuple(f"{row}/{gateway.name}" for row in self.rows for gateway in self.columns)


def program_specs(
    tables: Sequence[ProgramTable], gateways: Sequence[GatewaySpec], file: Path
) -> tuple[ProgramSpec, ...]:
    """Return the programs of a matrix file.

    Args:
        tables: as the file has them.
        gateways: the columns of the file.
        file: the matrix file; paths are relative to its folder.

    Raises:
        MatrixError: a table names what is not there, or keys that do not go together.
    """
    problems = [f"{file}: [[program]] {number}: {why}" for number, why in _problems(tables, gateways, file.parent)]
    if problems:
        raise matrix_error(problems, file)
    return tuple(_spec(table, gateways, file) for table in tables)


def _problems(
    tables: Sequence[ProgramTable], gateways: Sequence[GatewaySpec], folder: Path
) -> Iterator[tuple[int, str]]:
    names = [table.name for table in tables]
    for number, table in enumerate(tables, start=1):
        if table.name in names[: number - 1]:
            yield number, f"name: {table.name!r}: is the name of another program, too"
        yield from ((number, why) for why in (*_wrong_paths(table, folder), *_wrong_columns(table, gateways)))
        made = bool(table.libraries or table.requirements or table.beside)
        if table.venv is not None and (made or table.python):
            yield number, "venv: does not go with libraries, requirements, beside and python: they make an environment"
        elif table.python and not made:
            yield number, "python: goes with libraries, requirements or beside: no environment is made without them"

        if table.clock == "gateway" and table.at is None:
            yield number, "clock: the gateways' begin now, as this machine's does; say another moment with at"


def _wrong_paths(table: ProgramTable, folder: Path) -> Iterator[str]:
    program = folder / table.folder
    if not program.is_dir():
        yield f"folder: {table.folder!r}: there is no such folder"
    if table.requirements is not None and not (folder / table.requirements).is_file():
        yield f"requirements: {table.requirements!r}: there is no such file"
    if table.venv is not None and not (folder / table.venv / "pyvenv.cfg").is_file():
        yield f"venv: {table.venv!r}: is no virtual environment: it has no pyvenv.cfg"
    for path, template in table.files.items():
        if Path(path).is_absolute() or ".." in Path(path).parts:
            yield f"files: {path!r}: is not in the program's folder"
        try:
            read_bytes(program / template, MOST_TYPED).decode()
        except (OSError, InputError, UnicodeDecodeError):
            yield f"files: {template!r}: there is no such text in {table.folder!r}"


def _wrong_columns(table: ProgramTable, gateways: Sequence[GatewaySpec]) -> Iterator[str]:
    names = [gateway.name for gateway in gateways]
    for pattern in table.gateways:
        if not any(fnmatchcase(name, pattern) for name in names):
            yield f"gateways: {pattern!r}: no gateway of the file has such a name{did_you_mean(pattern, names)}"
    if table.today is not None and table.today not in names:
        yield f"today: {table.today!r}: no gateway of the file has that name{did_you_mean(table.today, names)}"
    live = [gateway.name for gateway in _columns(table, gateways) if gateway.live]
    if live:
        yield f"gateways: {', '.join(live)}: is live, and programs are tried with paper gateways only"
    booted = [gateway.name for gateway in _columns(table, gateways) if gateway.kind == "docker"]
    if booted:
        yield f"gateways: {', '.join(booted)}: is started for the cells only; start it yourself, and name its address"
    if not _columns(table, gateways):
        yield "gateways: no ordinary paper gateway is in the file; name the ones that it is to be tried with"


def _columns(table: ProgramTable, gateways: Sequence[GatewaySpec]) -> tuple[GatewaySpec, ...]:
    """Return the gateways that a program is tried with, that of today first.

    Those that are not named are left out if they play a scenario, are live, or are not ours: an address is somebody's.
    """
    taken = [
        gateway
        for gateway in gateways
        if gateway.name == table.today
        or (_hit(table.gateways, gateway.name) if table.gateways else _is_ordinary(gateway))
    ]
    return tuple(sorted(taken, key=lambda gateway: gateway.name != table.today if table.today else False))


def _is_ordinary(gateway: GatewaySpec) -> bool:
    return gateway.ours and gateway.mode == "paper" and gateway.scenario is None and gateway.verdict is None


def _spec(table: ProgramTable, gateways: Sequence[GatewaySpec], file: Path) -> ProgramSpec:
    folder = file.parent
    return ProgramSpec(
        name=table.name,
        matrix=file,
        program=_program(table, (folder / table.folder).resolve()),
        expected=_expected(table),
        columns=_columns(table, gateways),
        libraries=table.libraries,
        requirements=None if table.requirements is None else folder / table.requirements,
        beside=table.beside,
        python=table.python,
        venv=None if table.venv is None else (folder / table.venv).absolute(),
        network=table.network,
        account=table.account,
        seed=table.seed,
        at=table.at,
        day=_day(table.day, folder),
        sees_clock=table.clock == "gateway",
        rules=tuple(_rule(number, each) for number, each in enumerate(table.expect, start=1)),
    )


def _day(day: str | None, folder: Path) -> str | None:
    """Return the name of a day, or the path of its file, if there is such a file beside the matrix file."""
    return str(folder / day) if day is not None and (folder / day).is_file() else day


def _program(table: ProgramTable, folder: Path) -> Program:
    ends = table.ends or EndsTable(exit=(0,))
    until = Until(says=ends.says or "", asked=ends.asked or "") if ends.says or ends.asked else None
    return Program(
        command=table.command,
        folder=folder,
        seconds=table.seconds if ends.after is None else ends.after,
        environment=table.environment,
        own_home=not table.keep_home,
        files=_templates(table.files, folder),
        until=until,
        stop=table.stop,
        observe=table.observe,
    )


def _templates(files: Mapping[str, str], folder: Path) -> dict[str, str]:
    return {path: read_bytes(folder / template, MOST_TYPED).decode() for path, template in files.items()}


def _expected(table: ProgramTable) -> Expected:
    ends = table.ends or EndsTable(exit=(0,))
    return Expected(
        exits=ends.exit or (0,),
        ends=ends.exit is not None,
        done=bool(ends.says or ends.asked),
        says=table.says,
        never_says=table.never_says,
        asks=table.asks,
    )


def _rule(number: int, table: ProgramExpectTable) -> ProgramRule:
    return ProgramRule(
        number=number,
        libraries=table.library,
        gateways=table.gateway,
        findings=table.finding,
        reason=table.reason,
        since=table.since,
        review=table.review,
        link=table.link,
    )


def _hit(patterns: Sequence[str], name: str) -> bool:
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)
