"""Implements ``ib-compat record``: records what a gateway and its clients say, and shows what a recording holds."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from harness.cli import options, screen
from harness.cli.record_files import free, named, new_parts, pack_all, tell
from harness.cli.record_import import import_places
from harness.cli.record_plan import Asked, record_plan
from harness.cli.record_progress import RecordProgress
from harness.recordings.archive import RecordingFile
from harness.recordings.packing import pack, target_of
from harness.recordings.part_file import PART_SUFFIX
from harness.recordings.recording import GatewayRecorded, Head
from harness.recordings.summary import made_by
from harness.run.interruption import Interruption
from harness.run.recording.guard import LIVE, Permits
from harness.run.recording.program_seen import program_at
from harness.run.recording.record import Recorded, Wanted, record, resolved
from harness.run.tap.recorder import now_by_both_clocks
from harness.shared.amounts import counted
from harness.shared.errors import ExitCode, GatewayError, UsageError
from harness.shared.hosts import LOOPBACK, one_form, written
from harness.views.terminal.recording_page import inspected
from harness.views.terminal.style import style_of

_PROXY = re.compile(
    r"(?:(?:\[(?P<v6>[0-9A-Fa-f:.%\w]+)\]|(?P<host>[^:\[\]\s]+)):)?(?P<port>[0-9]{1,5}):(?P<listen>[0-9]{1,5})"
)
_PORTS = range(1, 65_536)
_OF_A_PLAN = ("libraries", "pythons", "checks", "matrix")
_EPILOG = """\b
Examples:
  ib-compat record --gateway 4002 monday.ibrec
                      connects the newest libraries, and asks all checks
  ib-compat record --gateway 4002 --library 'ib_async==2.*' --check positions monday.ibrec
  ib-compat record --matrix mine.toml --gateway gateway-10.45-paper monday.ibrec
                      a gateway of a matrix file, also one in a container
  ib-compat record --proxy 4002:4102 monday.ibrec
                      your programs connect to 4102 instead of 4002; Ctrl-C ends it
  ib-compat record --proxy 192.168.1.5:4002:4102 monday.ibrec
                      a gateway on another machine; it must trust this one
  ib-compat record --proxy 4002:4102 monday.ibrec -- python my_program.py
                      ends with the program, whose failure is exit code 1
  ib-compat record --import monday.pcap monday.ibrec
                      what you already have: a capture, or the folder of a run
  ib-compat record --inspect monday.ibrec | less

\b
Exit codes:
  0  recorded, or shown
  1  recorded, but not all: a library never got in, or the program failed
  2  wrong use
  3  nothing was recorded, or a file cannot be written or read
  130  interrupted: with --gateway, before all checks were asked
"""


class _Proxy(click.ParamType[tuple[str, int, int]]):
    """A gateway's port, with its host before it or not, and where to listen."""

    name = "proxy"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int, int]:
        """Return host and port of the gateway, and the port to listen at."""
        match = _PROXY.fullmatch(str(value).strip())
        port, listen = (0, 0) if match is None else (int(match["port"]), int(match["listen"]))
        if match is None or port not in _PORTS or listen not in (0, *_PORTS):
            self.fail(f"{value!r} is not GATEWAY:LISTEN, such as 4002:4102 or 192.168.1.5:4002:4102.", param, ctx)
        host = match["v6"] or match["host"] or LOOPBACK
        if one_form(host) == LOOPBACK and port == listen:
            self.fail(f"{value!r}: the gateway is at {port}; listen at another port, as in 4002:4102.", param, ctx)
        return host, port, listen


