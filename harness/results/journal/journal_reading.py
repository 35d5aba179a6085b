"""The one reader of journals, whether a run is over, still running, or dead; it adds up their lines."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

from harness.results.journal.journal_lines import (
    VERSION,
    Began,
    Built,
    Ended,
    Finished,
    Looked,
    Met,
    Passed,
    Resumed,
    Tried,
    decode,
)
from harness.results.journal.plan_lines import plan_of_record
from harness.results.run_folder import JOURNAL
from harness.shared import garbage
from harness.shared.bounded_reading import read_bytes
from harness.shared.errors import InputError, JournalError
from harness.shared.evidence import RunOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from harness.plan.plan_model import Plan
    from harness.results.assemble import RunFacts
    from harness.results.journal.journal_lines import Record, Wanted
    from harness.results.program_results import ProgramSeen
    from harness.shared.evidence import CellOutcome, GatewayOutcome, Moment


@dataclass(slots=True)
class Seen:
    """Everything that a run wrote into its journal, whether it is over or still running.

    Args:
        cells: the outcome of each finished cell, by its id.
        parts: for each part of the run (it has several if it was resumed), gateway name to what the part met.
        programs: what was found of each program that was run, by its name.
        moments: the timeline, in order.
        packages: row id to the packages in its environment, by name.
        ended: how the last part ended; ``None`` if that was not recorded.
        last: when the last line was written, in Unix seconds.
        passed: seconds that the run had taken by then, by the monotonic clock.
    """

    cells: dict[str, CellOutcome] = field(default_factory=dict)
    parts: list[dict[str, GatewayOutcome]] = field(default_factory=lambda: [{}])
    programs: dict[str, ProgramSeen] = field(default_factory=dict)
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
            case Tried():
                self.programs[record.name] = record.seen
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
        """Return each gateway as the earlier parts of the run met it."""
        return _together(self.parts[:-1])

    def gateways(self) -> dict[str, GatewayOutcome]:
        """Return each gateway as all parts of the run met it."""
        return _together(self.parts)

    def outcome(self, *, interrupted: bool) -> RunOutcome:
        """Return everything as the outcome of one run."""
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
    """Return a gateway that two parts of a run met: all looks of the reference client, otherwise the newest facts."""
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


_CHUNK = 65_536
_SHORT = 1_024
_OTHER_VERSION = "it was begun by another version of ib-compat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a run has left so far.

    Args:
        plan: its plan.
        facts: what else is known of it.
        wanted: what the command line asked for; ``None`` if no command line can ask for the same.
        seen: what it saw.
        torn: whether the last line is incomplete, because the run ended while it wrote the line.
    """

    plan: Plan
    facts: RunFacts
    wanted: Wanted | None
    seen: Seen
    torn: bool


def read_journal(folder: Path) -> Left:
    """Read the journal in a run's folder.

    Raises:
        JournalError: there is none, it cannot be read, or it is not of this version.
    """
    file = folder / JOURNAL
    try:
        data = read_bytes(file)
    except FileNotFoundError as problem:
        raise JournalError(f"{file}: cannot be read: {problem.strerror or problem}") from None
    except InputError as problem:
        raise JournalError(str(problem)) from None
    *lines, rest = data.split(b"\n")
    del data  # the lines are all of it once more
    if not lines:
        raise JournalError(f"{file}: the run ended before it began")
    began, seen = _began(lines[0], file), Seen()
    with garbage.not_looked_for():  # which takes twice as long as the reading itself
        seen.add(began)
        details: dict[str, Mapping[str, Any]] = {}
        for record in _decoded(lines[1:], file):
            seen.add(_sharing(details, record))
    try:
        plan = plan_of_record(began.plan)
    except IndexError:
        raise JournalError(f"{file}, line 1: plan: a cell names what is not there") from None
    return Left(plan=plan, facts=began.facts, wanted=began.wanted, seen=seen, torn=bool(rest))


def _sharing(details: dict[str, Mapping[str, Any]], record: Record) -> Record:
    """Return a record that shares one object with others for each equal answer, because copies need much memory."""
    if not isinstance(record, Finished):
        return record
    checks = (
        replace(check, detail=details.setdefault(json.dumps(check.detail), check.detail))
        for check in record.outcome.checks
    )
    return record.model_copy(update={"outcome": replace(record.outcome, checks=tuple(checks))})


def _decoded(lines: list[bytes], file: Path) -> Iterator[Record]:
    number = 1
    try:
        for line in lines:
            number += 1
            yield decode(line)
    except JournalError as problem:
        raise JournalError(f"{file}, line {number}: {problem}") from None


def _began(line: bytes, file: Path) -> Began:
    _refuse_another_version(line, file)
    try:
        record = decode(line)
    except JournalError as problem:
        raise JournalError(f"{file}, line 1: {problem}", hint=f"Maybe {_OTHER_VERSION}.") from None
    if not isinstance(record, Began):
        raise JournalError(f"{file}, line 1: is not the beginning of a journal")
    return record


def _refuse_another_version(line: bytes, file: Path) -> None:
    """Look at the version before anything else of the line, which that version may have meant otherwise."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return  # it is damaged, and reading it says how
    if isinstance(document, dict) and document.get("event") == "began" and document.get("version") != VERSION:
        hint = (
            f"Journals of version {VERSION} are read here, this one has {document.get('version', 'none')}. Run it anew."
        )
        raise JournalError(f"{file}: {_OTHER_VERSION}", hint=hint)


def came_to_its_end(folder: Path) -> bool:
    """Return whether every cell of a run was asked, according to the journal's last line, which alone is read."""
    with suppress(OSError, JournalError), (folder / JOURNAL).open("rb") as opened:
        size = opened.seek(0, 2)
        opened.seek(max(0, size - _SHORT))
        last = decode(opened.read().rstrip(b"\n").rpartition(b"\n")[2])
        return isinstance(last, Ended) and not last.interrupted
    return False


def whole_lines(file: Path) -> int:
    """Return how many bytes of a journal are whole lines."""
    with file.open("rb") as opened:
        end = place = opened.seek(0, 2)
        while place > 0:
            place = max(0, place - _CHUNK)
            opened.seek(place)
            found = opened.read(end - place).rfind(b"\n")
            if found >= 0:
                return place + found + 1
            end = place
    return 0
