"""Measures each promise about speed against its limit."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks import bare_scripts, code, moving, nights, programs, recording, replayed_day, replayed_run
from benchmarks.gateways import served
from benchmarks.matrices import matrix_of, silent_gateway, simulated_gateway
from benchmarks.page import page_seconds
from benchmarks.processes import ROOT, Cost, run
from benchmarks.tap import connect_seconds, megabytes_a_second
from harness.checks.all import CHECKS
from harness.known import scenarios
from harness.plan.matrix.environments import RowEnvironment, find_environments
from harness.plan.matrix.load import load_matrix
from harness.plan.matrix.rows import Row
from harness.shared.errors import ExitCode

DEFAULT_MATRIX = ROOT / "matrices" / "default.toml"
MIB = 1024 * 1024
_DOCTORS = 6
"""Commands side by side: nearly all of each is waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure; it is met when ``value`` is at most ``limit``.

    Args:
        name: what was measured.
        value: the ratio, the seconds or the bytes.
        limit: what was promised, in the same unit.
        unit: what both are.
        parts: the measurements behind it.
    """

    name: str
    value: float
    limit: float
    unit: str
    parts: dict[str, float]

    @property
    def met(self) -> bool:
        """Whether the promise holds."""
        return self.value <= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What all cases need.

    Args:
        environments: the folder of the rows' environments.
        nox: an interpreter with nox.
        repeat: how often short things are measured; the median counts.
    """

    environments: Path
    nox: str
    repeat: int = 3

    def rows(self) -> list[Row]:
        """Return the rows of the default matrix."""
        return list(load_matrix(DEFAULT_MATRIX).rows)

    def built(self) -> dict[str, RowEnvironment]:
        """Return their environments."""
        return find_environments(self.environments)

    def matrix(self, *arguments: str) -> Cost:
        """Run ``nox -s matrix`` as a user would, results into a folder that is thrown away."""
        with tempfile.TemporaryDirectory() as folder:
            words = ["-m", "nox", "--envdir", str(self.environments), "-s", "matrix", "--", "--results", folder]
            return run([self.nox, *words, *arguments])

    def ib_compat(self, *arguments: str) -> Cost:
        """Run ``ib-compat run``, results into a folder that is thrown away."""
        with tempfile.TemporaryDirectory() as folder:
            words = ["-m", "harness", "run", "--environments", str(self.environments), "--results", folder]
            return run([sys.executable, *words, *arguments])


def healthy(bench: Bench) -> Iterator[Figure]:
    """Measure the whole default matrix against plain loops over the same cells."""
    ours = statistics.median(bench.matrix().wall for _ in range(bench.repeat))
    with served() as ports:
        calls = bare_scripts.commands(bench.rows(), bench.built(), ports)
        loop = bare_scripts.one_after_another(calls)
        parallel = bare_scripts.one_a_core(calls)
    parts = {"cells": len(calls), "nox -s matrix, s": ours, "loop, s": loop, "xargs -P, s": parallel}
    yield Figure(name="nox -s matrix / loop of scripts", value=ours / loop, limit=0.2, unit="ratio", parts=parts)
    yield Figure(name="nox -s matrix / xargs -P", value=ours / parallel, limit=0.4, unit="ratio", parts=parts)


def silent(bench: Bench) -> Iterator[Figure]:
    """Measure eight gateways that accept and say nothing, with all rows."""
    with served("silent", "8") as ports, matrix_of(bench.rows(), map(silent_gateway, ports)) as file:
        cost = bench.matrix("--matrix", str(file))
    parts: dict[str, float] = {"cells": 8 * len(bench.rows())}
    yield Figure(name="eight silent gateways", value=cost.wall, limit=30.0, unit="s", parts=parts)


def processor(bench: Bench) -> Iterator[Figure]:
    """Measure the CPU of a passing cell, its share of the import included, against the library's script.

    Cells of gateways with a scenario are left out: a script that only connects does not read twenty thousand bars.
    """
    results = json.loads(bench.ib_compat("--json").output)
    ordinary = {gateway.name for gateway in load_matrix(DEFAULT_MATRIX).gateways if gateway.scenario is None}
    with served() as ports:
        for row in bench.rows():
            cells = [cell for name, cell in results["cells"].items() if name.startswith(f"{row.id}/")]
            passing = [cell for cell in cells if cell["status"] == "pass" and cell["gateway"] in ordinary]
            if not passing:
                continue
            imported = next(check for check in passing[0]["checks"] if check["name"] == "import")
            shared = imported["detail"]["cpu_seconds"] / len(passing)
            ours = statistics.mean(cell["cpu_seconds"] for cell in passing) + shared
            call = bare_scripts.command(row, bench.built()[row.id], ports[0], 900)
            bare = bare_scripts.cpu_seconds(call, bench.repeat)
            parts = {"cell, s": ours, "script, s": bare}
            yield Figure(name=f"CPU of a cell: {row.library}", value=ours / bare, limit=1.3, unit="ratio", parts=parts)


