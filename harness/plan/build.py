"""From a matrix and a selection to the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.plan.checks_asked import left_out, login_held, may_order
from harness.plan.deadline import all_may_take
from harness.plan.matrix.check_names import CHECKS
from harness.plan.plan_model import AbsentCell, Plan, PlannedCell, cell_id
from harness.plan.selection import Selection, check_selection
from harness.shared.errors import MatrixError, SelectionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.plan.matrix.gateway_spec import GatewaySpec
    from harness.plan.matrix.load import Matrix, Rule
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
        selection: what the command line picks.
        allow_live: ask gateways with real money behind them; without it their cells are skipped, with that reason.
        skipped_rows: row id to the reason why its cells are skipped, such as a missing interpreter.
        concurrency: most cells at once, instead of the file's.
        isolation: ``auto``, ``fork`` or ``fresh``, instead of the file's.
        orders: ask the checks that send orders too, of paper gateways; the file may say so as well.
        record: keep what goes over the wire, instead of what the file says.
        may_be_empty: give a plan without a cell too; without it that is a SelectionError.

    Raises SelectionError where the selection matches no cell, MatrixError where a gateway has too few client ids.
    """
    check_selection(selection, matrix)
    builder = _Builder(matrix, selection, allow_live=allow_live, orders=orders, skipped_rows=skipped_rows or {})
    for row in matrix.rows:
        for gateway in matrix.gateways:
            builder.decide(row, gateway)
    if not builder.cells and not may_be_empty:
        raise SelectionError("no cell is left to ask", hint=_why_nothing(builder.absent))
    return Plan(
        matrix=matrix.file,
        cells=tuple(builder.cells),
        absent=tuple(builder.absent),
        concurrency=concurrency or matrix.defaults.concurrency,
        gateways_at_once=matrix.defaults.gateways_at_once,
        isolation=isolation or matrix.defaults.isolation,
        record=matrix.defaults.record if record is None else record,
        timezone=matrix.defaults.timezone,
        rules=matrix.expectations,
        narrowed=builder.narrowed or not matrix.whole,
        sha256=matrix.sha256,
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

    def decide(self, row: Row, gateway: GatewaySpec) -> None:
        """Plan the cell, or say why it is absent."""
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
        asked = tuple(check for check in CHECKS if check not in without)
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
        """A different one each time for the cells of a gateway: a Gateway refuses an id that it still holds.

        The last of the range is the control's.
        """
        first, last = gateway.client_ids
        client_id = self._next_client_id[gateway.name]
        if client_id >= last:
            where = f"{self._matrix.file}: gateway {gateway.name}: client_ids: [{first}, {last}]"
            raise MatrixError(f"{where}: expected two ids for each cell and one for the control; widen it")
        self._next_client_id[gateway.name] = client_id + 1
        return client_id


def _first_match(rules: Iterable[Rule], row: Row, gateway: GatewaySpec) -> Rule | None:
    for rule in rules:
        if rule.where.matches(library=row.name, version=row.version, python=row.python, gateway=gateway.name):
            return rule
    return None


def _why_nothing(absent: list[AbsentCell]) -> str:
    """The commonest reason of the cells that were selected, else of all."""
    reasons = [cell.reason for cell in absent if cell.reason.startswith("excluded")]
    reasons = reasons or [cell.reason for cell in absent]
    commonest = max(set(reasons), key=reasons.count)
    return f"Most of the {len(absent)} cells of the matrix are {commonest}."
