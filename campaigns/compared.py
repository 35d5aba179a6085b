"""What the finished cells of an attacked run say, beside those of a run that nobody attacked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from campaigns.trial import statuses
from harness.results.results_model import CellInfo, Results
from harness.shared.status import Fault, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a finished cell says.

    Args:
        words: the status of the cell, and each check that did not pass, with its verdict.
        blames: it says of the library that it is at fault.
    """

    words: str
    blames: bool


def said(results: Results) -> dict[str, Said]:
    """Give what every finished cell says."""
    return {name: _said(results.cells[name]) for name in statuses(results)}


def _said(cell: CellInfo) -> Said:
    verdicts = [check.diagnosis for check in cell.checks if check.diagnosis is not None]
    faults = {cell.fault, *(verdict.fault for verdict in verdicts)}
    red = (
        f"{check.name} {check.status} {check.diagnosis.code if check.diagnosis else ''}".rstrip()
        for check in cell.checks
        if check.status is not Status.PASS
    )
    return Said(words=", ".join((str(cell.status), *red)), blames=Fault.LIBRARY in faults)


def changed(before: Mapping[str, Said], after: Mapping[str, Said]) -> dict[str, str]:
    """Give the cells that say something else than before, with both."""
    return {
        name: f"{before[name].words if name in before else 'nothing'} -> {each.words}"
        for name, each in after.items()
        if name not in before or before[name].words != each.words
    }


def blamed(before: Mapping[str, Said], after: Mapping[str, Said]) -> list[str]:
    """Give the cells that blame their library, and did not before."""
    return [name for name, each in after.items() if each.blames and not (name in before and before[name].blames)]


def impossible(results: Results, most: float) -> list[str]:
    """Give what is said to have taken less than no time, or longer than the run took as others saw it.

    The run itself took no less than any of its cells.
    """
    longest = max((cell.seconds for cell in results.cells.values()), default=0.0)
    wrong = [(name, seconds) for name, seconds in _durations(results) if not 0 <= seconds <= most]
    if 0 <= results.run.seconds < longest:
        wrong.append(("the run", results.run.seconds))
    return [f"{name} took {seconds:.3f} s" for name, seconds in wrong]


def _durations(results: Results) -> Iterator[tuple[str, float]]:
    yield "the run", results.run.seconds
    for name, cell in results.cells.items():
        yield name, cell.seconds
        yield from ((f"{name}: {check.name}", check.seconds) for check in cell.checks)
    for name, gateway in results.gateways.items():
        for probe in (*gateway.probes, *gateway.tried):
            yield from ((f"{name}: {stage}", seconds) for stage, seconds in probe.seconds.items())
