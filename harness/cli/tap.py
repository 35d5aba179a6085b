"""Implements ``ib-compat tap``: what programs ask of a gateway that runs, and what comes of it."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING

import click

from harness.cli import options, screen
from harness.doctor.subject import at_address
from harness.run.interruption import Interruption
from harness.run.programs.tapping import Heard, Wanted, tap
from harness.run.recording.guard import LIVE, Permits
from harness.run.recording.record import resolved
from harness.shared.errors import ExitCode, GatewayError, IbCompatError, UsageError
from harness.shared.hosts import LOOPBACK, is_loopback, one_form, written
from harness.views.terminal.asked_page import asked_document, asked_lines
from harness.views.terminal.style import printable

if TYPE_CHECKING:
    from harness.programs.asked import Asked
    from harness.run.programs.places import Address

_LISTEN = re.compile(r"(?:(?:\[(?P<v6>[0-9A-Fa-f:]+)\]|(?P<host>[0-9.]+)):)?(?P<port>[0-9]{1,5})")
_HIGHEST_PORT = 65_535
_EPILOG = """\b
Examples:
  ib-compat tap --to 4002 -- python my_program.py --port {port}
                      what does it ask of my Gateway, and what comes of it?
  ib-compat tap --to 4002 --trace -- node my_program.js
                      any language; each message in words while it happens
  ib-compat tap --to 192.168.1.5:4002 --listen 4102
                      your programs connect to 4102; Ctrl-C ends it
  ib-compat tap --to 4002 --listen 127.0.0.2:4002 -- python my_program.py
                      for a program that tells paper from live by the port (Linux, Windows)
  ib-compat tap --to 4002 --orders -- python my_program.py
                      orders pass if all accounts are paper
  ib-compat tap --to 4002 --json -- python my_program.py > asked.json

\b
Exit codes:
  that of COMMAND, also if it failed before it asked; without one, 0
  2  wrong use
  3  COMMAND ended with 0 and did not get as far as asking, nobody did, or nobody can listen there
"""


class _Listen(click.ParamType[tuple[str, int]]):
    """A port, with an address of this machine's loopback before it or not."""

    name = "listen"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        """Return the host, empty if none was named, and the port."""
        match = _LISTEN.fullmatch(str(value).strip())
        host = "" if match is None else match["v6"] or match["host"] or ""
        if match is None or int(match["port"]) > _HIGHEST_PORT or (host and not is_loopback(host)):
            self.fail(f"{value!r} is no port of this machine, such as 4102 or 127.0.0.2:4002.", param, ctx)
        return host, int(match["port"])


@click.command(epilog=_EPILOG)
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
@click.option(
    "--to", "gateway", required=True, metavar="[HOST:]PORT", help="The gateway: a real one, or any other that runs."
)
@click.option(
    "--listen",
    type=_Listen(),
    default="0",
    metavar="[HOST:]PORT",
    help="Where programs connect, on this machine only. [default: a free port]",
)
@click.option(
    "--client-id", type=click.IntRange(0), default=1, show_default=True, help="What stands for {client_id} in COMMAND."
)
@click.option("--allow-live", is_flag=True, help="Let programs use live accounts, for reading. Orders never pass.")
@click.option("--orders", is_flag=True, help="Let programs place, change and cancel orders, if all accounts are paper.")
@click.option("--trace", is_flag=True, help="Say every message in words while it happens.")
@options.as_json
def command(
    *,
    command: tuple[str, ...],
    gateway: str,
    listen: tuple[str, int],
    client_id: int,
    allow_live: bool,
    orders: bool,
    trace: bool,
    as_json: bool,
) -> int:
    """Stand in front of a gateway that runs, and say what programs ask of it, and what comes of each request.

    COMMAND runs in your terminal, folder and environment: {host}, {port} and {client_id} in it are filled in, and
    variables such as IB_HOST and IB_PORT are set. Requests that change something are answered as by a Gateway whose API
    is read-only, unless --orders is given and all accounts are paper. Account numbers are masked. Nothing is kept.
    """
    there = at_address(gateway)
    if there.host.isdecimal():  # as `record --proxy` has it
        raise UsageError(f"--to {gateway}: is no address", hint=f"For example --to {there.host} --listen {there.port}.")
    host, port = listen
    if port == there.port and one_form(host or LOOPBACK) == one_form(there.host):
        raise UsageError(f"--listen {port}: the gateway is there", hint="Listen at another port; 0 takes a free one.")
    wanted = Wanted(
        gateway=asyncio.run(resolved(there.host, there.port)),
        host=host,
        port=port,
        client_id=client_id,
        permits=Permits(live=allow_live, orders=orders),
        command=command,
        aside=as_json,
    )
    heard = Heard(_say, _say if trace else None)
    with Interruption() as interruption:
        code = asyncio.run(tap(wanted, heard, interruption, lambda address: _say(_first_line(wanted, address))))
        asked = heard.overheard.asked()
        if as_json:
            document = {**asked_document(asked), "exit_code": code}
            click.echo(json.dumps(heard.whole(document), indent=2))
        else:
            for line in asked_lines(asked, screen.width()):
                _say(heard.mask(line))
        return _exit_code(code, _why_nothing(asked, wanted))


def _say(text: str) -> None:
    click.echo(printable(text), err=True)


def _first_line(wanted: Wanted, address: Address) -> str:
    until = f"it ends with {wanted.command[0]}" if wanted.command else "Ctrl-C ends it"
    orders = "pass at paper accounts" if wanted.permits.orders else "do not pass"
    here, there = written(address.host, address.port), written(*wanted.gateway)
    return f"tap: clients connect to {here}, the gateway is {there}; orders {orders}; {until}"


def _exit_code(code: int | None, nothing: IbCompatError | None) -> int:
    """Return the exit code of the command, if it failed or asked.

    Raises:
        GatewayError: nobody got as far as asking.
    """
    if nothing is None:
        return code or ExitCode.AS_EXPECTED
    if not code:
        raise nothing
    _say(f"ib-compat: {nothing}")
    _say(nothing.hint)
    return code


def _why_nothing(asked: Asked, wanted: Wanted) -> GatewayError | None:
    """Return why nobody got as far as asking; ``None`` if somebody did."""
    if asked.made_contact:
        return None
    there, who = written(*wanted.gateway), wanted.command[0] if wanted.command else "nobody"
    doctor = f"`ib-compat doctor {there}` says why nothing connects."
    reasons = [each.held_back for each in asked.connections if each.held_back]
    if reasons:
        hint = "With --allow-live programs may read of it; orders never pass." if reasons[0] == LIVE else doctor
        return GatewayError(f"{there}: {reasons[0]}", hint=hint)
    if asked.refused:
        return GatewayError(f"{there}: takes no connection", hint=doctor)
    if asked.connections:
        return GatewayError(f"{there}: told nobody all that a client needs to begin", hint=doctor)
    hint = "In COMMAND {host}, {port} and {client_id} are filled in; IB_HOST and IB_PORT are set."
    return GatewayError(f"{who} did not ask: no client connected", hint=hint)
