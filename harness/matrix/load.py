"""A whole matrix file, checked and with every default filled in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from harness.errors import MatrixError
from harness.matrix.checks import in_order
from harness.matrix.containers import container_of
from harness.matrix.expect import Expectation, ExpectRule
from harness.matrix.gateway import GatewaySpec
from harness.matrix.placed import placed
from harness.matrix.problems import problem_lines
from harness.matrix.rows import Row, read_document, rows_of
from harness.matrix.surroundings import LOCAL
from harness.matrix.tables import (
    CLIENT_IDS,
    GATEWAY_TAKES,
    AddressTable,
    DefaultsTable,
    DockerTable,
    ExpectTable,
    MatrixTable,
    RuleTable,
    SimulatorTable,
    WhereTable,
)
from harness.matrix.where import Where
from harness.scenarios import ANY_MACHINE, ORDINARY, machine_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SIMULATED_CLIENT_IDS = (CLIENT_IDS[0], 32_767)
"""A simulated gateway has no other users, so its range fits any number of rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """``[defaults]``: what every cell is asked, and for how long; times in seconds.

    ``concurrency`` ``None`` leaves it to the scheduler. ``gateways_at_once`` is of those that we bring up. ``orders``
    asks the checks that send orders, of paper gateways.
    """

    checks: tuple[str, ...]
    connect_timeout: float
    request_timeout: float
    cell_deadline: float
    concurrency: int | None
    gateways_at_once: int
    isolation: str
    orders: bool
    record: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """``[[exclude]]`` or ``[[include]]`` number ``number``."""

    number: int
    where: Where
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """A matrix file, ready to be planned from."""

    file: Path
    rows: tuple[Row, ...]
    gateways: tuple[GatewaySpec, ...]
    excludes: tuple[Rule, ...]
    includes: tuple[Rule, ...]
    expectations: tuple[ExpectRule, ...]
    defaults: Defaults


def load_matrix(file: Path, *, host_python: str | None = None) -> Matrix:
    """Read and check a matrix file.

    Args:
        file: a TOML file as described in ``docs/reference/matrix.md``.
        host_python: what ``host`` means among ``pythons``; the running Python unless given.

    Raises MatrixError that lists everything that is wrong, one line each.
    """
    document = read_document(file)
    try:
        table = MatrixTable.model_validate(document)
    except ValidationError as error:
        raise _matrix_error(problem_lines(error, file), file) from None
    _refuse_empty(table, file)
    return Matrix(
        file=file,
        rows=rows_of(document, file, host_python=host_python),
        gateways=_gateways(table, file),
        excludes=_rules(table.exclude),
        includes=_rules(table.include),
        expectations=tuple(_expect_rule(number, rule) for number, rule in enumerate(table.expect, start=1)),
        defaults=_defaults(table.defaults),
    )


def _matrix_error(lines: list[str], file: Path) -> MatrixError:
    return MatrixError("\n".join(lines), hint=f"Correct {file}; docs/reference/matrix.md lists every key.")


def _refuse_empty(table: MatrixTable, file: Path) -> None:
    for name, tables in (("library", table.library), ("gateway", table.gateway)):
        if not tables:
            raise _matrix_error([f"{file}: [[{name}]]: is missing; expected at least one"], file)


def _gateways(table: MatrixTable, file: Path) -> tuple[GatewaySpec, ...]:
    gateways: dict[str, GatewaySpec] = {}
    for number, entry in enumerate(table.gateway, start=1):
        where = f"{file}: [[gateway]] {number}"
        there = placed(entry, where) if isinstance(entry, AddressTable) else entry
        try:
            gateway = _gateway(there, table)
        except ValueError as problem:
            raise _matrix_error([f"{where}: {problem}"], file) from None
        if gateway.name in gateways:
            message = f"{file}: [[gateway]] {number}: duplicate name {gateway.name!r}; give one a 'name'"
            raise _matrix_error([message], file)
        gateways[gateway.name] = gateway
    _refuse_keeping_a_shared_login(gateways.values(), file)
    return tuple(gateways.values())


def _refuse_keeping_a_shared_login(gateways: Iterable[GatewaySpec], file: Path) -> None:
    """A container that is kept holds its login, so that none of the others with it could be brought up."""
    booted = [gateway for gateway in gateways if gateway.container is not None]
    logins = Counter(gateway.credential for gateway in booted)
    for gateway in booted:
        if gateway.container and gateway.container.reuse and logins[gateway.credential] > 1:
            message = f"reuse: true: other containers need the credential {gateway.credential!r}, which it would keep"
            raise _matrix_error([f"{file}: [[gateway]] {gateway.name}: {message}"], file)


def _gateway(entry: SimulatorTable | AddressTable | DockerTable, table: MatrixTable) -> GatewaySpec:
    """Return a gateway with every default filled in; raises ValueError where its keys do not go together."""
    mode = entry.mode or table.defaults.mode
    name = entry.name or f"{entry.product}-{entry.version}-{mode}"
    scenario, behaviour, machine, hello = None, ORDINARY, ANY_MACHINE, None
    credential, container, port, optional = None, None, 0, False
    if isinstance(entry, SimulatorTable):
        scenario, behaviour, hello = entry.scenario, entry.behaviour, entry.hello
        machine = machine_of(scenario, entry.machine)
        name = entry.name or (f"{name}-{scenario}" if scenario else name)
        host, account = "127.0.0.1", None
        profile = entry.profile or f"{entry.product}-{entry.version}"
        concurrency, client_ids, port = GATEWAY_TAKES, _SIMULATED_CLIENT_IDS, entry.port
    else:
        account, profile, credential = entry.account, None, entry.credential
        concurrency, client_ids = 1, CLIENT_IDS
        if isinstance(entry, AddressTable):
            host, port, optional = entry.host or LOCAL, entry.port or 0, entry.optional
        else:
            host, container = entry.publish, container_of(entry, mode, table.image)
    return GatewaySpec(
        name=name,
        product=entry.product,
        version=entry.version,
        mode=mode,
        kind=entry.kind,
        host=host,
        port=port,
        profile=profile,
        client_ids=entry.client_ids or client_ids,
        concurrency=entry.concurrency or concurrency,
        account=account,
        scenario=scenario,
        behaviour=behaviour,
        verdict=entry.verdict,
        machine=machine,
        hello=hello,
        credential=credential,
        container=container,
        optional=optional,
        labels=entry.labels,
    )


def _where(table: WhereTable) -> Where:
    return Where(libraries=table.library, versions=table.versions, python=table.python, gateways=table.gateway)


def _rules(tables: Iterable[RuleTable]) -> tuple[Rule, ...]:
    return tuple(
        Rule(number=number, where=_where(table), reason=table.reason) for number, table in enumerate(tables, start=1)
    )


def _expect_rule(number: int, table: ExpectTable) -> ExpectRule:
    expectation = Expectation(
        rule=number,
        statuses=table.status,
        checks=table.check or (),
        reason=table.reason,
        link=table.link,
        since=table.since,
        review=table.review,
    )
    return ExpectRule(where=_where(table), expectation=expectation)


def _defaults(table: DefaultsTable) -> Defaults:
    return Defaults(
        checks=in_order(table.checks),
        connect_timeout=table.connect_timeout,
        request_timeout=table.request_timeout,
        cell_deadline=table.cell_deadline,
        concurrency=table.concurrency,
        gateways_at_once=table.gateways_at_once,
        isolation=table.isolation,
        orders=table.orders,
        record=table.record,
    )
