"""Makes the plan from a matrix and a selection: which checks each cell is asked, and how long it may take.

A cell's deadline is the sum of all timeouts of its checks. A healthy cell takes a moment, and one at a distant or
silent gateway as long as the timeouts allow. So the deadline ends only a cell that keeps none of its timeouts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.checks.all import CHECKS, NAMES
from harness.checks.check import Check, Phase
from harness.known import scenarios
from harness.plan.plan_model import AbsentCell, Plan, PlannedCell, cell_id
from harness.plan.selection import Selection, check_selection
from harness.shared.errors import MatrixError, SelectionError
from harness.shared.hosts import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from harness.plan.matrix.gateway_spec import GatewaySpec
    from harness.plan.matrix.load import Matrix, Rule
    from harness.plan.matrix.program_spec import ProgramSpec
    from harness.plan.matrix.rows import Row

LIVE_REFUSED = "it is live, and live is asked only with --allow-live"
_EVERYTHING = Selection()


def build_plan(
    matrix: Matrix,
    selection: Selection = _EVERYTHING,
    *,
    allow_live: bool = False,
    skipped_rows: Mapping[str, str] | None = None,
    concurrency: int | None = None,
    isolation: str | None = None,
    orders: bool = False,
    record: bool | None = None,
    may_be_empty: bool = False,
) -> Plan:
    """Decide on every cell of the matrix.

    Args:
        matrix: the matrix file.
        selection: the selection of the command line.
        allow_live: whether to ask gateways with real money behind them; if not, their cells are skipped.
        skipped_rows: row id to the reason why its cells are skipped, such as a missing interpreter.
        concurrency: the most cells at once [default: that of the file]
        isolation: ``auto``, ``fork`` or ``fresh`` [default: that of the file]
        orders: whether to ask checks that send orders, at paper gateways; the file may also say so.
        record: whether to record the traffic [default: what the file says]
        may_be_empty: whether a plan without cells is allowed.

    Raises:
        SelectionError: the selection matches no cell, and ``may_be_empty`` is false.
        MatrixError: a gateway has too few client ids.
    """
    check_selection(selection, matrix)
    builder = _Builder(matrix, selection, allow_live=allow_live, orders=orders, skipped_rows=skipped_rows or {})
    plan = builder.plan()
    if not plan.cells and not plan.programs and not may_be_empty:
        raise SelectionError("no cell is left to ask", hint=_why_nothing(plan.absent))
    return replace(
        plan,
        concurrency=concurrency or plan.concurrency,
        isolation=isolation or plan.isolation,
        record=plan.record if record is None else record,
    )


class _Builder:
    """Collects cells and absent cells, and counts client ids."""

    def __init__(
        self,
        matrix: Matrix,
        selection: Selection,
        *,
        allow_live: bool,
        orders: bool,
        skipped_rows: Mapping[str, str],
    ) -> None:
        self.cells: list[PlannedCell] = []
        self.absent: list[AbsentCell] = []
        self.narrowed = False
        self._matrix = matrix
        self._selection = selection
        self._allow_live = allow_live
        self._orders = orders or matrix.defaults.orders
        self._skipped_rows = skipped_rows
        self._next_client_id = {gateway.name: gateway.client_ids[0] for gateway in matrix.gateways}

    def plan(self) -> Plan:
        """Decide on every cell; everything else comes from the matrix file."""
        for row in self._matrix.rows:
            for gateway in self._matrix.gateways:
                self._decide(row, gateway)
        defaults = self._matrix.defaults
        return Plan(
            matrix=self._matrix.file,
            cells=tuple(self.cells),
            absent=tuple(self.absent),
            concurrency=defaults.concurrency,
            gateways_at_once=defaults.gateways_at_once,
            isolation=defaults.isolation,
            record=defaults.record,
            timezone=defaults.timezone,
            rules=self._matrix.expectations,
            narrowed=self.narrowed or not self._matrix.whole or self._leaves_programs,
            sha256=self._matrix.sha256,
            programs=tuple(self._programs()),
        )

    @property
    def _leaves_programs(self) -> bool:
        """Whether not all of the matrix file's programs are planned as they are there."""
        return [each.cells for each in self._programs()] != [each.cells for each in self._matrix.programs]

    def _programs(self) -> Iterator[ProgramSpec]:
        for program in self._matrix.programs:
            if self._selection.takes_program(program):
                yield replace(program, columns=self._selection.columns_of(program), orders=self._orders)

    def _decide(self, row: Row, gateway: GatewaySpec) -> None:
        """Add the cell to the plan, or to the absent ones with the reason."""
        reason = self._why_absent(row, gateway)
        if reason is None:
            self.cells.append(self._cell(row, gateway))
        else:
            self.absent.append(AbsentCell(id=cell_id(row, gateway), reason=reason))

    def _why_absent(self, row: Row, gateway: GatewaySpec) -> str | None:
        rule = _first_match(self._matrix.excludes, row, gateway)
        if rule and not _first_match(self._matrix.includes, row, gateway):
            return f"excluded by [[exclude]] {rule.number}: {rule.reason}"
        if not self._selection.takes(row, gateway):
            self.narrowed = True
            return self._selection.left_out_by(row, gateway)
        return None

    def _cell(self, row: Row, gateway: GatewaySpec) -> PlannedCell:
        defaults = self._matrix.defaults
        without = left_out(gateway, defaults.checks, orders=self._orders)
        asked = tuple(check for check in NAMES if check not in without)
        waits = {"connect_timeout": defaults.connect_timeout, "request_timeout": defaults.request_timeout}
        return PlannedCell(
            id=cell_id(row, gateway),
            row=row,
            gateway=gateway,
            client_id=self._client_id(gateway),
            second_client_id=self._client_id(gateway),
            checks=asked,
            left_out=without,
            orders=may_order(gateway, orders=self._orders),
            **waits,
            deadline=defaults.cell_deadline or all_may_take(asked, **waits),
            rules=self._matrix.expectations,
            skip=self._why_skipped(row, gateway),
            kept=self._why_kept(row, gateway),
        )

    def _why_kept(self, row: Row, gateway: GatewaySpec) -> str | None:
        taken = _first_match(self._matrix.excludes, row, gateway)
        back = _first_match(self._matrix.includes, row, gateway)
        if taken is None or back is None:
            return None
        return (
            f"taken back by [[include]] {back.number} ({back.reason}) from [[exclude]] {taken.number} ({taken.reason})"
        )

    def _why_skipped(self, row: Row, gateway: GatewaySpec) -> str | None:
        if gateway.live and not self._allow_live:
            return LIVE_REFUSED
        beside = [other for other in self._matrix.gateways if self._selection.takes(row, other)]
        return self._skipped_rows.get(row.id) or login_held(gateway, beside)

    def _client_id(self, gateway: GatewaySpec) -> int:
        """Return an unused client id of the gateway, because a Gateway refuses one that it still holds.

        The last one of the range belongs to the reference client.
        """
        first, last = gateway.client_ids
        client_id = self._next_client_id[gateway.name]
        if client_id >= last:
            where = f"{self._matrix.file}: gateway {gateway.name}: client_ids: [{first}, {last}]"
            raise MatrixError(f"{where}: expected two ids for each cell and one for the reference client; widen it")
        self._next_client_id[gateway.name] = client_id + 1
        return client_id


