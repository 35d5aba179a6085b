"""Ends runs in every way that a run may end, and counts what they had finished against what is shown of them later.

Exit code 1 where a finished cell was lost, or anything was left behind. Each attack strikes at a moment of the run that
the seed decides: after so many finished cells, and so many milliseconds. Where what surrounds the run is attacked, the
cells are held against those of a run that nobody attacked.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random

from tabulate import tabulate

from campaigns.attacks import ATTACKS, Attack, disk
from campaigns.compared import Said, blamed, changed, impossible, said
from campaigns.targets import ROOT
from campaigns.trial import GATEWAYS, Trial, statuses
from harness.shared.errors import IbCompatError

TIMES = 50
CELLS = 2 * len(GATEWAYS)
HEADERS = (
    "attack",
    "kept all",
    "cells kept",
    "resumed",
    "processes left",
    "files left",
    "cells changed",
    "libraries blamed",
    "wrong durations",
    "exit codes",
)
_LATE = 0.2


@dataclass(slots=True, kw_only=True)
class Figure:
    """What became of the runs of one attack.

    Args:
        attack: its name.
        runs: how many were attacked.
        whole: how many kept every cell that they had finished.
        finished: cells that were told of as finished, of all runs.
        kept: how many of them are shown later.
        resumed: how many of the runs that were resumed came to their end.
        asked_to: how many were resumed.
        processes: that a run left, though it had ended.
        files: that a run left where none should be.
        changed: cells that say something else than those of a run that nobody attacked, where that is compared.
        may_change: that is no fault.
        blamed: cells that say of the library that it is at fault, and do so for the attack alone.
        impossible: durations below zero, or longer than the run.
        codes: exit codes, and how often.
        problems: what went wrong, in words.
    """

    attack: str
    runs: int = 0
    whole: int = 0
    finished: int = 0
    kept: int = 0
    resumed: int = 0
    asked_to: int = 0
    processes: int = 0
    files: int = 0
    changed: int = 0
    may_change: bool = False
    blamed: int = 0
    impossible: int = 0
    codes: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def well(self) -> bool:
        """Whether nothing was lost, nothing left, and nothing said that the attack alone is to blame for."""
        kept = self.whole == self.runs and self.resumed == self.asked_to
        same = self.may_change or not self.changed
        return kept and same and not (self.processes or self.files or self.blamed or self.impossible)


def main() -> int:
    """Run the campaign that the command line names; every attack unless told otherwise."""
    options = _options()
    names = options.attack or list(ATTACKS)
    left_out = {name: why for name in names if (why := ATTACKS[name].lacks()) is not None}
    names = [name for name in names if name not in left_out]
    undisturbed = _undisturbed(options) if any(ATTACKS[name].compared for name in names) else {}
    figures = [_campaign(options, name, undisturbed) for name in names]
    _write(options, figures, left_out)
    _tell(figures, left_out)
    return 0 if all(each.well for each in figures) else 1


def _tell(figures: list[Figure], left_out: Mapping[str, str]) -> None:
    rows = [
        (
            each.attack,
            f"{each.whole} of {each.runs}",
            f"{each.kept} of {each.finished}",
            f"{each.resumed} of {each.asked_to}",
            each.processes,
            each.files,
            each.changed,
            each.blamed,
            each.impossible,
            ", ".join(f"{code}: {count}" for code, count in sorted(each.codes.items())),
        )
        for each in figures
    ]
    print(tabulate(rows, headers=HEADERS, tablefmt="pipe"))
    for each in figures:
        for problem in each.problems:
            print(f"{each.attack}: {problem}")
    for name, why in left_out.items():
        print(f"{name}: left out: {why}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s chaos --", description=__doc__.partition("\n")[0])
    parser.add_argument("--attack", action="append", choices=ATTACKS, help="do this only; may be given again")
    parser.add_argument("--times", type=int, default=TIMES, help=f"runs for each attack [default: {TIMES}]")
    parser.add_argument("--seed", type=int, default=1, help="the same moments for the same seed [default: 1]")
    parser.add_argument("--resume", type=int, default=5, metavar="N", help="go on with each N-th run [default: 5]")
    parser.add_argument("--environments", type=Path, default=ROOT / ".nox", help="the rows' [default: .nox]")
    folder = ROOT / "results" / "chaos"
    parser.add_argument("--folder", type=Path, default=folder, help="where the figures go [default: results/chaos]")
    return parser.parse_args()


def _undisturbed(options: argparse.Namespace) -> dict[str, Said]:
    """Give what the cells of a run say that nobody attacks."""
    with tempfile.TemporaryDirectory(prefix="ib-compat-chaos-") as folder:
        trial = Trial(Path(folder), options.environments, Path(folder) / "results")
        try:
            trial.begin()
            trial.ended()
            return said(trial.left())
        finally:
            trial.end()


def _campaign(options: argparse.Namespace, name: str, undisturbed: Mapping[str, Said]) -> Figure:
    figure = Figure(attack=name, may_change=ATTACKS[name].may_change)
    for number in range(options.times):
        random = Random(f"{options.seed} {name} {number}")  # noqa: S311 - repeatable, and no secret
        with tempfile.TemporaryDirectory(prefix="ib-compat-chaos-", ignore_cleanup_errors=True) as folder:
            trial = Trial(Path(folder), options.environments, Path(folder) / "results")
            small = disk(trial.results) if ATTACKS[name].disk else nullcontext()
            with small:
                try:
                    _attacked(trial, ATTACKS[name], random, figure)
                    if ATTACKS[name].compared:
                        _compare(trial, undisturbed, figure)
                    if number % options.resume == 0:
                        _resume(trial, figure)
                finally:  # also where somebody ends the campaign
                    trial.end()
        print(f"{name}: {number + 1}/{options.times}", file=sys.stderr, flush=True)
    return figure


def _attacked(trial: Trial, attack: Attack, random: Random, figure: Figure) -> None:
    """Let one run be attacked, and count."""
    moment, pause = max(attack.after, random.randrange(CELLS)), random.uniform(0, _LATE)
    attack.begin(trial, random)
    if attack.waits:
        trial.reaches(moment, lambda: len(trial.told()))
        time.sleep(pause)
    attack.strike(trial, random)
    code, processes = trial.ended()
    told = trial.told()
    (trial.results / "filler").unlink(missing_ok=True)
    figure.runs += 1
    figure.codes[str(code)] = figure.codes.get(str(code), 0) + 1
    figure.processes += len(processes)
    files = trial.files()
    figure.files += len(files)
    figure.problems += [f"left {each}" for each in (*processes, *files)]
    _count(trial, attack, told, figure)


def _count(trial: Trial, attack: Attack, told: list[str], figure: Figure) -> None:
    """Hold what the run had told of against what is shown of it."""
    expected = CELLS if attack.survives else len(told)
    figure.finished += expected
    try:
        shown = statuses(trial.left())
    except (IbCompatError, ValueError) as problem:
        if expected:
            figure.problems.append(f"{expected} finished cells and nothing shown: {problem}: {_last_words(trial)}")
        else:
            figure.whole += 1
        return
    kept = len(shown) if attack.survives else sum(cell in shown for cell in told)
    figure.kept += kept
    figure.whole += kept == expected
    if kept != expected:
        figure.problems.append(f"{kept} of {expected} shown: {_last_words(trial)}")


def _compare(trial: Trial, undisturbed: Mapping[str, Said], figure: Figure) -> None:
    """Hold what the finished cells say against what they say where nobody attacks."""
    most = time.monotonic() - trial.began
    try:
        results = trial.left()
    except (IbCompatError, ValueError):
        return  # counted as lost
    cells = said(results)
    other, wrong, blames = changed(undisturbed, cells), impossible(results, most), blamed(undisturbed, cells)
    figure.changed += len(other)
    figure.impossible += len(wrong)
    figure.blamed += len(blames)
    figure.problems += wrong
    for cell, words in other.items():
        if cell in blames or not figure.may_change:
            figure.problems.append(f"{cell}: {words}")


def _resume(trial: Trial, figure: Figure) -> None:
    """Go on with a run that has cells left."""
    try:
        results = trial.left()
    except (IbCompatError, ValueError):
        return
    if results.run.complete or len(statuses(results)) == len(results.cells):
        return
    figure.asked_to += 1
    problem = trial.resumed()
    if problem is None:
        figure.resumed += 1
    else:
        figure.problems.append(f"not resumed: {problem}")


def _last_words(trial: Trial) -> str:
    return trial.said.read_text("utf-8", "replace")[-800:]


def _write(options: argparse.Namespace, figures: list[Figure], left_out: Mapping[str, str]) -> None:
    document = {
        "measured": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {"system": platform.platform(), "python": platform.python_version()},
        "seed": options.seed,
        "figures": [asdict(each) for each in figures],
        "left_out": dict(left_out),
    }
    options.folder.mkdir(parents=True, exist_ok=True)
    (options.folder / "chaos.json").write_text(f"{json.dumps(document, indent=2)}\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