@click.command(epilog=_EPILOG)
@click.argument("file", type=click.Path(path_type=Path), required=False, metavar="[NAME.ibrec]")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
@click.option(
    "--gateway",
    metavar="GATEWAY",
    help="Ask a running gateway all checks: its port, HOST:PORT, or the name of one in the matrix file.",
)
@click.option(
    "--proxy",
    type=_Proxy(),
    metavar="GATEWAY:LISTEN",
    help="Stand between a running gateway and its clients: the gateway's port or HOST:PORT, then the port to listen at"
    " on this machine; 0 takes a free one.",
)
@click.option(
    "--inspect",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Say in words all that a recording holds.",
)
@click.option(
    "--finish",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help=f"Pack NAME{PART_SUFFIX}, which a recording that could not end left behind.",
)
@click.option(
    "--import",
    "imports",
    is_flag=True,
    help="Make a recording of what you already have: captures (pcap, pcapng), wire.jsonl of cells, folders of runs."
    " Name them, and last the recording.",
)
@click.option(
    "--port", type=click.IntRange(1, 65_535), help="With --import: the gateway's port in captures. [default: any]"
)
@click.option("--allow-live", is_flag=True, help="Also record live accounts. Orders never pass to those.")
@click.option("--orders", is_flag=True, help="Let clients place, change and cancel orders, if all accounts are paper.")
@click.option(
    "--library",
    "libraries",
    multiple=True,
    metavar="GLOB",
    help="With --gateway: connect this library, such as 'ib_async==2.*'. [default: the newest ibapi and ib_async]",
)
@click.option("--python", "pythons", multiple=True, metavar="GLOB", help="With --gateway: on this Python.")
@click.option(
    "--check", "checks", multiple=True, metavar="CHECK", help="With --gateway: ask only this check. [default: all]"
)
@options.matrix
@options.environments
@options.build
@click.option(
    "--keep-raw",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also keep what is not cleaned, for yourself alone (mode 0600).",
)
def command(
    *,
    file: Path | None,
    command: tuple[str, ...],
    gateway: str | None,
    proxy: tuple[str, int, int] | None,
    inspect: Path | None,
    finish: Path | None,
    imports: bool,
    port: int | None,
    allow_live: bool,
    orders: bool,
    keep_raw: Path | None,
    **plan: Any,
) -> int:
    """Record what a gateway and its clients say to each other in NAME.ibrec, without anything personal.

    Account numbers, names and amounts are replaced before anything is written. Requests that change something are
    answered as by a Gateway whose API is read-only, unless --orders is given and all accounts are paper.
    """
    kinds = (gateway, proxy, inspect, finish, imports or None)
    if sum(each is not None for each in kinds) != 1:
        hint = "`ib-compat record --help` has examples."
        raise UsageError("say one of --gateway, --proxy, --import, --inspect and --finish", hint=hint)
    _refuse_what_is_for_others(plan, gateway, None if imports else port)
    if inspect is not None:
        return _inspect(inspect)
    if finish is not None:
        return _finish(finish)
    raw = None if keep_raw is None else named(keep_raw)
    if imports:
        return _import([*([] if file is None else [file]), *map(Path, command)], raw, port)
    permits = Permits(live=allow_live, orders=orders)
    if gateway is not None:
        asked = Asked(gateway=gateway, **plan)
        return record_plan(_file(file, "--gateway 4002", command), raw, permits, asked)
    assert proxy is not None  # noqa: S101 - it is one of these
    return _record(proxy, _file(file, "--proxy 4002:4102"), raw, permits, command)


def _refuse_what_is_for_others(plan: Mapping[str, Any], gateway: str | None, port: int | None) -> None:
    if port is not None:
        raise UsageError("--port is for --import", hint="The port to listen at is the second one of --proxy.")
    if gateway is None and any(plan[name] for name in _OF_A_PLAN):
        hint = "With --proxy, programs of yours ask: name one after --."
        raise UsageError("--library, --python, --check and --matrix are for --gateway", hint=hint)


def _file(file: Path | None, example: str, command: tuple[str, ...] = ()) -> Path:
    if file is None:
        raise UsageError("the file is missing", hint=f"Name it last, as in `ib-compat record {example} my.ibrec`.")
    if command:
        hint = "Name one file. A program of yours is recorded with --proxy."
        raise UsageError(f"{' '.join(command)}: is one word too many", hint=hint)
    return named(file)


