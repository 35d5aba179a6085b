"""How long the product takes on a real engine, against what it can take at best: run by hand, it is no test.

    python -m tests.docker.measure

Prints, for each line of a log that means failure, the seconds from that line to the end of the wait; and for three
gateways that share a login beside an independent one, the wall time against the sum of their boots and cells. Ends with
exit code 1 where a line takes three seconds or more, or the run 15 % more than that sum.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import docker

from harness.gateways.opened import BootError
from tests.docker.images import Images
from tests.docker.product import LOGIN, OF_ANOTHER_USER, SECOND_LOGIN, Command, gateway, matrix, opened
from tests.docker.test_product_failures import FAILURES

MOST_SECONDS = 3.0
MOST_RATIO = 1.15
REAL = {"PLAY_SCALE": "1", "PLAY_DIALOG_AFTER": "2", "PLAY_LOGIN_TAKES": "3", "PLAY_LOADING_TAKES": "10"}
"""A boot of about fifteen seconds, which is still quick for a Gateway."""


async def after_its_line(images: Images, folder: Path, code: str) -> float:
    """Seconds from the line that means failure to the end of the wait, its container stopped and removed."""
    began = time.time()
    try:
        async with opened(folder, gateway(images, **FAILURES[code])):
            raise RuntimeError(f"{code} comes up")
    except BootError as problem:
        if problem.record.line is None:
            return time.time() - began
        return time.time() - _stamp(problem.record.line, began)


def _stamp(line: str, began: float) -> float:
    """When a line was written: IBC's lines begin with that, to the second; of others it is not known."""
    try:
        return datetime.strptime(line[:19], "%Y-%m-%d %H:%M:%S").astimezone().timestamp()
    except ValueError:
        return began


def in_turn(images: Images, folder: Path) -> tuple[float, float]:
    """Wall seconds of a run of three that share a login and one that does not, and the sum of what it has to do."""
    shared = [gateway(images, name, version, **REAL) for name, version in (("a", "10.37.1r"), ("b", "10.45.1j"))]
    shared.append(gateway(images, "c", "10.50.1d", **REAL))
    file = matrix(folder, *shared, gateway(images, "d", **OF_ANOTHER_USER, **REAL))
    command = Command(folder, {**LOGIN, **SECOND_LOGIN})
    began = time.monotonic()
    command.ended(command.run(file))
    wall = time.monotonic() - began
    moments = command.latest()["timeline"]
    needed = 0.0
    for name in ("a", "b", "c"):
        of_it = [each for each in moments if each["gateway"] == name]
        steps = {first["what"]: second["at"] - first["at"] for first, second in pairwise(of_it)}
        needed += steps["boots"] + steps["asked"]
    return wall, needed


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Measure everything; say what is too slow."""
    os.environ.update(LOGIN)
    images = Images(docker.from_env())
    well = True
    try:
        for code in FAILURES:
            with tempfile.TemporaryDirectory() as folder:
                seconds = asyncio.run(after_its_line(images, Path(folder), code))
            well &= seconds < MOST_SECONDS
            _say(f"{code:24} {seconds:6.2f} s after its line")
        with tempfile.TemporaryDirectory() as folder:
            wall, needed = in_turn(images, Path(folder))
        well &= wall < needed * MOST_RATIO
        _say(f"three in turn: {wall:.1f} s for {needed:.1f} s of boots and cells: {wall / needed:.2f} x")
    finally:
        images.remove()
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
