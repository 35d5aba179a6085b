"""Lets a simulated gateway and ``doctor --watch`` run beside busy clients, and measures whether either grows.

Exit code 1 where memory, open files or threads grew by more than is noise, or where either ended. Clients come, ask
what libraries ask first, and leave, several at a time; some leave in the middle, some say what no client does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from statistics import median

import psutil
from tabulate import tabulate

from campaigns.targets import ROOT
from harness.diagnose.control.attempt import attempt
from harness.diagnose.control.attempt_state import Asks, Try

MINUTES = 10.0
AT_ONCE = 4
MOST_GROWTH = 0.05
"""Of memory, from the second fifth of the time to the last: the first is warming up."""

MOST_MORE = 2
"""Open files and threads; a client may be there while they are counted."""

_PORT = re.compile(r"127\.0\.0\.1:(\d+)")
_EVERY = 0.5
_RUDE = 0.25
"""How many of the clients leave in the middle, or say what no client does."""

_TERMINATED = 128 + signal.SIGTERM
_WAITING: list[int] = []
"""The signals that came while a program was started."""

_SAID = (b"", b"API", b"API\0\0\0\0\x09v100..226", b"GET / HTTP/1.0\r\n\r\n")


@dataclass(slots=True)
class Sampled:
    """What one process took, sample by sample.

    Args:
        name: what it is called.
        pid: its number.
    """

    name: str
    pid: int
    memory: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)

    def look(self) -> None:
        """Take a sample; raises psutil.Error where the process has ended."""
        process = psutil.Process(self.pid)
        with process.oneshot():
            self.memory.append(process.memory_info().rss)
            self.files.append(len(process.open_files()) + len(process.net_connections()))
            self.threads.append(process.num_threads())

    def figure(self) -> Figure:
        """Return what became of it."""
        return Figure(
            process=self.name,
            samples=len(self.memory),
            mib=round(_late(self.memory) / 2**20, 1),
            growth=round(_late(self.memory) / _early(self.memory) - 1, 4),
            more_files=round(_late(self.files) - _early(self.files)),
            more_threads=round(_late(self.threads) - _early(self.threads)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """How a process fared: its memory at the end, and the share by which that is more than at the beginning."""

    process: str
    samples: int
    mib: float
    growth: float
    more_files: int
    more_threads: int

    @property
    def well(self) -> bool:
        """Whether it did not grow."""
        return self.growth <= MOST_GROWTH and max(self.more_files, self.more_threads) <= MOST_MORE


def _early(samples: list[int]) -> float:
    fifth = max(1, len(samples) // 5)
    return median(samples[fifth : 2 * fifth] or samples)


def _late(samples: list[int]) -> float:
    return median(samples[-max(1, len(samples) // 5) :])


def main() -> int:
    """Run the campaign that the command line names."""
    options = _options()
    figures, clients = asyncio.run(_soak(options.minutes * 60, Random(options.seed)))  # noqa: S311 - no secret
    _write(options, figures, clients)
    rows = [tuple(asdict(each).values()) for each in figures]
    headers = ["process", "samples", "MiB at the end", "growth", "files more", "threads more"]
    print(tabulate(rows, headers=headers, tablefmt="pipe", floatfmt=("", "", ".1f", "+.2%", "", "")))
    print(f"{clients} clients in {options.minutes:g} minutes")
    return 0 if all(each.well for each in figures) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s soak --", description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=MINUTES, help=f"how long [default: {MINUTES:g}]")
    parser.add_argument("--seed", type=int, default=1, help="the same clients for the same seed [default: 1]")
    folder = ROOT / "results" / "soak"
    parser.add_argument("--folder", type=Path, default=folder, help="where the figures go [default: results/soak]")
    return parser.parse_args()


async def _soak(seconds: float, random: Random) -> tuple[list[Figure], int]:
    simulate = ("simulate", "--gateway", "10.45", "--port", "0", "--quiet", "--set", "pacing=false")
    with tempfile.TemporaryDirectory() as folder, _program(*simulate, said=Path(folder, "said")) as simulator:
        port = await asyncio.to_thread(_port_of, simulator, Path(folder, "said"))
        look = ("doctor", f"127.0.0.1:{port}", "--watch", "--interval", "1", "--json")
        with _program(*look, said=Path(os.devnull)) as watch:
            sampled = [Sampled("simulate", simulator.pid), Sampled("doctor --watch", watch.pid)]
            end = time.monotonic() + seconds
            crowd = [asyncio.create_task(_clients(port, number, end, random)) for number in range(AT_ONCE)]
            while time.monotonic() < end:
                for each in sampled:
                    each.look()
                await asyncio.sleep(_EVERY)
            return [each.figure() for each in sampled], sum(await asyncio.gather(*crowd))


def _port_of(simulator: subprocess.Popen[bytes], said: Path) -> int:
    """Return the port that it says it listens on."""
    while simulator.poll() is None:
        if found := _PORT.search(said.read_text("utf-8", "replace")):
            return int(found[1])
        time.sleep(_EVERY)
    raise SystemExit(f"the simulated gateway ended with {simulator.wait()} before it listened")


@contextmanager
def _program(*words: str, said: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "harness", *words]
    nothing = subprocess.DEVNULL
    with said.open("wb") as file, _termination_later():
        process = subprocess.Popen(command, cwd=ROOT, stdin=nothing, stdout=nothing, stderr=file)
    try:
        if _WAITING:
            sys.exit(_TERMINATED)
        yield process
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _termination_later() -> Iterator[None]:
    """Only note that somebody terminates the campaign: a program that is being started is not yet known to be ended."""
    before = signal.signal(signal.SIGTERM, lambda *_: _WAITING.append(signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


async def _clients(port: int, number: int, end: float, random: Random) -> int:
    """Be one client after the other; returns how many."""
    count = 0
    while time.monotonic() < end:
        count += 1
        if random.random() < _RUDE:
            await _rude(port, random)
            continue
        asks = Asks(why_not=lambda _: None)
        await attempt(Try(when="plainly", host="127.0.0.1", port=port, client_id=number + 1, timeout=10.0, asks=asks))
    return count


async def _rude(port: int, random: Random) -> None:
    with suppress(OSError):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(random.choice(_SAID))
        with suppress(OSError):
            await writer.drain()
        await asyncio.sleep(random.random() / 10)
        writer.close()
        await writer.wait_closed()


def _write(options: argparse.Namespace, figures: list[Figure], clients: int) -> None:
    document = {
        "measured": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {"system": platform.platform(), "python": platform.python_version()},
        "seed": options.seed,
        "minutes": options.minutes,
        "clients": clients,
        "figures": [asdict(each) for each in figures],
    }
    options.folder.mkdir(parents=True, exist_ok=True)
    (options.folder / "soak.json").write_text(f"{json.dumps(document, indent=2)}\n", "utf-8")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))  # both programs end with us
    sys.exit(main())