def _first_match(rules: Iterable[Rule], row: Row, gateway: GatewaySpec) -> Rule | None:
    for rule in rules:
        if rule.where.matches(library=row.name, version=row.version, python=row.python, gateway=gateway.name):
            return rule
    return None


def _why_nothing(absent: Sequence[AbsentCell]) -> str:
    """Return the most common reason among the selected cells, else among all cells."""
    reasons = [cell.reason for cell in absent if cell.reason.startswith("excluded")]
    reasons = reasons or [cell.reason for cell in absent]
    commonest = max(set(reasons), key=reasons.count)
    return f"Most of the {len(absent)} cells of the matrix are {commonest}."


SPARE = 10.0
"""Seconds for work without a timeout on a busy machine: starting the process, reading answers."""

_TIMES_A_TIMEOUT = 3
"""How many connect timeouts a library may take until it is ready. ib_async and ib_insync apply the timeout to the wait
for readiness, to the start-up requests, and to the request for executions (`adapters.asyncio_connect`)."""

_CONNECT = frozenset({Phase.TCP, Phase.VERSION, Phase.READY})
_BY_NAME = {check.name: check for check in CHECKS}


def may_take(name: str, *, connect_timeout: float, request_timeout: float, round_trip: float = 0.0) -> float:
    """Return the seconds that a check may take, by what it declares (`Check.requests`, `Check.connects`), and a margin.

    Args:
        name: the name of the check; a stage of the connect may take as long as the whole connect.
        connect_timeout: the timeout of a connect, in seconds.
        request_timeout: the timeout of a request, in seconds.
        round_trip: seconds from a message of the reference client to its answer. They are added for what a check sends
            before and after its requests, such as a cancellation.
    """
    return SPARE + _waits(_BY_NAME[name], connect_timeout, request_timeout, round_trip)


