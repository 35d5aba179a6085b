"""Puts a server with ill will in a gateway's place, and measures what a look and a run take of time, memory and disk.

Exit code 1 where one took more than its limit, or did not end.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from tabulate import tabulate

from campaigns.targets import ROOT
from tests.hostile.servers import SERVERS
from tests.hostile.serving import served

MOST_SECONDS, MOST_MIB, MOST_WRITTEN = 15.0, 64.0, 16.0
"""A look at a healthy gateway takes 60 MiB, most of it the program itself."""

_PATIENCE = 60.0
_LOOK_SECONDS = 0.02
_MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What one command took at one server: seconds, MiB of its largest process, MiB that it left on the disk."""

    server: str
    command: str
    seconds: float
    memory: float
    written: float

    @property
    def well(self) -> bool:
        """Whether it stayed within the limits."""
        return self.seconds <= MOST_SECONDS and self.memory <= MOST_MIB and self.written <= MOST_WRITTEN


def main() -> int:
    """Run the campaign that the command line names."""
    options = _options()
    figures = [_measured(name, command, options) for name in options.server or SERVERS for command in options.command]
    _write(options.folder, figures)
    rows = [(*asdict(each).values(), "" if each.well else "over its limit") for each in figures]
    print(tabulate(rows, headers=["server", "command", "seconds", "MiB", "MiB written", ""], tablefmt="pipe"))
    return 0 if all(each.well for each in figures) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s hostile --", description=__doc__.partition("\n")[0])
    parser.add_argument("--server", action="append", choices=SERVERS, help="this only; may be given again")
    commands = ("doctor", "run")
    parser.add_argument("--command", nargs="+", choices=commands, default=commands, help="[default: doctor run]")
    row = f"ib_async==2.1.0/py{sys.version_info.major}.{sys.version_info.minor}"
    parser.add_argument("--row", default=row, help=f"which library a run asks [default: {row}]")
    parser.add_argument("--environments", type=Path, default=ROOT / ".nox", help="the rows' [default: .nox]")
    folder = ROOT / "results" / "hostile"
    parser.add_argument("--folder", type=Path, default=folder, help="where the figures go [default: results/hostile]")
    return parser.parse_args()


def _measured(name: str, command: str, options: argparse.Namespace) -> Figure:
    with served(name) as port, tempfile.TemporaryDirectory(prefix="ib-compat-hostile-") as folder:
        address = f"127.0.0.1:{port}"
        places = ("--environments", str(options.environments), "--results", folder)
        words = (
            ("run", "--no-build", "--gateway", address, "--row", options.row, *places)
            if command == "run"
            else (command, address)
        )
        seconds, memory = _taken((sys.executable, "-m", "harness", *words))
        files = [each for each in Path(folder).rglob("*") if each.is_file() and not each.is_symlink()]
        written = sum(each.stat().st_size for each in files) / _MIB
    return Figure(
        server=name, command=command, seconds=round(seconds, 1), memory=round(memory), written=round(written, 1)
    )


def _taken(command: Sequence[str]) -> tuple[float, float]:
    """Run a command; return seconds, and MiB of the largest process of it; it is killed where it does not end.

    Memory is looked at while it runs. What the system tells afterwards counts that of whoever started it, too.
    """
    began, largest, nothing = time.monotonic(), 0, subprocess.DEVNULL
    with psutil.Popen(command, cwd=ROOT, stdout=nothing, stderr=nothing) as process:
        while process.poll() is None:
            family = [process, *_children(process)]
            largest = max(largest, *(_memory(each) for each in family))
            if time.monotonic() - began > _PATIENCE:
                for each in family:
                    with suppress(psutil.Error):  # it has ended meanwhile
                        each.kill()
            time.sleep(_LOOK_SECONDS)
    return time.monotonic() - began, largest / _MIB


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:  # it has ended meanwhile
        return []


def _memory(process: psutil.Process) -> int:
    """Return what a process takes, in bytes; nothing where it has ended meanwhile."""
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


def _write(folder: Path, figures: Sequence[Figure]) -> None:
    document = {
        "measured": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {"system": platform.platform(), "python": platform.python_version()},
        "figures": [asdict(each) for each in figures],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hostile.json").write_text(f"{json.dumps(document, indent=2)}\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
