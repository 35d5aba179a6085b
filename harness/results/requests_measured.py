"""Says of each request how it came out in the rows of a run: by the checks that ask it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from harness.checks.all import BY_NAME
from harness.results.results_model import CellInfo, CheckInfo, Results
from harness.shared.status import Status

_BAD = frozenset({Status.DEGRADED, Status.FAIL, Status.TIMEOUT})


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Red:
    """A check that did not pass.

    Args:
        row: library, version and Python.
        check: its name.
        status: what became of it.
        reason: why; empty if nothing is known.
        fault: at whom it is; empty if that is not known.
        gateways: at which gateways.
    """

    row: str
    check: str
    status: str
    reason: str
    fault: str
    gateways: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How a request came out.

    Args:
        passed: how many checks that ask it passed.
        impossible: how many could not be asked there, as the versions rule that out.
        reds: those that did not pass.
    """

    passed: int = 0
    impossible: int = 0
    reds: tuple[Red, ...] = ()


def requests_measured(run: Results, libraries: Collection[str]) -> dict[str, Measured]:
    """Return how each request came out; requests that no check of a cell asked are left out.

    Args:
        run: the run.
        libraries: only rows of these count.
    """
    counts: Counter[tuple[str, Status]] = Counter()
    reds: defaultdict[str, defaultdict[tuple[str, ...], set[str]]] = defaultdict(lambda: defaultdict(set))
    for cell, check, request in _asked(run, libraries):
        counts[request, check.status] += 1
        if check.status in _BAD:
            key = (cell.row, check.name, check.status.value, check.reason or "", _fault(cell, check))
            reds[request][key].add(cell.gateway)
    return dict(_of_each(counts, reds))


def _fault(cell: CellInfo, check: CheckInfo) -> str:
    diagnosis = check.diagnosis or (cell.diagnosis if cell.stage == check.name else None)
    return diagnosis.fault.value if diagnosis is not None and diagnosis.fault is not None else ""


def _asked(run: Results, libraries: Collection[str]) -> Iterator[tuple[CellInfo, CheckInfo, str]]:
    for cell in run.cells.values():
        for check in cell.checks if cell.adapter in libraries else ():
            if request := _request_of(check.name):
                yield cell, check, request


def _request_of(check: str) -> str:
    """Return the request that a check asks; empty if it asks none."""
    known = BY_NAME.get(check)
    if known is None:
        return ""
    return known.asks or ("place_order" if known.sends_order else "")


def _of_each(
    counts: Counter[tuple[str, Status]], reds: Mapping[str, Mapping[tuple[str, ...], set[str]]]
) -> Iterator[tuple[str, Measured]]:
    for request in dict.fromkeys(request for request, _ in counts):
        found = tuple(
            Red(row=row, check=check, status=status, reason=reason, fault=fault, gateways=tuple(sorted(gateways)))
            for (row, check, status, reason, fault), gateways in sorted(reds.get(request, {}).items())
        )
        passed, impossible = counts[request, Status.PASS], counts[request, Status.UNSUPPORTED]
        if passed or impossible or found:
            yield request, Measured(passed=passed, impossible=impossible, reds=found)
