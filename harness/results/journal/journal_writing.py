"""The one writer of the journal: each line is handed to the operating system before the next thing happens."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

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
    encode,
)
from harness.results.journal.journal_reading import Seen, whole_lines
from harness.results.journal.plan_lines import plan_record
from harness.results.run_folder import JOURNAL, LOCK
from harness.shared.errors import JournalError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from harness.plan.plan_model import Plan
    from harness.results.assemble import RunFacts
    from harness.results.journal.journal_lines import Record, Wanted
    from harness.results.program_results import ProgramSeen
    from harness.shared.evidence import CellOutcome, GatewayOutcome, Moment, ProbeRecord

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
_MODE = 0o600
_SHORT = 2.0
"""Seconds for which another process may hold a run's lock, only to find out whether the run is alive."""


class Journal:
    """Records what a run sees, in the file and in memory.

    A line is written in one call, so that a process which is killed leaves whole lines, and the system keeps them.
    If the disk is full, a partly written line is removed again.

    Args:
        file: the open file; ``None`` if nothing is written.
        seen: what it contains already.
        name: its name in messages.
        since: when this part of the run began, by ``time.monotonic`` [default: now]
    """

    def __init__(self, file: int | None, seen: Seen, name: str, *, since: float | None = None) -> None:
        self._file = file
        self._name = name
        self._since = (time.monotonic() if since is None else since) - seen.passed
        self.seen = seen

    @classmethod
    def in_memory(cls) -> Journal:
        """Return a journal that is not written anywhere."""
        return cls(None, Seen(), "")

    def began(self, plan: Plan, facts: RunFacts, wanted: Wanted | None) -> None:
        """Write down what will be asked."""
        self._add(Began(version=VERSION, facts=facts, wanted=wanted, plan=plan_record(plan)))

    def resumed(self, command: tuple[str, ...]) -> None:
        """Record that the run is resumed, by this command line."""
        self._add(Resumed(command=command))

    def built(self, row: str, packages: Mapping[str, str]) -> None:
        """Record what is installed for a row."""
        self._add(Built(row=row, packages=dict(packages)))

    def cell(self, outcome: CellOutcome) -> None:
        """Write down a finished cell."""
        self._add(Finished(outcome=outcome))

    def gateway(self, met: GatewayOutcome) -> None:
        """Record what is new about a gateway, if anything is."""
        known = self.seen.parts[-1].get(met.name)
        if known == met:
            return
        more = met.probes[len(known.probes) :] if known is not None else ()
        if known is not None and _with(known, more) == met:
            for probe in more:
                self._add(Looked(gateway=met.name, probe=probe))
        else:
            self._add(Met(gateway=met))

    def program(self, name: str, seen: ProgramSeen) -> None:
        """Write down a program that was run."""
        self._add(Tried(name=name, seen=seen))

    def moment(self, moment: Moment) -> None:
        """Write down what began for a gateway that is brought up."""
        self._add(Passed(moment=moment))

    def ended(self, *, interrupted: bool) -> None:
        """Record the end of the run."""
        self._add(Ended(interrupted=interrupted))

    @property
    def passed(self) -> float:
        """Seconds that the run has taken so far, without those between its parts."""
        return time.monotonic() - self._since

    @property
    def size(self) -> int:
        """The size of the file in bytes."""
        return 0 if self._file is None else os.fstat(self._file).st_size

    def take_back(self, size: int) -> None:
        """Truncate the file to an earlier size, in bytes."""
        if self._file is not None:
            os.ftruncate(self._file, size)

    def _add(self, record: Record) -> None:
        """Write a line, or nothing if not all of it can be written.

        Raises:
            JournalError: it cannot be written.
        """
        stamped = record.model_copy(update={"at": time.time(), "passed": self.passed})
        if self._file is not None:
            self._write(self._file, encode(stamped))
        self.seen.add(stamped)

    def _write(self, file: int, line: bytes) -> None:
        size = self.size
        try:
            written = os.write(file, line)
        except OSError as problem:
            raise no_room(self._name, problem) from None
        if written < len(line):
            with suppress(OSError):  # a torn last line is recognised
                os.ftruncate(file, size)
            raise no_room(self._name, None)


def no_room(place: str, problem: OSError | None) -> JournalError:
    """Return the error for a part of a run that cannot be saved."""
    why = (problem.strerror or str(problem)) if problem else "no space left on device"
    return JournalError(
        f"{place}: cannot be written: {why}",
        hint="The finished cells are kept. Free some space; then `ib-compat run --resume` runs the rest.",
    )


def _with(known: GatewayOutcome, more: tuple[ProbeRecord, ...]) -> GatewayOutcome:
    return replace(known, probes=(*known.probes, *more))


@contextmanager
def begun(
    folder: Path, plan: Plan, facts: RunFacts, wanted: Wanted | None = None, *, since: float | None = None
) -> Iterator[Journal]:
    """Begin the journal of a run; nobody else may write it in the meantime.

    Args:
        folder: the folder of the run.
        plan: what it will ask.
        facts: what else is known of it.
        wanted: what the command line asked for.
        since: when the run began, by ``time.monotonic`` [default: now]

    Raises:
        JournalError: it cannot be written.
    """
    with _opened(folder, Seen(), since=since) as journal:
        journal.began(plan, facts, wanted)
        yield journal


@contextmanager
def resumed(folder: Path, seen: Seen, command: tuple[str, ...]) -> Iterator[Journal]:
    """Continue the journal of a run that is over; an incomplete last line is removed.

    If the context ends with a UsageError, because something is not as it was, the journal stays unchanged except for
    finished cells.

    Raises:
        JournalError: it cannot be written, or another process is continuing it.
    """
    with _opened(folder, seen) as journal:
        size, finished = journal.size, len(seen.cells)
        try:
            journal.resumed(command)
            yield journal
        except UsageError:
            if len(seen.cells) == finished:
                journal.take_back(size)
            raise


@contextmanager
def _opened(folder: Path, seen: Seen, *, since: float | None = None) -> Iterator[Journal]:
    name = folder / JOURNAL
    lock = FileLock(folder / LOCK, mode=_MODE)
    try:
        lock.acquire(timeout=_SHORT)
        file = os.open(name, _FLAGS, _MODE)
    except Timeout:
        raise JournalError(f"{folder}: another process is resuming this run") from None
    except (OSError, NotImplementedError) as problem:
        lock.release()
        raise JournalError(f"{name}: cannot be written: {problem}") from None
    try:
        os.ftruncate(file, whole_lines(name))
        yield Journal(file, seen, str(name), since=since)
    finally:
        os.close(file)
        lock.release()
