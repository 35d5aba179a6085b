"""Starts the program: maps command names to their modules, and errors to messages and exit codes.

A command's module is imported only when it is called: validation, drawing and protocol would make ``--help`` slow. An
unexpected error becomes a sentence, a place in the code, and the exit code for an error of ours.
"""

from __future__ import annotations

import atexit
import errno
import gc
import importlib
import io
import logging
import os
import sys
import traceback
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli import streams
from harness.shared import garbage, secrets_taken
from harness.shared.errors import ExitCode, IbCompatError
from harness.views.terminal import ci_log

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_COMMANDS = {
    "run": "Run a matrix: every library version against every gateway.",
    "build": "Build the environments of the rows, without running anything.",
    "plan": "Show the cells that a run would run, and why others are absent.",
    "doctor": "Check a Gateway or TWS without any library, and say what is wrong.",
    "why": "Explain a cell: whether it is planned, what is expected, the latest result.",
    "show": "Show the evidence on a cell: checks, versions, callbacks, log.",
    "diff": "Show how the transcripts of two cells differ.",
    "report": "Draw the grid of a run again.",
    "page": "Write the page of a run again: one file for a browser.",
    "compare": "Compare two runs, cell by cell.",
    "history": "Show how a cell, row or gateway did in all runs, and what is flaky.",
    "upgrade": "Say whether a Gateway or TWS is safe to upgrade, for each library that you use.",
    "pins": "Write version pins for pip and uv, each with its proof.",
    "bisect": "Find the first version of a library or gateway that fails.",
    "changes": "Say what changes for your code between two versions of a library.",
    "uses": "Say what of a library's API your code uses, and what is known of that.",
    "migrate": "Move a program from ib_insync to ib_async, and prove it by running both.",
    "versions": "List versions in the package index that the matrix lacks, and withdrawn ones.",
    "export": "Export a run as JUnit XML, CTRF, Markdown or a badge.",
    "merge": "Merge the parts of a run that --shard split.",
    "bundle": "Pack an archive for support, without account numbers.",
    "prune": "Remove the evidence of old runs.",
    "clean": "Remove containers that runs left behind.",
    "simulate": "Simulate a Gateway or TWS that any client can connect to.",
    "tap": "Say what your programs ask of a gateway that runs, and what comes of it.",
    "try": "Run your program at two simulated Gateways, and say whether it does the same.",
    "record": "Record what a Gateway and its clients say, without anything personal.",
    "checks": "List the checks: what each proves, needs, and how long it may take.",
    "profiles": "List the gateways that can be simulated.",
    "scenarios": "List the faults and differences that can be simulated.",
    "days": "List what can happen to a simulated gateway in a day, and when.",
    "verify": "Say where the simulator answers otherwise than a recorded Gateway.",
    "schema": "Print the JSON Schema of results.json, or of a recording.",
}

_MODULES = {"try": "try_program"}
"""Commands whose module has another name, because Python has theirs."""

_EPILOG = """\b
Examples:
  nox -s matrix                                    run everything
  ib-compat run --library 'ib_async*'              some rows
  ib-compat run --gateway '*-10.45-*'              some columns
  ib-compat plan --matrix mine.toml                what a matrix file asks
  ib-compat why "ib_async==2.1.0/*/tws-10.45-*"    one cell: plan, expectations, result
  ib-compat report                                 the latest grid again
  ib-compat changes ib_async==1.0.3 ib_async==2.1.0
                                                   what changes for your code?
  ib-compat doctor 127.0.0.1:4002                  why does nothing connect, and who is at fault?
  ib-compat simulate --gateway 10.45 --port 4002   something to connect to

\b
Exit codes:
  0  every cell is as expected
  1  a cell is red, or passes, although nobody expected it
  2  wrong use
  3  the harness or a gateway failed
  130  interrupted
"""


