"""What the lines of a journal add up to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING

from harness.results.journal.journal_lines import Began, Built, Ended, Finished, Looked, Met, Passed, Resumed
from harness.shared.evidence import RunOutcome

if TYPE_CHECKING:
    from harness.results.journal.journal_lines import Record
    from harness.shared.evidence import CellOutcome, GatewayOutcome, Moment


@dataclass(slots=True)
class Seen:
    """All that was written down, by a run that goes on or by one that is over.

    Args:
        cells: the outcome of each finished cell, by its id.
        parts: for each part of a run that was ended and resumed, what it met of each gateway by the gateway's name.
        moments: in the order in which they came.
        packages: what was installed in the environment of each row, by its id.
        ended: how the last part ended; ``None`` where nobody wrote that down.
        last: when the last line was written, in Unix seconds.
        passed: seconds that the run had taken by then, by the clock that nobody can set.
    """

    cells: dict[str, CellOutcome] = field(default_factory=dict)
    parts: list[dict[str, GatewayOutcome]] = field(default_factory=lambda: [{}])
    moments: list[Moment] = field(default_factory=list)
    packages: dict[str, dict[str, str]] = field(default_factory=dict)
    ended: Ended | None = None
    last: float = 0.0
    passed: float = 0.0

    def add(self, record: Record) -> None:
        """Add what a line says."""
        self.last = record.at
        self.passed = max(self.passed, record.passed)
        match record:
            case Finished():
                self.cells[record.outcome.cell] = record.outcome
            case Met():
                self.parts[-1][record.gateway.name] = record.gateway
            case Looked() if record.gateway in self.parts[-1]:
                known = self.parts[-1][record.gateway]
                self.parts[-1][record.gateway] = replace(known, probes=(*known.probes, record.probe))
            case Passed():
                self.moments.append(record.moment)
            case Built():
                self.packages[record.row] = record.packages
            case Ended():
                self.ended = record
            case Resumed():
                self.parts.append({})
                self.ended = None
            case Began() | Looked():
                pass

    def before(self) -> dict[str, GatewayOutcome]:
        """Return each gateway as the parts before this one met it."""
        return _together(self.parts[:-1])

    def gateways(self) -> dict[str, GatewayOutcome]:
        """Return each gateway as all parts of the run met it."""
        return _together(self.parts)

    def outcome(self, *, interrupted: bool) -> RunOutcome:
        """Return all of it as one run saw it."""
        return RunOutcome(
            outcomes=tuple(self.cells.values()),
            gateways=tuple(self.gateways().values()),
            interrupted=interrupted,
            timeline=tuple(self.moments),
        )


def _together(parts: list[dict[str, GatewayOutcome]]) -> dict[str, GatewayOutcome]:
    names = {name: None for part in parts for name in part}
    return {name: reduce(joined, [part[name] for part in parts if name in part]) for name in names}


def joined(before: GatewayOutcome, after: GatewayOutcome) -> GatewayOutcome:
    """Return a gateway that two parts of a run met: all looks of the control, and else what is known last."""
    return replace(
        after,
        server_version=after.server_version if before.server_version is None else before.server_version,
        server_version_evidence=after.server_version_evidence or before.server_version_evidence,
        probes=(*before.probes, *after.probes),
        search=after.search or before.search,
        view=after.view or before.view,
        boot=after.boot or before.boot,
        artifacts=tuple(dict.fromkeys((*before.artifacts, *after.artifacts))),
    )
