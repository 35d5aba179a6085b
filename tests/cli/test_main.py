"""The program as a whole: help, errors and exit codes."""

from __future__ import annotations

import asyncio
import errno
import subprocess
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import click
import pytest

from harness.cli import app, main
from harness.shared.errors import ExitCode, GatewayError, IbCompatError, ResultsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

COMMANDS = ["run", "build", "plan", "doctor", "why", "show", "diff", "report", "page", "compare", "history"]
COMMANDS += ["upgrade", "pins", "bisect", "changes", "uses", "migrate", "versions", "export", "merge"]
COMMANDS += [
    "bundle",
    "prune",
    "clean",
    "simulate",
    "tap",
    "try",
    "record",
    "checks",
    "profiles",
    "scenarios",
    "days",
    "verify",
    "schema",
]


def failing(error: BaseException) -> Callable[..., int]:
    def fail(*_arguments: object, **_options: object) -> int:
        raise error

    return fail


def test_help_shows_every_command_with_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == ExitCode.AS_EXPECTED

    text = capsys.readouterr().out
    assert all(f"  {command} " in text for command in COMMANDS)
    assert "ib-compat simulate --gateway 10.45 --port 4002" in text
    assert "130  interrupted" in text


def test_shells_can_complete_the_commands() -> None:
    context = click.Context(app.app)

    assert [item.value for item in app.app.shell_complete(context, "")] == COMMANDS
    assert app.app.get_command(context, "rnu") is None


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == ExitCode.AS_EXPECTED

    said = capsys.readouterr().out
    assert said.startswith(f"Usage: ib-compat {command}")
    assert "\\b" not in said, "a mark for the layout is shown as text"


def test_help_is_quick_since_it_imports_little() -> None:
    heavy = ("pydantic", "rich", "google", "tabulate", "packaging", "asyncio")
    program = (
        "import sys\n"
        "from harness.cli import main\n"
        "main(['--help'])\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)\n"
    )

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ran.stderr.strip() == "[]"


def test_the_module_is_the_program() -> None:
    ran = subprocess.run([sys.executable, "-m", "harness", "--version"], capture_output=True, text=True, check=True)

    assert version("ib-compat") in ran.stdout


@pytest.mark.parametrize(
    "arguments",
    [["rnu"], ["--zork"], ["run", "--zork"], ["run", "--concurrency", "0"], ["simulate", "--port", "70000"], []],
)
def test_wrong_use_ends_with_2_and_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == ExitCode.WRONG_USE

    assert "Usage: ib-compat" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("it is wrong", hint="Do this."), 2),
        (ResultsError("it is wrong", hint="Do this."), 2),
        (GatewayError("it is wrong", hint="Do this."), 3),
        (IbCompatError("it is wrong", hint="Do this."), 3),
    ],
)
def test_errors_are_a_message_and_a_hint(
    error: IbCompatError, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(app.app, "main", failing(error))

    assert main(["run"]) == code
    assert capsys.readouterr().err == "ib-compat: it is wrong\nDo this.\n"


def test_an_error_without_a_hint_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(app.app, "main", failing(UsageError("it is wrong")))

    main(["run"])

    assert capsys.readouterr().err == "ib-compat: it is wrong\n"


def test_an_interruption_ends_with_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(app.app, "main", failing(KeyboardInterrupt()))

    assert main(["run"]) == ExitCode.INTERRUPTED
    assert capsys.readouterr().err == "ib-compat: interrupted\n"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ZeroDivisionError(), "this is an error of ib-compat's own: ZeroDivisionError (tests/cli/test_main.py, line "),
        (MemoryError(), "there was no memory left"),
        (RecursionError("too deep"), "this is an error of ib-compat's own: RecursionError: too deep"),
        (OSError(errno.EMFILE, "Too many open files", "x.json"), "x.json: Too many open files"),
        (OSError(errno.ENOSPC, "No space left on device"), "the system says: No space left on device"),
    ],
)
def test_a_failure_of_ours_ends_with_3_and_a_sentence(
    error: Exception, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(app.app, "main", failing(error))

    assert main(["run"]) == ExitCode.HARNESS_FAILED
    assert capsys.readouterr().err.startswith(f"ib-compat: {says}")


def test_a_mistake_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(app.app, "main", failing(ZeroDivisionError()))
    monkeypatch.setenv("IB_COMPAT_TRACEBACK", "1")

    assert main(["run"]) == ExitCode.HARNESS_FAILED
    assert "Traceback (most recent call last):" in capsys.readouterr().err


def test_output_in_another_encoding_does_not_break() -> None:
    program = (
        "import sys\nfrom harness.cli import app, main\nimport click\n"
        "app.app.main = lambda *a, **k: click.echo('\\u2713 \\u03a9')\nsys.exit(main([]))\n"
    )

    ran = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", program],
        capture_output=True,
        check=False,
        env={"PYTHONIOENCODING": "cp1252", "PYTHONCOERCECLOCALE": "0"},
    )

    assert (ran.returncode, ran.stdout.split()) == (0, [b"?", b"?"])


@pytest.mark.parametrize(
    ("lost", "code"),
    [
        pytest.param(KeyError("ours"), ExitCode.HARNESS_FAILED, id="an error of ours"),
        pytest.param(OSError(errno.EMFILE, "Too many open files"), ExitCode.AS_EXPECTED, id="said elsewhere"),
    ],
)
def test_an_error_that_nobody_waits_for_does_not_vanish(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lost: Exception, code: ExitCode
) -> None:
    def loses() -> None:
        raise lost

    async def command() -> None:
        asyncio.get_running_loop().call_soon(loses)
        await asyncio.sleep(0)

    monkeypatch.setattr(app.app, "main", lambda *_arguments, **_options: asyncio.run(command()))
    assert main(["schema"]) == code
    said = capsys.readouterr().err
    assert ("KeyError" in said) == (code is ExitCode.HARNESS_FAILED)
    assert "Traceback" not in said


def test_who_looks_at_real_gateways_does_not_load_the_simulator() -> None:
    """It takes four MiB of the 64 that a look or a run may take at a server that sends without end."""
    loaded = (
        "import harness.cli.doctor, harness.cli.run, sys; print('harness.gateways.simulator.server' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


OWN_PROCESS = """
import atexit, gc, sys
atexit.register(lambda: print(gc.get_freeze_count() > 10_000))  # what is registered later goes first
from harness.cli import main
looks = []
gc.callbacks.append(lambda _, about: looks.append(about["generation"]))
sys.argv = ["ib-compat", "doctor", "--help"]
main()
print(max(looks, default=0) < 2, gc.isenabled())
"""


def test_what_a_command_imports_is_not_looked_through_for_garbage() -> None:
    """Neither while it comes nor as the program ends: it stays."""
    done = subprocess.run([sys.executable, "-c", OWN_PROCESS], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-3:] == ["True"] * 3