class _Commands(click.Group):
    """A group whose commands are modules of this package."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order in which people meet them."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        with garbage.not_looked_for():  # modules stay
            module = importlib.import_module(f"harness.cli.{_MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list without importing anything."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG,
)
@click.version_option(package_name="ib-compat")
def app() -> None:
    """Which Interactive Brokers library, on which Python, works against which IB Gateway or TWS."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program.

    Args:
        arguments: the words after the program's name [default: the process's own]

    Every error is a message and a hint on standard error, never a traceback. An unexpected error is ours.

    Returns:
        The exit code, one of ``harness.shared.errors.ExitCode``.
    """
    streams.hold_places()
    if arguments is None:
        secrets_taken.take()
        atexit.register(gc.freeze)  # all ends with the process; to look through it first takes a tenth of a command
    try:
        with ci_log.guarded(), _asyncio_errors() as lost:
            _write_anything()
            code = _run(arguments)
            if lost and code in {ExitCode.AS_EXPECTED, ExitCode.INCOMPATIBLE}:
                return _say(*told(lost[0]), ExitCode.HARNESS_FAILED)
            return code
    finally:
        streams.let_go()


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = app.main(arguments, prog_name="ib-compat", standalone_mode=False)
    except IbCompatError as error:
        return _say(str(error), error.hint, error.exit_code)
    except click.ClickException as error:
        error.show()
        return ExitCode.WRONG_USE
    except (click.Abort, KeyboardInterrupt):
        return _say("interrupted", "", ExitCode.INTERRUPTED)
    except SystemExit:  # click ends like this if nobody reads standard output any more
        return _say("standard output was closed before all was written", "", ExitCode.HARNESS_FAILED)
    except Exception as error:  # noqa: BLE001 - 1, which Python would end with, says that something is incompatible
        return _say(*told(error), ExitCode.HARNESS_FAILED)
    return code if isinstance(code, int) else ExitCode.AS_EXPECTED


def _say(message: str, hint: str, code: ExitCode) -> int:
    with suppress(OSError, ValueError):  # its reader may be gone
        click.echo(f"ib-compat: {message}", err=True)
        if hint:
            click.echo(hint, err=True)
    return code


def _write_anything() -> None:
    """Let the streams replace characters that their encoding lacks, because reasons quote libraries and gateways."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


class _Lost(logging.Handler):
    """Keeps the first error that asyncio caught because nobody waited for it; it is ours, and must not be lost.

    If the system has no more files to open, the code that opens one reports it, and asyncio's repetitions are ignored.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[Exception] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Look at what asyncio would log."""
        error = record.exc_info[1] if record.exc_info else None
        no_more_files = isinstance(error, OSError) and error.errno in {errno.EMFILE, errno.ENFILE}
        if isinstance(error, Exception) and not no_more_files and not self.errors:
            self.errors.append(error)


@contextmanager
def _asyncio_errors() -> Iterator[list[Exception]]:
    """Yield the list of such errors; they are not written as tracebacks. A log, as of ``simulate``, has them all."""
    handler, log = _Lost(), logging.getLogger("asyncio")
    log.addHandler(handler)
    try:
        yield handler.errors
    finally:
        log.removeHandler(handler)


TRACEBACK = "IB_COMPAT_TRACEBACK"
"""Environment variable: with any value, the whole traceback is shown, too."""

_OURS = Path(__file__).parents[2]


def told(error: Exception) -> tuple[str, str]:
    """Return the message and the hint of an error, for a person."""
    message, hint = _told(error)
    if os.environ.get(TRACEBACK):
        hint = "\n".join(filter(None, ("".join(traceback.format_exception(error)).rstrip(), hint)))
    return message, hint


def _told(error: Exception) -> tuple[str, str]:
    match error:
        case MemoryError():
            return "there was no memory left", "Give it more, or ask for less at once."
        case OSError(strerror=str(why)):
            return (f"{error.filename}: {why}" if error.filename is not None else f"the system says: {why}"), ""
        case _:
            words = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            hint = f"Please report it; {TRACEBACK}=1 shows where it comes from."
            return f"this is an error of ib-compat's own: {words}{_place(error)}", hint


def _place(error: Exception) -> str:
    """Return the innermost place in our code from which an error came."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(_OURS)]
    if not ours:
        return ""
    return f" ({Path(ours[-1].filename).relative_to(_OURS).as_posix()}, line {ours[-1].lineno})"
