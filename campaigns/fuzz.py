"""Gives what ib-compat reads inputs that nobody would write; exit code 1 where one is met with another error than ours.

Each target has a process of its own. Atheris leads the inputs by the branches that they reach, where it is installed;
elsewhere the starting inputs are changed at random. Inputs that reach something new are kept in a corpus, with
which the next campaign begins.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import platform
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tabulate import tabulate

from campaigns.reading import LONGEST
from campaigns.targets import READERS, ROOT

DEFAULT_INPUTS = 20_000
_EXECUTED = re.compile(r"(?:stat::number_of_executed_units:|inputs given:)\s*(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What a target was given.

    Args:
        target: its name.
        inputs: how many it read in this campaign.
        seconds: how long that took.
        corpus: inputs in the corpus at the end.
        findings: files with the inputs that ended in another error than ours, or took too much time or memory.
    """

    target: str
    inputs: int
    seconds: float
    corpus: int
    findings: tuple[str, ...]


def main() -> int:
    """Run the campaign that the command line names; every target unless told otherwise."""
    options = _options()
    engine = "atheris" if importlib.util.find_spec("atheris") else "random changes"
    figures = [_campaign(options, name) for name in options.target or READERS]
    _write(options, engine, figures)
    rows = [(each.target, each.inputs, f"{each.seconds:.0f}", each.corpus, len(each.findings)) for each in figures]
    print(tabulate(rows, headers=["target", "inputs", "seconds", "corpus", "findings"], tablefmt="simple"))
    for found in (found for each in figures for found in each.findings):
        print(f"finding: {found}")
    return 1 if any(each.findings for each in figures) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s fuzz --", description=__doc__.partition("\n")[0])
    parser.add_argument("--target", action="append", choices=READERS, help="give this only; may be given again")
    inputs = f"how many inputs each target reads [default: {DEFAULT_INPUTS}]"
    parser.add_argument("--inputs", type=int, default=DEFAULT_INPUTS, help=inputs)
    parser.add_argument("--seed", type=int, default=1, help="the same inputs for the same seed and corpus [default: 1]")
    folder = ROOT / "results" / "fuzz"
    parser.add_argument("--folder", type=Path, default=folder, help="where the corpus is kept [default: results/fuzz]")
    return parser.parse_args()


def _corpus(options: argparse.Namespace, target: str) -> Path:
    """Return the folder of a target's inputs, which holds at least those that are right."""
    folder: Path = options.folder / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    for data in READERS[target].start():
        (folder / hashlib.sha1(data, usedforsecurity=False).hexdigest()).write_bytes(data[:LONGEST])
    return folder


def _campaign(options: argparse.Namespace, target: str) -> Figure:
    """Let a process of its own read: what takes it down is a finding, and ends no other target."""
    print(f"{target}: {options.inputs} inputs …", file=sys.stderr, flush=True)
    folder = options.folder / "findings" / target
    folder.mkdir(parents=True, exist_ok=True)
    known = set(folder.iterdir())
    corpus = _corpus(options, target)
    words = (target, str(options.inputs), str(options.seed), str(options.folder.resolve()))
    command = (sys.executable, "-m", "campaigns.reading", *words)
    began = time.perf_counter()
    ended = subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, errors="replace", check=False)
    seconds = time.perf_counter() - began
    findings = sorted(str(file) for file in set(folder.iterdir()) - known)
    if ended.returncode and not findings:
        findings = [f"the process ended with {ended.returncode}: {ended.stderr[-2000:]}"]
    told = _EXECUTED.search(ended.stderr)
    inputs = int(told[1]) if told else 0
    return Figure(
        target=target, inputs=inputs, seconds=seconds, corpus=len(list(corpus.iterdir())), findings=tuple(findings)
    )


def _write(options: argparse.Namespace, engine: str, figures: Sequence[Figure]) -> None:
    document = {
        "measured": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {"system": platform.system(), "python": platform.python_version()},
        "engine": engine,
        "seed": options.seed,
        "figures": [asdict(each) for each in figures],
    }
    options.folder.mkdir(parents=True, exist_ok=True)
    (options.folder / "fuzz.json").write_text(f"{json.dumps(document, indent=2)}\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
