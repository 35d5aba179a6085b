"""What surrounds a run in a campaign and is not as it should be: the computer's clock, and the network."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from random import Random

from campaigns.targets import ROOT
from campaigns.trial import Trial
from harness.plan.matrix.environments import MARKER, find_environments
from harness.run.programs.clock import forget_clock, found_libraries

LEAST_STEP, MOST_STEP = 3.0, 14 * 3600.0
"""Seconds by which the clock is set, ahead or back: from what a daemon corrects to the other side of the earth."""

MOST_STEPS = 3
DELAY, LOSS = (0.02, 0.15), (0.01, 0.05)
"""Seconds that a packet is on its way, and the share of packets that is lost: from one to the other, by the seed.

A tap lies between library and gateway, so what one says to the other is on its way twice.
"""

_PAUSE = 0.3
_TRIED = 30.0
"""Seconds in which a network of our own must come up where one is tried."""
_HOUR = 3600.0


@cache
def library() -> Path | None:
    """Find libfaketime, in the form for programs with threads."""
    return next((file for file in found_libraries() if file.name == "libfaketimeMT.so.1"), None)


def _clock(file: Path) -> dict[str, str]:
    """Give the environment of a process whose time of day is that of a file; the clock that nobody can set stays."""
    return {
        "LD_PRELOAD": str(library()),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DISABLE_SHM": "1",  # which a killed process would leave behind; Debian 12 does not know this
        "NO_FAKE_STAT": "1",
    }


def _set(file: Path, seconds: float) -> None:
    """Set the clock; whoever reads the file meanwhile finds all of it."""
    beside = file.with_suffix(".new")
    beside.write_text(f"{seconds:+.3f}\n", "utf-8")
    beside.replace(file)


def _file(trial: Trial) -> Path:
    return trial.folder / "clock"


def no_clock() -> str | None:
    """Say why no clock can be set here; ``None`` where one can."""
    if library() is None:
        return "libfaketime is not found here (Debian: libfaketime)"
    reads = "import time; print(time.time())"
    with tempfile.TemporaryDirectory(prefix="ib-compat-chaos-") as folder:
        file = Path(folder) / "clock"
        _set(file, -_HOUR)
        words = [sys.executable, "-c", reads]
        told = subprocess.run(words, env={**os.environ, **_clock(file)}, capture_output=True, text=True, check=False)
    works = told.returncode == 0 and float(told.stdout) < time.time() - _HOUR / 2
    return None if works else f"{library()} does not set the clock of {sys.executable}"


def clocked(*, workers: bool) -> Callable[[Trial, Random], None]:
    """Start a run whose clock can be set; the libraries have the same one, or this computer's."""

    def begin(trial: Trial, random: Random) -> None:
        del random
        _set(_file(trial), 0)
        trial.more |= _clock(_file(trial))
        trial.endings.append(lambda: _forget(trial))
        if workers:
            trial.environments = _environments(trial)
        trial.begin()

    return begin


def _forget(trial: Trial) -> None:
    """Remove what libfaketime keeps of each process, and leaves if that ends at once, as workers do."""
    started = [int(each.name) for each in _started(trial).glob("*")]
    for process in (*started, *([trial.process.pid] if trial.process else ())):
        forget_clock(process)


def _started(trial: Trial) -> Path:
    """Give the folder with an empty file for each process of a row, named by its number."""
    return trial.folder / "started"


def _environments(trial: Trial) -> Path:
    """Make the rows' environments anew, each with an interpreter whose clock can be set.

    A worker is not told the run's environment, and so would not load what sets the clock.
    """
    folder = trial.folder / "environments"
    _started(trial).mkdir()
    started = shlex.quote(str(_started(trial)))
    words = " ".join(f"{name}={shlex.quote(value)}" for name, value in _clock(_file(trial)).items())
    for each in find_environments(trial.environments).values():
        own = folder / each.folder.name
        own.mkdir(parents=True)
        for part in each.folder.iterdir():
            if part.name != MARKER:
                (own / part.name).symlink_to(part.resolve())
        program = own / "python"
        program.write_text(f'#!/bin/sh\n: >{started}/$$\n{words} exec {shlex.quote(str(each.python))} "$@"\n', "utf-8")
        program.chmod(0o755)
        marker = json.loads((each.folder / MARKER).read_text("utf-8"))
        (own / MARKER).write_text(json.dumps({**marker, "python": str(program)}), "utf-8")
    return folder


def step(trial: Trial, random: Random) -> None:
    """Set the run's clock ahead or back, once or several times with a moment between."""
    for left in reversed(range(random.randint(1, MOST_STEPS))):
        seconds = LEAST_STEP * (MOST_STEP / LEAST_STEP) ** random.random()
        _set(_file(trial), random.choice((seconds, -seconds)))
        if left:
            time.sleep(random.uniform(0, _PAUSE))


def no_network() -> str | None:
    """Say why no network of our own can be made here; ``None`` where one can."""
    given: Mapping[str, str] = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = network(["true"], delay=0, loss=0, seed="")
    try:
        told = subprocess.run(words, env=given, capture_output=True, text=True, check=False, timeout=_TRIED)
    except FileNotFoundError:
        return "there is no unshare here (Linux: util-linux)"
    except subprocess.TimeoutExpired:
        return f"no network of its own came up within {_TRIED:g} s"
    if told.returncode == 0:
        return None
    return f"no network with a device of its own can be made: {' '.join(told.stderr.splitlines()[-1:])}"


def networked(trial: Trial, random: Random) -> None:
    """Start a run in a network of its own, whose packets are late and sometimes lost."""
    delay, loss = random.uniform(*DELAY), random.uniform(*LOSS)
    trial.begin(network(trial.words, delay=delay, loss=loss, seed=str(random.random())))


def network(words: list[str], *, delay: float, loss: float, seed: str) -> list[str]:
    """Return the words that start a command in a network of its own."""
    options = ("--delay", f"{delay:.3f}", "--loss", f"{loss:.4f}", "--seed", seed)
    return ["unshare", "--net", sys.executable, "-m", "campaigns.network", *options, *words]