def rows_of_programs(bench: Bench) -> Iterator[Figure]:
    """Measure the CPU of a program as a row, against the same program alone, where the market moves as in rows."""
    with served("moving", "0", "1") as ports:
        for program in programs.PROGRAMS:
            took = programs.took(program, bench.ib_compat, bench.environments, ports[0], bench.repeat)
            parts = {"as a row, s": took.row, "alone, s": took.alone, "all of the row for each run, s": took.all_of_it}
            yield Figure(
                name=f"CPU of a program: {program.name}",
                value=took.row / took.alone,
                limit=1.15,
                unit="ratio",
                parts=parts,
            )


def checks(bench: Bench) -> Iterator[Figure]:
    """Measure how long each passing check takes, against what it may take; the slowest library counts."""
    cells = json.loads(bench.ib_compat("--orders", "--json").output)["cells"].values()
    taken: dict[str, list[float]] = {}
    for cell in cells:
        for check in cell["checks"]:
            if check["status"] == "pass":
                taken.setdefault(check["name"], []).append(check["seconds"])
    timeouts = load_matrix(DEFAULT_MATRIX).defaults
    for check in CHECKS:
        limit = check.requests * timeouts.request_timeout + check.connects * timeouts.connect_timeout
        if limit and check.name in taken:
            seconds = taken[check.name]
            parts = {"cells": len(seconds), "median, s": statistics.median(seconds), "slowest, s": max(seconds)}
            yield Figure(name=f"check {check.name}", value=max(seconds), limit=limit, unit="s", parts=parts)


def tap(bench: Bench) -> Iterator[Figure]:
    """Measure what the tap between a library and its gateway costs."""
    del bench
    with served() as ports:
        straight, tapped = connect_seconds(ports[0])
    parts = {"direct, ms": straight * 1000, "tapped, ms": tapped * 1000}
    yield Figure(
        name="a connect through the tap", value=(tapped - straight) * 1000, limit=2, unit="ms more", parts=parts
    )
    straight, tapped = megabytes_a_second()
    parts = {"direct, MB/s": straight, "tapped, MB/s": tapped}
    yield Figure(name="200 MB through the tap", value=200 / tapped, limit=1, unit="s", parts=parts)


def recorded(bench: Bench) -> Iterator[Figure]:
    """Measure what recording a gateway costs its clients."""
    del bench
    with served() as ports:
        straight, proxied = recording.connect_seconds(ports[0])
    parts = {"direct, ms": straight * 1000, "recorded, ms": proxied * 1000}
    more = (proxied - straight) * 1000
    yield Figure(name="a connect that is recorded", value=more, limit=1, unit="ms more", parts=parts)
    straight, proxied = recording.megabytes_a_second()
    parts = {"direct, MB/s": straight, "recorded, MB/s": proxied}
    yield Figure(name="400 MB that are recorded", value=400 / proxied, limit=1, unit="s", parts=parts)


def replayed(bench: Bench) -> Iterator[Figure]:
    """Measure what the replay of a recording takes: of a run, against the simulator, and of a day."""
    with tempfile.TemporaryDirectory() as folder:
        file = replayed_run.recorded(bench.rows(), bench.environments, Path(folder))
        costs = [replayed_run.cpu_seconds(file) for _ in range(bench.repeat)]
    simulated, replays = (min(each) for each in zip(*costs, strict=True))
    parts = {"simulated, s": simulated, "replayed, s": replays}
    yield Figure(name="CPU of a replayed run", value=replays / simulated, limit=0.5, unit="ratio", parts=parts)
    day = replayed_day.replay_day()
    parts = {"messages": replayed_day.MESSAGES}
    yield Figure(name="a day of a million messages opens", value=day.seconds, limit=2, unit="s", parts=parts)
    yield Figure(name="memory of its replay", value=day.peak / MIB, limit=100, unit="MiB", parts=parts)


def doctor(bench: Bench) -> Iterator[Figure]:
    """Measure how long the doctor takes to come to its verdict on every fault that it can play, as a command."""
    del bench
    with ThreadPoolExecutor(_DOCTORS) as pool:
        seconds = dict(zip(scenarios.load(), pool.map(_verdict, scenarios.load()), strict=True))
    yield Figure(
        name="the slowest verdict of the doctor", value=max(seconds.values()), limit=15, unit="s", parts=seconds
    )


def _verdict(scenario: str) -> float:
    """Return the seconds to the verdict that the scenario's table names."""
    cost = run([sys.executable, "-m", "harness", "doctor", "--simulate", scenario])
    if cost.code == ExitCode.INCOMPATIBLE:
        raise RuntimeError(f"the doctor reaches a different verdict on {scenario}")
    return cost.wall


