"""Defines the model of ``results.json`` and ``plan.json``; the published JSON Schema is generated from it.

Adding a key raises the minor version of ``SCHEMA_VERSION``; changing the meaning or the type of a key, or removing one,
raises the major version. Unknown keys are ignored, so files of a newer minor version can be read.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf

from harness.diagnose.verdict import Diagnosis
from harness.plan.matrix.expect import Verdict
from harness.recordings.recording import Origin
from harness.results.program_results import ProgramSeen
from harness.shared.evidence import Answer, AskedRecord, BootRecord, Ended, Moment, Notice, Resolved, VersionRange
from harness.shared.mask import Detail, Seconds, Words
from harness.shared.status import Fault, Status

SCHEMA_VERSION = "1.7.0"

CellId = Annotated[str, Field(examples=["ib_async==2.1.0/py3.11/gateway-10.45-paper"])]


class Record(BaseModel):
    """A part of the file."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)  # most commands make none of them

    def model_post_init(self, _context: object) -> None:
        """Forget which keys were given: nobody asks, and that is more than half of what a small record weighs."""
        self.__pydantic_fields_set__.clear()


class Host(Record):
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


class RunInfo(Record):
    """The run as a whole. Times are UTC; ``seconds`` is measured by a clock that nobody can set."""

    id: str
    started: datetime
    ended: datetime
    seconds: Seconds
    ib_compat: str = Field(description="version of ib-compat")
    host: Host
    command: list[str]
    matrix: str = Field(description="the matrix file")
    matrix_sha256: str | None = Field(default=None, description="SHA-256 of its bytes, in hexadecimal")
    whole: bool | None = Field(
        default=None,
        description="no selection, no other gateways: this, or its shards, are the whole matrix file",
    )
    complete: bool | None = Field(default=None, description="every planned cell was asked")
    timezone: str | None = Field(
        default=None, description="time zone of the rows' processes and of simulated logins; null: this computer's"
    )
    interrupted: bool = False
    unfinished: Unfinished | None = Field(
        default=None, description="why the run did not write this file itself: it is still running, or it died"
    )
    counts: dict[Status, int] = Field(description="cells by status; a status without cells is left out")
    verdicts: dict[Verdict, int] = Field(description="cells by how they compare with what was expected")
    parts: list[str] = Field(default=[], description="ids of the runs that this one was merged from")


class Absent(Record):
    """A cell that the matrix could have but the plan does not have."""

    cell: CellId
    reason: str


def _by_request(asked: Any) -> Any:
    """Return the outcome of each request of the reference client, in the form of the file."""
    if not isinstance(asked, tuple):
        return asked
    return {each.request: each.answer for each in asked if isinstance(each, AskedRecord)}


class ProbeInfo(Record):
    """An attempt of the reference client, which needs no library, against a gateway."""

    model_config = ConfigDict(from_attributes=True)

    when: str = Field(description="before, between or after the cells; for further attempts, what was different")
    passed: bool
    stage: str | None = Field(description="first stage not passed")
    reason: Words | None
    ended: Ended | None = Field(default=None, description="how it ended")
    server_version: int | None = Field(description="the gateway's own maximum")
    accounts: list[Words] = Field(description="masked")
    seconds: dict[str, Seconds] = Field(description="stage to time since the attempt began")
    notices: list[Notice]
    asked: Annotated[dict[str, Answer], BeforeValidator(_by_request)] = Field(
        default={}, description="requests that libraries make first, and their outcomes"
    )
    unasked: Words | None = Field(default=None, description="why nothing was requested, if it could have been")


class DesupportInfo(Record):
    """The end of this version at IBKR: by the gateway's own notice 2172, or by the known minimum version."""

    version: str = Field(description="the version that ends, as its notice (1037.1) or else the matrix file calls it")
    date: str = Field(description="the day it stops working, ISO 8601")
    minimum: str = Field(description="the lowest version that works then, as IBKR writes it: 1050.1 is 10.50.1")
    source: str | None = Field(default=None, description="the source; never a simulated gateway's own notice")
    seen: str | None = Field(default=None, description="the day on which that was read, ISO 8601")


class RecordedInfo(Record):
    """The recording with which a replayed gateway answers."""

    model_config = ConfigDict(from_attributes=True)

    began: datetime = Field(description="when it was made; UTC")
    origin: Origin = Field(description="whether it is of a real gateway, as far as its maker's machine showed")
    build: str = Field(description="version of the recorded gateway, if somebody said it; else empty")
    sha256: str = Field(description="SHA-256 of what is in it, in hexadecimal")


