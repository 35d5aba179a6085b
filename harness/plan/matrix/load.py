"""Loads a whole matrix file, validated and with every default filled in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from harness.checks.all import CHECKS, NAMES
from harness.plan.matrix.columns import columns_of
from harness.plan.matrix.expect import Expectation, ExpectRule, Where
from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.plan.matrix.origins import refuse_missing
from harness.plan.matrix.problems import matrix_error, problem_lines
from harness.plan.matrix.program_spec import ProgramSpec, program_specs
from harness.plan.matrix.rows import Row, read_document, rows_of
from harness.plan.matrix.tables import DefaultsTable, ExpectTable, MatrixTable, RuleTable, WhereTable
from harness.shared.bounded_reading import MOST_TYPED, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ALWAYS = frozenset(check.name for check in CHECKS if check.always)
"""The checks that are always asked, whatever the matrix file lists: they prove contact, and clean up."""


def in_order(listed: Iterable[str]) -> tuple[str, ...]:
    """The listed checks and those always asked, each once, in the order in which they are asked."""
    wanted = ALWAYS.union(listed)
    return tuple(check for check in NAMES if check in wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """``[defaults]``: what every cell is asked, and for how long; times in seconds.

    If ``concurrency`` is ``None``, the scheduler decides. ``gateways_at_once`` limits the gateways that ib-compat
    starts. ``orders`` enables the checks that send orders, on paper gateways. ``timezone`` is the IANA name of the zone
    of the rows' processes and of simulated gateways; ``None`` for this computer's.
    """

    checks: tuple[str, ...]
    connect_timeout: float
    request_timeout: float
    cell_deadline: float | None
    concurrency: int | None
    gateways_at_once: int
    isolation: str
    orders: bool
    record: bool
    timezone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """``[[exclude]]`` or ``[[include]]`` number ``number``."""

    number: int
    where: Where
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """A matrix file, with everything that a plan needs.

    ``sha256`` is the hash of the file's bytes, in hexadecimal. ``whole`` is false if other gateways replace the file's
    own.
    """

    file: Path
    rows: tuple[Row, ...]
    gateways: tuple[GatewaySpec, ...]
    excludes: tuple[Rule, ...]
    includes: tuple[Rule, ...]
    expectations: tuple[ExpectRule, ...]
    defaults: Defaults
    programs: tuple[ProgramSpec, ...] = ()
    sha256: str = ""
    whole: bool = True


def load_matrix(file: Path, *, host_python: str | None = None) -> Matrix:
    """Read and check a matrix file.

    Args:
        file: a TOML file as described in ``docs/reference/matrix.md``.
        host_python: what ``host`` means among ``pythons`` [default: the running Python]

    Raises:
        MatrixError: something is wrong; the error lists everything, one line each.
    """
    document = read_document(file)
    try:
        table = MatrixTable.model_validate(document)
    except ValidationError as error:
        raise matrix_error(problem_lines(error, file), file) from None
    _refuse_empty(table, file)
    refuse_missing(document, file)
    columns = columns_of(table, file)
    return Matrix(
        file=file,
        rows=rows_of(document, file, host_python=host_python),
        gateways=columns,
        excludes=_rules(table.exclude),
        includes=_rules(table.include),
        expectations=tuple(_expect_rule(number, rule) for number, rule in enumerate(table.expect, start=1)),
        defaults=_defaults(table.defaults),
        programs=program_specs(table.program, columns, file),
        sha256=hashlib.sha256(read_bytes(file, MOST_TYPED)).hexdigest(),
    )


def _refuse_empty(table: MatrixTable, file: Path) -> None:
    if not table.gateway:
        raise matrix_error([f"{file}: [[gateway]]: is missing; expected at least one"], file)
    if not table.library and not table.program:
        raise matrix_error([f"{file}: [[library]]: is missing; expected at least one"], file)


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
        timezone=table.timezone,
    )
