"""One run of a small matrix that somebody attacks, and what became of it: what it had told of, and what it left."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import psutil

from campaigns.targets import ROOT
from harness.results.journal import read_journal
from harness.results.results_files import read_left
from harness.results.results_json import json_text
from harness.results.results_model import Results
from harness.results.run_folder import run_folders
from harness.shared.errors import IbCompatError
from harness.shared.status import Status

MARK = "IB_COMPAT_CAMPAIGN"
"""A variable by which every process that comes of a trial is known."""

MATRIX = """
[defaults]
checks = ["tcp", "version", "ready", "current_time", "account_summary", "positions", "contract_details", "close"]
concurrency = 3

[[library]]
adapter = "ib_async"
versions = ["2.1.0"]

[[library]]
adapter = "ibapi"
versions = ["9.81.1.post1"]
"""

GATEWAY = '[[gateway]]\nproduct = "{product}"\nversion = "{version}"\nkind = "simulator"\n'
GATEWAYS = [(product, version) for version in ("10.45", "10.37", "10.30") for product in ("gateway", "tws")]

_TOLD = re.compile(rb"^\[ *\d+/\d+\] (?:\([^ ]+\)|[^ ]+) ([^ ]+/[^ ]+/[^ ]+) ", re.MULTILINE)
_TURN = 0.02
_LOOK = 0.2
_MOST = 180.0
"""Seconds after which a run counts as one that does not end."""

_ENDS = 20.0
"""Seconds in which what a run started ends by itself when the run has ended."""


def matrix_text() -> str:
    """Return the matrix of a trial: few rows, several gateways, cells that take a moment each."""
    return MATRIX + "".join(GATEWAY.format(product=product, version=version) for product, version in GATEWAYS)


@dataclass(slots=True)
class Trial:
    """A run in a process of its own.

    Args:
        folder: its own, empty.
        environments: where the rows' environments are.
        results: where the run leaves its results.
        more: what its environment has beside this process's.
        endings: what is done once no process of it lives.
    """

    folder: Path
    environments: Path
    results: Path
    more: dict[str, str] = field(default_factory=dict)
    endings: list[Callable[[], None]] = field(default_factory=list)
    mark: str = field(default_factory=lambda: secrets.token_hex(8))
    process: subprocess.Popen[bytes] | None = None
    began: float = field(default_factory=time.monotonic)

    @property
    def words(self) -> list[str]:
        """Give the command of the run."""
        options = ("--matrix", str(self.folder / "matrix.toml"), "--environments", str(self.environments.resolve()))
        more = ("--results", str(self.results), "--no-build", "--no-board")
        return [sys.executable, "-m", "harness", "run", *options, *more]

    @property
    def surroundings(self) -> dict[str, str]:
        """Give the environment of the run: what it leaves in a temporary folder is seen."""
        own = {MARK: self.mark, "TMPDIR": str(self.folder / "tmp"), "PYTHONPATH": str(ROOT)}
        return {**os.environ, **own, **self.more}

    def begin(self, words: list[str] | None = None, *, out: BinaryIO | int | None = None) -> subprocess.Popen[bytes]:
        """Start it; its words go to a file unless said otherwise."""
        (self.folder / "tmp").mkdir(parents=True, exist_ok=True)
        (self.folder / "matrix.toml").write_text(matrix_text(), "utf-8")
        self.began = time.monotonic()
        with self.said.open("wb") as file:
            target = file if out is None else out
            self.process = subprocess.Popen(
                words or self.words,
                cwd=self.folder,
                env=self.surroundings,
                stdin=subprocess.DEVNULL,
                stdout=target,
                stderr=target,
                start_new_session=True,
            )
        return self.process

    @property
    def said(self) -> Path:
        """The file with all that it said."""
        return self.folder / "said.txt"

    def told(self) -> list[str]:
        """Give the cells that it told of as finished."""
        return [cell.decode() for cell in _TOLD.findall(self.said.read_bytes())]

    def written(self) -> int:
        """Count the finished cells in its journal, for whom it tells nobody."""
        with suppress(IbCompatError):
            return sum(len(read_journal(folder).seen.cells) for folder in run_folders(self.results))
        return 0

    def reaches(self, count: int, counted: Callable[[], int]) -> bool:
        """Wait until so many cells are finished; tells whether the run came so far."""
        return self._waits(lambda: counted() >= count)

    def _waits(self, condition: Callable[[], bool]) -> bool:
        until = time.monotonic() + _MOST
        while time.monotonic() < until and (self.process is None or self.process.poll() is None):
            if condition():
                return True
            time.sleep(_TURN)
        return condition()

    def left(self) -> Results:
        """Give what whoever comes later is shown.

        Raises:
            IbCompatError: nothing.
        """
        (folder,) = run_folders(self.results)
        return read_left(folder)

    def processes(self) -> list[psutil.Process]:
        """Give every process that comes of it and lives."""
        found = []
        for each in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if each.environ().get(MARK) == self.mark and each.status() != psutil.STATUS_ZOMBIE:
                    found.append(each)
        return found

    def ended(self) -> tuple[int | None, list[str]]:
        """Wait for its end; give its exit code, and the processes that it left, which are ended here."""
        assert self.process is not None  # noqa: S101 - it was begun
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_MOST)
        code = self.process.poll()
        until = time.monotonic() + _ENDS
        while self.processes() and time.monotonic() < until:
            time.sleep(_LOOK)
        names = self.end()
        return code, names

    def end(self) -> list[str]:
        """End whatever comes of it and lives; give the commands of what that was."""
        names = []
        for each in self.processes():
            with suppress(psutil.Error):
                names.append(" ".join(each.cmdline())[:200])
                each.kill()
        if self.process is not None:
            self.process.wait()
        for ending in self.endings:
            ending()
        return names

    def files(self) -> list[str]:
        """Give the files that it left where none should be."""
        partial = (each for each in self.results.rglob("*.partial"))
        return [str(each.relative_to(self.folder)) for each in (*partial, *(self.folder / "tmp").iterdir())]

    def resumed(self) -> str | None:
        """Let somebody go on with it; give what is wrong with that, if anything is."""
        words = [*self.words[:3], "run", "--resume", *self.words[6:]]
        ended = subprocess.run(words, cwd=self.folder, env=self.surroundings, capture_output=True, check=False)
        if ended.returncode in {2, 3} or b"Traceback" in ended.stderr:
            return f"{ended.returncode}: {ended.stderr.decode(errors='replace')[-500:]}"
        results = self.left()
        return None if results.run.complete else json_text(results.run)


def statuses(results: Results) -> dict[str, Status]:
    """Give the status of every cell that is finished."""
    return {name: cell.status for name, cell in results.cells.items() if cell.status is not Status.NOT_RUN}