def scale(bench: Bench) -> Iterator[Figure]:
    """Measure a thousand cells against a hundred, and the memory of the host half."""
    costs = {}
    for gateways in (10, 100):
        with matrix_of(bench.rows()[:10], map(simulated_gateway, range(gateways))) as file:
            costs[gateways] = bench.ib_compat("--matrix", str(file))
    small, large = costs[10], costs[100]
    parts = {"100 cells, s": small.wall, "1000 cells, s": large.wall}
    yield Figure(name="1,000 cells / 100 cells", value=large.wall / small.wall, limit=12, unit="ratio", parts=parts)
    peak = large.peak_bytes / MIB
    yield Figure(name="memory of the host half", value=peak, limit=200, unit="MiB", parts={"cells": 1000})


def market(bench: Bench) -> Iterator[Figure]:
    """Measure a simulated gateway whose market moves: as a server, and through a day that passes fast."""
    del bench
    lines = moving.lines()
    parts = {"clients": moving.CLIENTS, "lines of each": moving.LINES, "median late, ms": lines.median * 1000}
    yield Figure(name="4,000 moving lines", value=lines.share, limit=0.6, unit="of a core", parts=parts)
    yield Figure(name="ticks late, 99th percentile", value=lines.late * 1000, limit=50, unit="ms", parts=parts)
    ours, bare = moving.connect_seconds("moving", "0", "1"), moving.connect_seconds("echo")
    parts = {"connect, ms": ours * 1000, "to an echo, ms": bare * 1000}
    yield Figure(name="a connect / one to an echo server", value=ours / bare, limit=2, unit="ratio", parts=parts)
    day = moving.day()
    yield Figure(name="a day at 3,600 times the speed", value=day.seconds, limit=60, unit="s", parts=day.parts)
    yield Figure(name="its memory, second half", value=day.growth, limit=5, unit="% more", parts=day.parts)


def uses(bench: Bench) -> Iterator[Figure]:
    """Measure how long it takes to read a large program's code."""
    taken, lines = code.seconds(bench.repeat)
    yield Figure(name="ib-compat uses, 100,000 lines", value=taken, limit=5, unit="s", parts={"lines": lines})


def a_year(bench: Bench) -> Iterator[Figure]:
    """Measure questions about a year of nights; nothing on Windows, which does not say how much memory one took."""
    if sys.platform == "win32":
        return
    document = json.loads(bench.ib_compat("--json").output)
    cell = next(name for name, each in document["cells"].items() if each["status"] == "pass")
    gateways = [name for name, each in document["gateways"].items() if each["product"] == "gateway"]
    with nights.year_of(document) as results:
        hand = nights.by_hand(results, cell)
        first = nights.asked(results, 1, "history", cell, "--last", str(nights.NIGHTS))
        runs = sorted(path.name for path in results.iterdir() if path.is_dir())
        questions = {
            "history": ("history", cell, "--last", str(nights.NIGHTS)),
            "pins": ("pins", "--gateway", gateways[0]),
            "upgrade": ("upgrade", "--from", gateways[0], "--to", gateways[1]),
            "compare": ("compare", runs[0], runs[-1]),
        }
        for name, words in questions.items():
            took = nights.asked(results, bench.repeat, *words)
            parts = {"nights": nights.NIGHTS, "by hand, s": hand.seconds, "the first question, s": first.seconds}
            yield Figure(name=f"{name} over a year of nights", value=took.seconds, limit=0.5, unit="s", parts=parts)
            yield Figure(name="its memory", value=took.mib, limit=80, unit="MiB", parts={"by hand, MiB": hand.mib})


def page(bench: Bench) -> Iterator[Figure]:
    """Measure the page of a run with 5,000 cells in a Chromium; nothing if none is installed."""
    chromium = os.environ.get("IB_COMPAT_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        print("no Chromium is installed: the page is not measured", file=sys.stderr)
        return
    document = json.loads(bench.ib_compat("--json").output)
    parts = page_seconds(document, chromium, bench.repeat)
    yield Figure(name="first paint of a page with 5,000 cells", value=parts["paint"], limit=1, unit="s", parts=parts)
    yield Figure(
        name="the slowest filter of a page with 5,000 cells", value=parts["filter"], limit=0.1, unit="s", parts=parts
    )


CASES: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "healthy": healthy,
    "silent": silent,
    "processor": processor,
    "programs": rows_of_programs,
    "checks": checks,
    "tap": tap,
    "recorded": recorded,
    "replayed": replayed,
    "doctor": doctor,
    "scale": scale,
    "market": market,
    "uses": uses,
    "nights": a_year,
    "page": page,
}