def all_may_take(names: Iterable[str], *, connect_timeout: float, request_timeout: float) -> float:
    """Return the seconds that these checks may take together; the stages of a connect count as one connect."""
    checks = [_BY_NAME[name] for name in names]
    asked = sum(_waits(check, connect_timeout, request_timeout, 0.0) for check in checks if check.phase not in _CONNECT)
    return SPARE + _TIMES_A_TIMEOUT * connect_timeout + asked


def _waits(check: Check, connect_timeout: float, request_timeout: float, round_trip: float) -> float:
    connects = _TIMES_A_TIMEOUT * check.connects
    messages = connects + 2 * check.requests
    return connects * connect_timeout + check.requests * request_timeout + messages * round_trip


def left_out(gateway: GatewaySpec, listed: Iterable[str], *, orders: bool) -> Mapping[str, str]:
    """Return the checks that a gateway's cells do not ask, each with the reason.

    Args:
        gateway: the gateway.
        listed: the checks that the matrix file lists.
        orders: whether the user asked for checks that send orders.
    """
    wanted = frozenset(listed)
    reasons = {
        check.name: _why_not(check, gateway, wanted) or _why_no_order(check, gateway, orders=orders)
        for check in CHECKS
        if not check.always
    }
    return {name: reason for name, reason in reasons.items() if reason}


def may_order(gateway: GatewaySpec, *, orders: bool) -> bool:
    """Whether orders may be sent to a gateway, as far as the user and the matrix file say."""
    return orders and gateway.mode == "paper"


def login_held(gateway: GatewaySpec, beside: Iterable[GatewaySpec]) -> str | None:
    """Return why a container is not started, if a gateway that is already running has its login; else ``None``.

    A login has one session: starting a second one ends the first, or fails.
    """
    if gateway.kind != "docker" or gateway.credential is None:
        return None
    for other in beside:
        if other.kind == "address" and other.credential == gateway.credential:
            where = written(other.host, other.port)
            return (
                f"{other.name} at {where} holds the login {gateway.credential}, and a login has one session; "
                f"give one of them another credential, or stop that one and leave it out"
            )
    return None


def _why_no_order(check: Check, gateway: GatewaySpec, *, orders: bool) -> str | None:
    if not check.sends_order or may_order(gateway, orders=orders):
        return None
    if gateway.mode != "paper":
        return f"it sends an order, and {gateway.name} is {gateway.mode}"
    return "it sends an order, and orders are sent only with --orders or orders = true"


def _why_not(check: Check, gateway: GatewaySpec, listed: frozenset[str]) -> str | None:
    if check.name not in listed:
        return "the matrix file does not list it"
    if check.scenario is not None and check.scenario != gateway.scenario:
        return f"it needs a simulated gateway that plays the scenario {check.scenario}"
    if check.only_simulated and not gateway.simulated:
        return "it trades, which only simulated gateways are asked for"
    asked = scenarios.find(gateway.scenario).checks if gateway.scenario is not None else ()
    if asked and check.name not in asked:
        return f"the scenario {gateway.scenario} leaves it out"
    return None
