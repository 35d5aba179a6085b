"""Defines the tables of a matrix file as users write them: names, types and bounds of every key."""

from __future__ import annotations

import ipaddress
import re
from datetime import date
from typing import Annotated, Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from harness.checks.all import NAMES
from harness.known import scenarios
from harness.known.images import ImageProfile
from harness.known.scenarios import Behaviour, Machine, TimeZone
from harness.plan.matrix.keys import Globs, Name, Seconds, Table, Text, Texts, Variables, as_tuple, one_or_many
from harness.plan.matrix.program_table import EndsTable, ProgramExpectTable, ProgramTable
from harness.shared.errors import did_you_mean
from harness.shared.status import Status

MODES = Literal["paper", "live"]
CLIENT_IDS = (7300, 7399)
"""The default range: away from 0, which takes over manual orders, and from ids that people use by hand."""

GATEWAY_TAKES = 15
"""The most cells at once on a simulated gateway. A cell may connect twice, the reference client needs a place, too, and
a Gateway refuses the 33rd client."""


def _pair(value: object) -> object:
    if isinstance(value, list) and len(value) == 2:  # noqa: PLR2004 - a first and a last
        return tuple(value)
    raise ValueError("expected [first, last]")


def _specifiers(value: str) -> str:
    try:
        SpecifierSet(value)
    except InvalidSpecifier:
        raise ValueError('expected a version range such as ">=10.37,<11"') from None
    return value


def _known_check(value: str) -> str:
    if value not in NAMES:
        raise ValueError(f"expected one of {', '.join(NAMES)}")
    return value


def _status(value: object) -> object:
    statuses = {status.value: status for status in Status}
    if isinstance(value, str) and value in statuses:
        return statuses[value]
    raise ValueError(f"expected one of {', '.join(statuses)}")


def _id_range(value: tuple[int, int]) -> tuple[int, int]:
    first, last = value
    if first < 2 or last < first:  # noqa: PLR2004 - 0 and 1 are the ids to stay away from
        raise ValueError("expected [first, last] with 2 <= first <= last; 0 and 1 are other programs' ids")
    return value


def _known_scenario(value: str) -> str:
    if value not in scenarios.load():
        raise ValueError(f"expected a scenario that ib-compat scenarios lists{did_you_mean(value, scenarios.load())}")
    return value


def _credential(value: str) -> str:
    if re.fullmatch(r"[A-Z][A-Z0-9_]*", value) is None:
        raise ValueError("expected capital letters, digits and _ only: environment variables begin with it")
    return value


def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise ValueError("expected an address in numbers, such as 127.0.0.1") from None


Specifiers = Annotated[str, AfterValidator(_specifiers)]
Check = Annotated[str, AfterValidator(_known_check)]
Checks = Annotated[tuple[Check, ...], BeforeValidator(one_or_many), Field(min_length=1)]
Statuses = Annotated[
    tuple[Annotated[Status, BeforeValidator(_status)], ...], BeforeValidator(one_or_many), Field(min_length=1)
]
Credential = Annotated[str, AfterValidator(_credential)]
Port = Annotated[int, Field(ge=0, le=65_535)]
ClientIds = Annotated[tuple[int, int], BeforeValidator(_pair), AfterValidator(_id_range)]


class LibraryTable(Table):
    """``[[library]]``; ``harness.plan.matrix.rows`` checks which keys go together."""

    adapter: Literal["ib_async", "ib_insync", "ibapi"]
    distribution: Text | None = None
    name: Name | None = None
    versions: Texts | None = None
    version: Text | None = None
    extra: Texts = ()
    pythons: Texts | None = None
    wheel: Text | None = None
    source: Text | None = None
    zip: Text | None = None
    git: Text | None = None


class _GatewayTable(Table):
    product: Literal["gateway", "tws"]
    version: Name
    mode: MODES | None = None
    name: Name | None = None
    concurrency: Annotated[int, Field(ge=1)] | None = None
    client_ids: ClientIds | None = None
    verdict: Text | None = None
    labels: Texts = ()


class SimulatorTable(_GatewayTable):
    """``[[gateway]]`` with ``kind = "simulator"``."""

    kind: Literal["simulator"]
    profile: Name | None = None
    port: Port = 0
    scenario: Annotated[str, AfterValidator(_known_scenario)] | None = None
    behaviour: Behaviour = scenarios.ORDINARY
    machine: Machine = scenarios.ANY_MACHINE
    hello: Text | None = None


