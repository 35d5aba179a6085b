"""What is done to a run in a campaign, each at a moment that a seed decides."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psutil

from campaigns.surroundings import clocked, networked, no_clock, no_network, step
from campaigns.targets import ROOT
from campaigns.trial import Trial

DISK_BYTES = 6 * 2**20
"""Of the disk that a run fills: more than it needs itself."""

_SPARE_FILES = 3
_SPARE_BYTES = 32 * 2**20
_PAUSE = 0.3


@dataclass(frozen=True, slots=True)
class Attack:
    """One kind of attack.

    Args:
        strike: does it to a run that has come to its moment.
        begin: starts the run.
        disk: the results lie on a small disk of their own.
        survives: the run comes to its end all the same, with every cell.
        waits: it strikes at the moment that the seed decides, else at once.
        after: how many cells are finished before that at least.
        compared: what the finished cells say is held against a run that nobody attacks.
        may_change: they may say something else than there, but not that a library is at fault.
        lacks: says what this system does not have for it.
    """

    strike: Callable[[Trial, Random], None]
    begin: Callable[[Trial, Random], None] = lambda trial, _: _begun(trial)
    disk: bool = False
    survives: bool = False
    waits: bool = True
    after: int = 0
    compared: bool = False
    may_change: bool = False
    lacks: Callable[[], str | None] = lambda: None


def _begun(trial: Trial) -> None:
    trial.begin()


def _pid(trial: Trial) -> int:
    assert trial.process is not None  # noqa: S101 - it was begun
    return trial.process.pid


def _send(number: int, times: int = 1) -> Callable[[Trial, Random], None]:
    """Send a signal to the run; several times with a moment between."""

    def strike(trial: Trial, random: Random) -> None:
        for left in reversed(range(times)):
            with suppress(ProcessLookupError):
                os.kill(_pid(trial), number)
            if left:
                time.sleep(random.uniform(0, _PAUSE))

    return strike


def _fill(trial: Trial, random: Random) -> None:
    """Leave no byte of the disk, or none but a few."""
    spare = random.choice((0, 0, 4_096, 40_960))
    with suppress(OSError), (trial.results / "filler").open("wb", buffering=0) as file:
        free = shutil.disk_usage(trial.results).free
        file.write(b"\0" * max(0, free - spare))


def _limit(name: str, limit: Callable[[psutil.Process, Random], int]) -> Callable[[Trial, Random], None]:
    """Let the run have no more of something than it has, or only a little."""

    def strike(trial: Trial, random: Random) -> None:
        with suppress(psutil.Error, OSError):
            process = psutil.Process(_pid(trial))
            most = limit(process, random)
            process.rlimit(getattr(psutil, name), (most, most))

    return strike


def _files(process: psutil.Process, random: Random) -> int:
    return process.num_fds() + random.randrange(_SPARE_FILES)


def _memory(process: psutil.Process, random: Random) -> int:
    return process.memory_info().vms + random.randrange(_SPARE_BYTES)


def _bytes(process: psutil.Process, random: Random) -> int:
    """Give the size of the largest file that the run writes, and a little: where no small disk can be mounted."""
    sizes = [Path(file.path).stat().st_size for file in process.open_files()]
    return max(sizes, default=0) + random.randrange(40_960)


def _piped(trial: Trial, random: Random) -> None:
    """Start a run whose words go to a pipe that nobody reads, or to nothing at all."""
    if random.random() < 1 / 2:
        trial.begin(["sh", "-c", 'exec "$@" >&- 2>&-', "sh", *trial.words])
        return
    reads, writes = os.pipe()
    trial.begin(out=writes)
    os.close(writes)
    os.close(reads)


def _nothing(trial: Trial, random: Random) -> None:
    """Do no more: it was begun so."""
    del trial, random


NOXFILE = """
import importlib.util, nox
found = importlib.util.spec_from_file_location("project", {project!r})
project = importlib.util.module_from_spec(found)
found.loader.exec_module(project)

@nox.session(venv_backend="none")
def attacked(session):
    project.ib_compat(session, "run", *{words!r})
"""


def _under_nox(trial: Trial, random: Random) -> None:
    """Start the run as the project's sessions do, under a real nox."""
    del random
    program = trial.folder / "nox" / "host" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', "utf-8")
    program.chmod(0o755)
    file = trial.folder / "noxfile.py"
    file.write_text(NOXFILE.format(project=str(ROOT / "noxfile.py"), words=trial.words[4:]), "utf-8")
    options = ("--envdir", str(trial.folder / "nox"), "-s", "attacked")
    trial.begin([sys.executable, "-m", "nox", "-f", str(file), *options])


_MOUNTS = sys.platform == "linux" and os.geteuid() == 0 and shutil.which("mount") is not None

ATTACKS = {
    "kill -9": Attack(_send(signal.SIGKILL)),
    "SIGHUP": Attack(_send(signal.SIGHUP)),
    "SIGTERM twice": Attack(_send(signal.SIGTERM, 2)),
    "Ctrl-C twice": Attack(_send(signal.SIGINT, 2)),
    "closed output": Attack(_nothing, begin=_piped, survives=True, waits=False),
    "nox killed": Attack(_send(signal.SIGKILL), begin=_under_nox),
}
if hasattr(psutil.Process, "rlimit"):  # limits of a process that runs: Linux and FreeBSD have them
    ATTACKS |= {
        "disk full": Attack(_fill, disk=True) if _MOUNTS else Attack(_limit("RLIMIT_FSIZE", _bytes)),
        "no more files": Attack(_limit("RLIMIT_NOFILE", _files)),
        "no more memory": Attack(_limit("RLIMIT_AS", _memory)),
    }

ATTACKS |= {
    "clock set": Attack(step, begin=clocked(workers=True), survives=True, after=1, compared=True, lacks=no_clock),
    "run's clock set": Attack(
        step, begin=clocked(workers=False), survives=True, after=1, compared=True, lacks=no_clock
    ),
    "bad network": Attack(
        _nothing, begin=networked, survives=True, waits=False, compared=True, may_change=True, lacks=no_network
    ),
    "bad network, Ctrl-C": Attack(
        _send(signal.SIGINT), begin=networked, after=1, compared=True, may_change=True, lacks=no_network
    ),
}


@contextmanager
def disk(folder: Path) -> Iterator[None]:
    """Mount a small disk at a folder.

    Raises:
        OSError, subprocess.CalledProcessError: this system, or this user, cannot.
    """
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
