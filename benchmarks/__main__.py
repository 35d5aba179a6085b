"""Runs the measurements and writes ``results/bench.json``; exit code 1 if a promise is not met."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from dataclasses import asdict
from pathlib import Path

import psutil
from tabulate import tabulate

from benchmarks.cases import CASES, MIB, Bench, Figure
from benchmarks.processes import ROOT


def main() -> int:
    """Measure what the command line names, everything by default."""
    options = _options()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each process compiles all that it imports, as no user's does
    bench = Bench(environments=options.environments, nox=options.nox, repeat=options.repeat)
    figures: list[Figure] = []
    for name in options.case or CASES:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        figures += CASES[name](bench)
        _write(options.output, figures)  # what comes next may fail
    print(tabulate(map(_line, figures), headers=["figure", "measured", "limit", "unit", ""], tablefmt="simple"))
    return 0 if all(figure.met for figure in figures) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s bench --", description=__doc__)
    parser.add_argument("--environments", type=Path, required=True, help="folder of the rows' environments")
    parser.add_argument("--nox", required=True, help="a Python that has nox")
    parser.add_argument("--case", action="append", choices=CASES, help="measure this only; may be given again")
    parser.add_argument("--repeat", type=int, default=3, help="how often short things are measured; the median counts")
    parser.add_argument("--output", type=Path, default=ROOT / "results" / "bench.json")
    return parser.parse_args()


def _line(figure: Figure) -> list[str]:
    verdict = "met" if figure.met else "NOT MET"
    return [figure.name, f"{figure.value:.3g}", f"{figure.limit:g}", figure.unit, verdict]


def _write(output: Path, figures: list[Figure]) -> None:
    document = {
        "measured": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {
            "system": platform.system(),
            "cores": os.cpu_count(),
            "memory_gib": round(psutil.virtual_memory().total / MIB / 1024),
            "python": platform.python_version(),
        },
        "figures": [{**asdict(figure), "met": figure.met} for figure in figures],
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(document, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