class GatewayInfo(Record):
    """A column."""

    product: str
    version: str
    mode: str
    kind: str
    host: str | None
    port: int | None
    profile: str | None
    server_version: int | None = Field(description="its own maximum, as the reference client read it")
    server_version_evidence: str = Field(description="source of a simulated gateway's number")
    recorded: RecordedInfo | None = Field(default=None, description="set if it answers as it was recorded")
    error: Words | None = Field(description="why it could not be started")
    passed_over: Words | None = Field(
        default=None, description="why its planned cells were not asked; the run is then not complete"
    )
    desupport: DesupportInfo | None = Field(
        default=None,
        description="set if a real gateway announced the end of its version, or the end is known",
    )
    diagnosis: Diagnosis | None = Field(default=None, description="set if it was looked at, or did not start")
    boot: BootRecord | None = Field(default=None, description="set if ib-compat started it in a container")
    probes: list[ProbeInfo]
    tried: list[ProbeInfo] = Field(default=[], description="further attempts of the reference client after a failure")
    artifacts: list[str] = Field(description="relative to the run's folder")


class Requested(Record):
    """What the matrix file asks for."""

    model_config = ConfigDict(from_attributes=True)

    distribution: str
    version: str
    requirements: list[str] = Field(description="what pip was given")


class OwedInfo(Record):
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


class ShardInfo(Record):
    """Which parts of a whole plan are here, and what the whole is."""

    shards: list[int] = Field(description="numbers of the parts, counted from 1; several if they were merged")
    of: int = Field(description="number of parts")
    cells: dict[CellId, OwedInfo] = Field(description="every cell of the whole, in the order of rows and columns")
    gateways: dict[str, GatewayInfo] = Field(description="every gateway of the whole, as the matrix file has it")
    unused: list[int] = Field(description="numbers of the [[expect]] tables that no check here needed")


class PlanInfo(Record):
    """Every cell that was planned, in the order of rows and columns, and every absent one with its reason."""

    cells: list[CellId]
    absent: list[Absent]
    programs: list[str] = Field(default=[], description="cells of programs, which are run after the others")
    shard: ShardInfo | None = Field(default=None, description="set if the run asks only a part of a whole plan")


class RuleInfo(Record):
    """An ``[[expect]]`` table of the matrix file."""

    rule: int = Field(description="its number in the file")
    check: list[str] = Field(description="checks that it applies to; none: the first that does not pass")
    status: list[Status]
    reason: Words
    link: str | None
    since: date
    review: date
    overdue: bool = Field(description="the review date had passed when the run ended")
    used: bool | None = Field(description="it applied to a check of the run; null: the run cannot tell")


class CheckExpected(Record):
    """How a check compares with what was expected of it, and by which rule of the matrix file."""

    verdict: Verdict
    status: list[Status] = Field(description="any of which is as expected")
    rule: int | None = Field(description="number of the [[expect]] table; null: none applies, so the check should pass")


class Expected(Record):
    """How a cell compares with what was expected of its checks."""

    verdict: Verdict = Field(description="the worst of its checks'")
    rules: list[int] = Field(description="numbers of the [[expect]] tables that applied")


class CheckInfo(Record):
    """One check of a cell."""

    name: str
    status: Status
    seconds: Seconds
    reason: Words | None
    expected: CheckExpected | None = Field(description="null: no rule applies to it, and it is as it should be")
    diagnosis: Diagnosis | None = Field(default=None, description="of a check that did not pass")
    detail: InstanceOf[Detail]


class CellInfo(Record):
    """One row against one gateway."""

    row: str
    library: str
    adapter: str
    requested: Requested
    resolved: Resolved | None
    python: str
    gateway: str
    client_id: int
    second_client_id: int = Field(description="for the checks that open a second connection")
    client_range: VersionRange | None
    negotiated: int | None
    predicted: int | None = Field(description="min(client_range.max, gateway_max)")
    gateway_max: int | None
    status: Status
    stage: str | None = Field(description="first check that unexpectedly did not pass, else the first that did not")
    reason: Words | None
    fault: Fault | None
    diagnosis: Diagnosis | None = Field(
        default=None, description="for a cell that did not pass: the verdict on the check where it stopped"
    )
    expected: Expected
    seconds: Seconds
    cpu_seconds: Seconds | None
    max_rss_bytes: int | None
    exit_code: int | None
    left: int | None = Field(default=None, description="number of its process, if no signal could end it")
    checks: list[CheckInfo]
    unsupported: list[str] = Field(description="checks that could not be asked, as predicted")
    notices: list[Notice]
    log_records: int
    artifacts: list[str] = Field(description="relative to the run's folder")
    rerun: str = Field(description="the command that runs this cell alone")


class Results(Record):
    """``results.json``: what a run leaves."""

    schema_version: str = SCHEMA_VERSION
    run: RunInfo
    plan: PlanInfo
    gateways: dict[str, GatewayInfo]
    timeline: list[Moment] = Field(default=[], description="who waited for what, in order; for started gateways")
    expectations: list[RuleInfo] = Field(description="the [[expect]] tables of the matrix file, in its order")
    programs: dict[str, ProgramSeen] = Field(
        default={}, description="the [[program]] tables of the matrix file that were planned, by name"
    )
    cells: dict[CellId, CellInfo]


class PlanFile(Record):
    """``plan.json``: written before the run, so that a run that dies shows what it owes."""

    schema_version: str = SCHEMA_VERSION
    run: str
    started: datetime
    command: list[str]
    matrix: str
    plan: PlanInfo
