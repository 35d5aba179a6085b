"""The machine's limits: few files, a full disk, nowhere to write. Each ends with 3 and a sentence, never with 1."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.cli import main
from tests.attacks.attacks import nothing
from tests.attacks.kept import CELL, COMMANDS, RUN, keep
from tests.commands import environment, ib_compat, program

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.conftest import Maker

ANSWERS = ("report", "show", "compare", "history", "upgrade", "pins", "why", "markdown", "junit")
FEW = (5, 8, 12, 16, 24)
"""Open files that a process may have: too few to begin, to import, to read."""


@pytest.fixture(autouse=True)
def run(make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("harness.cli.bundle._look", nothing)
    return keep(make)


def called(words: Sequence[str], *, before: str) -> subprocess.CompletedProcess[str]:
    """Call the program in a process of its own, after a word to its shell."""
    command = ("/bin/sh", "-c", f'{before} exec "$@"', "sh", *program(*words))
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("command", ANSWERS)
def test_output_that_cannot_be_written_is_a_failure(command: str) -> None:
    with Path("/dev/full").open("wb") as full:
        words, told = ib_compat(*COMMANDS[command]), environment()
        ran = subprocess.run(words, env=told, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=120)
    assert (ran.returncode, "Traceback" in ran.stderr) == (3, False)
    assert "No space left on device" in ran.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize("few", FEW)
def test_few_open_files_end_with_a_sentence(few: int) -> None:
    ran = called(COMMANDS["report"], before=f"ulimit -n {few};")
    assert ran.returncode in {0, 3}, ran.stderr
    assert ran.returncode == 0 or ran.stderr.startswith("ib-compat: ")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_few_open_files_while_a_gateway_is_asked_are_told_without_a_traceback() -> None:
    ran = called(("doctor", "--simulate", "silent", "--json"), before="ulimit -n 12;")
    assert ran.returncode in {0, 3}, ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a pipe in another way")
def test_a_reader_that_leaves_is_no_incompatibility() -> None:
    """The reader is gone before anything is written: it is a process that has ended."""
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run(program("schema"), stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=120)
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (3, "ib-compat: standard output was closed before all was written\n")


@contextmanager
def disk(place: Path, options: str) -> Iterator[None]:
    """Make a folder a small disk."""
    place.mkdir()
    words = ("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place))
    if sys.platform != "linux" or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("only root may make a small disk, on a Linux that allows it")
    try:
        yield
    finally:
        subprocess.run(("umount", str(place)), check=True)


WRITES = (
    ("export", "--format", "junit", "--output", "small/it.xml"),
    ("merge", f"results/{RUN}", "--results", "small"),
    ("show", CELL, "--pcap", "small/it.pcap"),
    ("pins", "--gateway", "gateway-10.45-paper", "--python", "3.10", "--matrix", "mine.toml", "--output", "small/it"),
    ("bundle", "--output", "small/it.zip"),
)


@pytest.mark.parametrize("words", WRITES, ids=lambda each: each[0])
@pytest.mark.parametrize(
    ("options", "says"), [("size=16k", "No space left on device"), ("ro", "Read-only file system")]
)
def test_a_disk_that_takes_nothing_is_a_failure(
    words: tuple[str, ...], options: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with disk(tmp_path / "small", options):
        for number in range(100 if options != "ro" else 0):
            with suppress(OSError):  # it is full then
                (tmp_path / "small" / str(number)).write_bytes(b"x" * 4096)
        assert main(words) == 3
    out, err = capsys.readouterr()
    assert f"cannot be written: {says}" in err
    assert "merge" not in words or "1 cell in" in out
