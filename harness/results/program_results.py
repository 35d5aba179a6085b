"""Defines what results hold of a program: of each gateway and library with which it was run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from harness.plan.matrix.expect import Verdict
from harness.programs.itself import ProgramItself
from harness.shared.mask import Seconds, Words
from harness.shared.status import Finding, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCount:
    """How often a program asked something, and what came of it."""

    name: str
    outcome: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramDifference:
    """Something that a program does otherwise than with what it has today."""

    kind: str
    where: Words
    """the request, and its field after a point, if it is about one"""
    before: Words
    """with what it has today"""
    after: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramObserved:
    """What was noted inside a program; nothing depends on it."""

    began: bool
    """whether the observer began; if not, nothing is known"""
    notes: tuple[Words, ...] = ()
    """warnings and worse that were logged, exceptions that nobody caught, tasks that stayed pending"""
    only_here: tuple[Words, ...] = ()
    """those that it has not with what it has today"""
    only_today: tuple[Words, ...] = ()
    """those that it has with what it has today, and not here"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramCell:
    """A program with one gateway, and with one version of its library if that is varied."""

    row: str
    """the program, with the library after a slash if that is varied"""
    library: str
    """name and version; empty if it is not varied"""
    gateway: str
    today: bool
    """the others are compared with it, as far as their gateways say the same of the same account"""
    compared_with: str = ""
    """id of the cell of today; cells that are compared with the same can be compared"""
    finding: Finding | None = None
    """whether it does the same as today; of today's, whether two runs do the same; null if it was not tried"""
    status: Status = Status.NOT_RUN
    """pass: it does the same; fail: it does not; skipped: nobody can tell; error: it could not be run; not-run"""
    reason: Words = ""
    changed: tuple[str, ...] = ()
    """what is other than today: gateway, library"""
    expected: Verdict = Verdict.AS_EXPECTED
    rule: int | None = None
    """number of the [[program.expect]] table that applies"""
    because: Words = ""
    """its reason"""
    review: date | None = None
    """the day after which somebody is to look at it again"""
    server_versions: tuple[int, ...] = ()
    """the negotiated ones, each once"""
    end: str = ""
    seconds: Seconds = 0.0
    cpu_seconds: Seconds | None = None
    """processor time, of the processes that it started and waited for, too; null if the system does not say"""
    peak_bytes: int | None = None
    """the most memory that its own process had; null if the system does not say"""
    requests: tuple[RequestCount, ...] = ()
    orders: int = 0
    """how many orders it placed or changed"""
    differences: tuple[ProgramDifference, ...] = ()
    lacks: tuple[str, ...] = ()
    """requests that are not simulated, or not in the recording"""
    cautions: tuple[Words, ...] = ()
    """what goes wrong whoever answers, and what its library makes of errors that mean something else"""
    observed: ProgramObserved | None = None
    """null if nobody asked for it"""
    ready_seconds: Seconds | None = None
    """from its first hello until it could begin; null if it never could"""
    messages_per_second: float | None = None
    """of the gateway, on all connections; null if none can be counted"""
    left: int = 0
    """processes that it left behind, which were ended"""
    output: Words = ""
    """the last that it wrote"""
    artifacts: tuple[str, ...] = ()
    """relative to the run's folder"""
    rerun: str = ""
    """the command that runs the program with that gateway alone"""
    itself: ProgramItself | None = None
    """digests of the program as it was then; null if that was not kept"""

    @property
    def answers(self) -> bool:
        """Whether it answers the question, or need not because the matrix file says so."""
        return (self.finding is not None and self.finding.answers) or self.rule is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramSeen:
    """A program of the matrix file, and what was found of it."""

    command: tuple[Words, ...]
    rows: tuple[str, ...]
    gateways: tuple[str, ...]
    """its columns"""
    cells: dict[str, ProgramCell]
    """by row and gateway, with a slash between"""
