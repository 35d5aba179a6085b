"""Defines the model of ``results.json`` and ``plan.json``; the published JSON Schema is generated from it.

Adding a key raises the minor version of ``SCHEMA_VERSION``; changing the meaning or the type of a key, or removing one,
raises the major version. Unknown keys are ignored, so files of a newer minor version can be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from harness.diagnose.verdict import Diagnosis
from harness.plan.matrix.expect import Verdict
from harness.recordings.origin import Origin
from harness.results.program_results import ProgramSeen
from harness.shared.evidence import Answer, BootRecord, Ended, Moment, Notice, Resolved, VersionRange
from harness.shared.mask import Detail, Seconds, Words
from harness.shared.status import Fault, Status

SCHEMA_VERSION = "1.8.0"

CellId = str
"""A row and a gateway: ``ib_async==2.1.0/py3.11/gateway-10.45-paper``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The machine that ran; it is not named."""

    os: str
    python: str
    cpu_count: int


class Unfinished(StrEnum):
    """Why a run did not write its results itself; what is known about it comes from its journal."""

    RUNNING = "running"
    DIED = "died"
    TORN = "torn"
    """It died while it wrote a line of its journal, which is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """The run as a whole. Times are UTC; ``seconds`` is measured by a clock that nobody can set."""

    id: str
    started: datetime
    ended: datetime
    seconds: Seconds
    ib_compat: str
    """version of ib-compat"""
    host: Host
    command: list[str]
    matrix: str
    """the matrix file"""
    matrix_sha256: str | None = None
    """SHA-256 of its bytes, in hexadecimal"""
    whole: bool | None = None
    """no selection, no other gateways: this, or its shards, are the whole matrix file"""
    complete: bool | None = None
    """every planned cell was asked"""
    timezone: str | None = None
    """time zone of the rows' processes and of simulated logins; null: this computer's"""
    interrupted: bool = False
    unfinished: Unfinished | None = None
    """why the run did not write this file itself: it is still running, or it died"""
    counts: dict[Status, int]
    """cells by status; a status without cells is left out"""
    verdicts: dict[Verdict, int]
    """cells by how they compare with what was expected"""
    parts: list[str] = field(default_factory=list)
    """ids of the runs that this one was merged from"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """A cell that the matrix could have but the plan does not have."""

    cell: CellId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeInfo:
    """An attempt of the reference client, which needs no library, against a gateway."""

    when: str
    """before, between or after the cells; for further attempts, what was different"""
    passed: bool
    stage: str | None
    """first stage not passed"""
    reason: Words | None
    ended: Ended | None = None
    """how it ended"""
    server_version: int | None
    """the gateway's own maximum"""
    accounts: list[Words]
    """masked"""
    seconds: dict[str, Seconds]
    """stage to time since the attempt began"""
    notices: list[Notice]
    asked: dict[str, Answer] = field(default_factory=dict)
    """requests that libraries make first, and their outcomes"""
    unasked: Words | None = None
    """why nothing was requested, if it could have been"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DesupportInfo:
    """The end of this version at IBKR: by the gateway's own notice 2172, or by the known minimum version."""

    version: str
    """the version that ends, as its notice (1037.1) or else the matrix file calls it"""
    date: str
    """the day it stops working, ISO 8601"""
    minimum: str
    """the lowest version that works then, as IBKR writes it: 1050.1 is 10.50.1"""
    source: str | None = None
    """the source; never a simulated gateway's own notice"""
    seen: str | None = None
    """the day on which that was read, ISO 8601"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedInfo:
    """The recording with which a replayed gateway answers."""

    began: datetime
    """when it was made; UTC"""
    origin: Origin
    """whether it is of a real gateway, as far as its maker's machine showed"""
    build: str
    """version of the recorded gateway, if somebody said it; else empty"""
    sha256: str
    """SHA-256 of what is in it, in hexadecimal"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayInfo:
    """A column."""

    product: str
    version: str
    mode: str
    kind: str
    host: str | None
    port: int | None
    profile: str | None
    server_version: int | None
    """its own maximum, as the reference client read it"""
    server_version_evidence: str
    """source of a simulated gateway's number"""
    recorded: RecordedInfo | None = None
    """set if it answers as it was recorded"""
    error: Words | None
    """why it could not be started"""
    passed_over: Words | None = None
    """why its planned cells were not asked; the run is then not complete"""
    desupport: DesupportInfo | None = None
    """set if a real gateway announced the end of its version, or the end is known"""
    diagnosis: Diagnosis | None = None
    """set if it was looked at, or did not start"""
    boot: BootRecord | None = None
    """set if ib-compat started it in a container"""
    probes: list[ProbeInfo]
    tried: list[ProbeInfo] = field(default_factory=list)
    """further attempts of the reference client after a failure"""
    artifacts: list[str]
    """relative to the run's folder"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested:
    """What the matrix file asks for."""

    distribution: str
    version: str
    requirements: list[str]
    """what pip was given"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedInfo:
    """What is known of a planned cell before it is asked."""

    row: str
    library: str
    adapter: str
    requested: Requested
    python: str
    gateway: str
    client_id: int
    second_client_id: int
    rerun: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardInfo:
    """Which parts of a whole plan are here, and what the whole is."""

    shards: list[int]
    """numbers of the parts, counted from 1; several if they were merged"""
    of: int
    """number of parts"""
    cells: dict[CellId, OwedInfo]
    """every cell of the whole, in the order of rows and columns"""
    gateways: dict[str, GatewayInfo]
    """every gateway of the whole, as the matrix file has it"""
    unused: list[int]
    """numbers of the [[expect]] tables that no check here needed"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInfo:
    """Every cell that was planned, in the order of rows and columns, and every absent one with its reason."""

    cells: list[CellId]
    absent: list[Absent]
    programs: list[str] = field(default_factory=list)
    """cells of programs, which are run after the others"""
    shard: ShardInfo | None = None
    """set if the run asks only a part of a whole plan"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleInfo:
    """An ``[[expect]]`` table of the matrix file."""

    rule: int
    """its number in the file"""
    check: list[str]
    """checks that it applies to; none: the first that does not pass"""
    status: list[Status]
    reason: Words
    link: str | None
    since: date
    review: date
    overdue: bool
    """the review date had passed when the run ended"""
    used: bool | None
    """it applied to a check of the run; null: the run cannot tell"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckExpected:
    """How a check compares with what was expected of it, and by which rule of the matrix file."""

    verdict: Verdict
    status: list[Status]
    """any of which is as expected"""
    rule: int | None
    """number of the [[expect]] table; null: none applies, so the check should pass"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """How a cell compares with what was expected of its checks."""

    verdict: Verdict
    """the worst of its checks'"""
    rules: list[int]
    """numbers of the [[expect]] tables that applied"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInfo:
    """One check of a cell."""

    name: str
    status: Status
    seconds: Seconds
    reason: Words | None
    expected: CheckExpected | None
    """null: no rule applies to it, and it is as it should be"""
    diagnosis: Diagnosis | None = None
    """of a check that did not pass"""
    detail: Detail


@dataclass(frozen=True, slots=True, kw_only=True)
class CellInfo:
    """One row against one gateway."""

    row: str
    library: str
    adapter: str
    requested: Requested
    resolved: Resolved | None
    python: str
    gateway: str
    client_id: int
    second_client_id: int
    """for the checks that open a second connection"""
    client_range: VersionRange | None
    negotiated: int | None
    predicted: int | None
    """min(client_range.max, gateway_max)"""
    gateway_max: int | None
    status: Status
    stage: str | None
    """first check that unexpectedly did not pass, else the first that did not"""
    reason: Words | None
    fault: Fault | None
    diagnosis: Diagnosis | None = None
    """for a cell that did not pass: the verdict on the check where it stopped"""
    expected: Expected
    seconds: Seconds
    cpu_seconds: Seconds | None
    max_rss_bytes: int | None
    exit_code: int | None
    left: int | None = None
    """number of its process, if no signal could end it"""
    checks: list[CheckInfo]
    unsupported: list[str]
    """checks that could not be asked, as predicted"""
    notices: list[Notice]
    log_records: int
    artifacts: list[str]
    """relative to the run's folder"""
    rerun: str
    """the command that runs this cell alone"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """``results.json``: what a run leaves."""

    schema_version: str = SCHEMA_VERSION
    run: RunInfo
    plan: PlanInfo
    gateways: Mapping[str, GatewayInfo]
    timeline: list[Moment] = field(default_factory=list)
    """who waited for what, in order; for started gateways"""
    expectations: list[RuleInfo]
    """the [[expect]] tables of the matrix file, in its order"""
    programs: Mapping[str, ProgramSeen] = field(default_factory=dict)
    """the [[program]] tables of the matrix file that were planned, by name"""
    cells: Mapping[CellId, CellInfo]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFile:
    """``plan.json``: written before the run, so that a run that dies shows what it owes."""

    schema_version: str = SCHEMA_VERSION
    run: str
    started: datetime
    command: list[str]
    matrix: str
    plan: PlanInfo


def taken(kind: type[Any], record: object) -> dict[str, Any]:
    """Return the values that a record has of the fields of a kind, for a new record of it."""
    return {each.name: getattr(record, each.name) for each in fields(kind) if hasattr(record, each.name)}
