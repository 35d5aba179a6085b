"""A command that tests fork from a process that waits does what one does that starts as usual."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.commands import environment, ib_compat, program

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="commands are forked on Linux alone"),
]


def ended(words: list[str], folder: Path, **more: str) -> tuple[int, str, str]:
    """Give exit code, standard output and standard error."""
    given = {**environment(), **more}
    done = subprocess.run(words, cwd=folder, env=given, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("--help", 0),
        ("no-such-command", 2),
        ("plan --matrix mine.toml", 2),
        ("profiles", 0),
        ("why nothing-of-the-kind", 2),
    ],
)
def test_it_says_the_same_and_ends_the_same(words: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[[library]]\nadapter = 'none'\n", "utf-8")
    usual = ended(program(*words.split()), tmp_path, COLUMNS="60")
    assert usual[0] == code
    assert ended(ib_compat(*words.split()), tmp_path, COLUMNS="60") == usual


def test_a_closed_standard_file_is_closed_for_the_command(tmp_path: Path) -> None:
    closing = ["sh", "-c", 'exec "$@" >&-', "sh"]
    assert ended([*closing, *ib_compat("profiles")], tmp_path) == ended([*closing, *program("profiles")], tmp_path)


def test_what_python_reads_at_its_start_is_heeded(tmp_path: Path) -> None:
    _, _, err = ended(ib_compat("--version"), tmp_path, PYTHONVERBOSE="1")
    assert "import 'harness.cli.app'" in err


@contextmanager
def simulating() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Give a simulated gateway that is forked, and its port."""
    words = ib_compat("simulate", "--port", "0")
    with subprocess.Popen(words, env=environment(), stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            found = re.search(r"listens on 127\.0\.0\.1:(\d+)", process.stderr.readline())
            assert found
            yield process, int(found[1])
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_signals_end_it_as_they_end_any_command(sent: signal.Signals, code: int) -> None:
    with simulating() as (process, port):
        process.send_signal(sent)
        assert process.wait() == code
        assert process.stderr is not None
        process.stderr.read()  # until the command has closed its end, too
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))


@pytest.mark.parametrize("said", [b"", b"\0\0", b"\0\0\0\x09{"])
def test_a_command_that_is_killed_before_it_began_ends_no_other(said: bytes, tmp_path: Path) -> None:
    *_, server, _ = ib_compat("profiles")
    with simulating() as (process, port):
        with socket.socket(socket.AF_UNIX) as killed:
            killed.connect(server)
            killed.sendall(said)
        assert ended(ib_compat("profiles"), tmp_path)[0] == 0
        socket.create_connection(("127.0.0.1", port)).close()
        assert process.poll() is None