def _inspect(file: Path) -> int:
    if file.name.endswith(PART_SUFFIX):
        raise UsageError(
            f"{file}: is not finished", hint=f"`ib-compat record --finish {file}` makes a recording of it."
        )
    with RecordingFile(file) as opened:
        for line in inspected(opened, style_of(sys.stdout)):
            click.echo(line)
    return ExitCode.AS_EXPECTED


def _finish(part: Path) -> int:
    target = free(target_of(part))
    tell(target, pack(part, target))
    return ExitCode.AS_EXPECTED


def _import(words: Sequence[Path], raw: Path | None, port: int | None) -> int:
    *places, name = words or [Path()]
    if not places:
        hint = "Name what to import, and last the recording: `ib-compat record --import some.pcap my.ibrec`."
        raise UsageError("a file is missing", hint=hint)
    target = named(name)
    part, raw_part = new_parts(target, raw)
    imported = import_places(places, part, raw_part, port=port)
    pack_all([(part, target)] + ([] if raw is None or raw_part is None else [(raw_part, raw)]), imported.omitted)
    if imported.others:
        others = counted(imported.others, "other connection")
        click.echo(f"{others} in the captures did not begin with a hello: of other programs, or open before.", err=True)
    return ExitCode.AS_EXPECTED


def _record(
    proxy: tuple[str, int, int], file: Path, raw: Path | None, permits: Permits, command: tuple[str, ...]
) -> int:
    host, port, listen = proxy
    part, raw_part = new_parts(file, raw)
    gateway = asyncio.run(resolved(host, port))
    began, moment = now_by_both_clocks()
    known = GatewayRecorded(program=program_at(*gateway))
    wanted = Wanted(
        gateway=gateway,
        port=listen,
        part=part,
        raw=raw_part,
        head=Head(made_by=made_by(), began=moment, cleaned=True, gateway=known),
        began=began,
        permits=permits,
        command=command,
    )
    until = f"ends with {command[0]}" if command else "Ctrl-C ends it"
    progress = RecordProgress(sys.stderr, gateway, screen.width(), until)
    with Interruption() as interruption:
        try:
            recorded = asyncio.run(record(wanted, interruption, progress.tell))
        finally:
            progress.end()
        return _kept(wanted, recorded, file, raw)


def _kept(wanted: Wanted, recorded: Recorded, file: Path, raw: Path | None) -> int:
    """Pack what was recorded, and say what it is.

    Raises:
        GatewayError: nothing was recorded.
        UnwritableError: not all could be kept.
    """
    pairs = [(wanted.part, file)] + ([] if wanted.raw is None or raw is None else [(wanted.raw, raw)])
    if recorded.counts.clients == recorded.counts.live and recorded.failed is None:
        for part, _ in pairs:
            part.unlink(missing_ok=True)
        raise _nothing(wanted, recorded)
    pack_all(pairs, recorded.why)
    if recorded.failed is not None:
        raise recorded.failed
    if recorded.exit_code:
        click.echo(f"{wanted.command[0]} ended with exit code {recorded.exit_code}", err=True)
        return ExitCode.INCOMPATIBLE
    return ExitCode.AS_EXPECTED


def _nothing(wanted: Wanted, recorded: Recorded) -> GatewayError:
    if recorded.counts.live:
        hint = "With --allow-live it is recorded, too; orders never pass to it."
        return GatewayError(f"{written(*wanted.gateway)}: {LIVE}; nothing was recorded", hint=hint)
    if recorded.counts.refused:
        hint = "Is the gateway there? `ib-compat doctor` says why nothing connects."
        return GatewayError(f"{written(*wanted.gateway)}: took no connection; nothing was recorded", hint=hint)
    hint = f"Programs must connect to port {wanted.port} of this machine instead of the gateway's."
    return GatewayError("no client connected; nothing was recorded", hint=hint)