class AddressTable(_GatewayTable):
    """``[[gateway]]`` with ``kind = "address"``: a gateway that somebody else runs."""

    kind: Literal["address"]
    host: Text | None = None
    port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    account: Text | None = None
    credential: Credential | None = None
    optional: bool = False


class DockerTable(_GatewayTable):
    """``[[gateway]]`` with ``kind = "docker"``: a gateway that ib-compat starts in a container."""

    kind: Literal["docker"]
    image: Text | None = None
    image_profile: Name | None = None
    credential: Credential = "TWS"
    environment: Variables = Field(default_factory=dict)
    read_only: bool | None = None
    publish: Annotated[str, AfterValidator(_address)] = "127.0.0.1"
    pull: Literal["missing", "always", "never"] = "missing"
    start_timeout: Seconds = 300.0
    two_factor_timeout: Seconds = 180.0
    reuse: bool = False
    may_end_sessions: bool = False
    account: Text | None = None


class ReplayTable(_GatewayTable):
    """``[[gateway]]`` with ``kind = "replay"``: a gateway that answers as a recording did."""

    kind: Literal["replay"]
    recording: Text
    port: Port = 0
    speed: Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)] | None = None


GatewayTable = Annotated[SimulatorTable | AddressTable | DockerTable | ReplayTable, Field(discriminator="kind")]


class WhereTable(Table):
    """The keys that say to which cells a rule applies."""

    library: Globs = ()
    versions: Specifiers = ""
    python: Specifiers = ""
    gateway: Globs = ()


class RuleTable(WhereTable):
    """``[[exclude]]`` and ``[[include]]``."""

    reason: Text


class ExpectTable(WhereTable):
    """``[[expect]]``; the dates are TOML dates, without quotes."""

    check: Checks | None = None
    status: Statuses
    reason: Text
    link: Text | None = None
    since: date
    review: date


class DefaultsTable(Table):
    """``[defaults]``; times in seconds."""

    checks: Annotated[tuple[Check, ...], BeforeValidator(as_tuple)] = NAMES
    connect_timeout: Seconds = 4.0
    request_timeout: Seconds = 5.0
    cell_deadline: Seconds | None = None
    concurrency: Annotated[int, Field(ge=1)] | None = None
    gateways_at_once: Annotated[int, Field(ge=1)] = 4
    isolation: Literal["auto", "fresh", "fork"] = "auto"
    orders: bool = False
    record: bool = True
    mode: MODES = "paper"
    pythons: Texts | None = None
    timezone: TimeZone | None = None


class MatrixTable(Table):
    """A whole matrix file."""

    library: Annotated[tuple[LibraryTable, ...], BeforeValidator(as_tuple)] = ()
    program: Annotated[tuple[ProgramTable, ...], BeforeValidator(as_tuple)] = ()
    gateway: Annotated[tuple[GatewayTable, ...], BeforeValidator(as_tuple)]
    image: Annotated[tuple[ImageProfile, ...], BeforeValidator(as_tuple)] = ()
    exclude: Annotated[tuple[RuleTable, ...], BeforeValidator(as_tuple)] = ()
    include: Annotated[tuple[RuleTable, ...], BeforeValidator(as_tuple)] = ()
    expect: Annotated[tuple[ExpectTable, ...], BeforeValidator(as_tuple)] = ()
    defaults: DefaultsTable = DefaultsTable()


_TABLES: dict[str, type[BaseModel]] = {
    "": MatrixTable,
    "library": LibraryTable,
    "gateway": SimulatorTable,
    "gateway.simulator": SimulatorTable,
    "gateway.simulator.behaviour": Behaviour,
    "gateway.address": AddressTable,
    "gateway.docker": DockerTable,
    "gateway.replay": ReplayTable,
    "program": ProgramTable,
    "program.ends": EndsTable,
    "program.expect": ProgramExpectTable,
    "image": ImageProfile,
    "exclude": RuleTable,
    "include": RuleTable,
    "expect": ExpectTable,
    "defaults": DefaultsTable,
}


def keys_of(table: str) -> tuple[str, ...]:
    """Return the keys that a table may have: ``""`` for the file, ``gateway.address``, ``expect`` and so on."""
    model = _TABLES.get(table)
    return tuple(model.model_fields) if model else ()
