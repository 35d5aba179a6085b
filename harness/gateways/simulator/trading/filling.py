"""Books the fills of orders: executions, commissions, and what is told of them.

Order of messages (captured, of a combination too): the execution, the order and its status, both again once the
commission is known, and the commission. Of a combination there is an execution of itself, one of each leg, and a
commission of each leg.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from harness.gateways.simulator.trading import groups, told, watchers
from harness.gateways.simulator.trading.combos import Leg, is_combo, leg_prices, legs_of
from harness.gateways.simulator.trading.commissions import charge, commission
from harness.gateways.simulator.trading.kinds import Takes
from harness.gateways.simulator.trading.matching import Part
from harness.gateways.simulator.trading.order import FILLED, WORKING, Order, Values, plain_number
from harness.wire.message import Message, Value

if TYPE_CHECKING:
    from harness.gateways.simulator.trading.desk import Desk


def fill(order: Order, part: Part, desk: Desk) -> None:
    """Book one part of an order, tell it, and let the others of its group follow."""
    part_of_rest = part.shares / order.remaining
    order.is_truth = False
    order.filled += part.shares
    order.paid += part.shares * Decimal(str(part.price))
    order.last_price = part.price
    if order.rule.takes is Takes.BEST and order.remaining:
        order.values["limit_price"] = part.price  # what remains is a limit order at that price (documented)
    order.ended_at = desk.now()
    if is_combo(order.contract):
        _book_legs(order, part, desk)
    else:
        _book(order, part, desk)
    _after_fill(order, part_of_rest, desk)


def _book(order: Order, part: Part, desk: Desk) -> None:
    row = _row(order, part, desk)
    charged = commission(order)
    report = _take(order.contract, row, charged - (order.commission or 0.0), desk)
    _tell_execution(order, row, desk)
    order.commission, order.commission_currency = charged, str(order.contract.get("currency", ""))
    _tell_report(order, report, desk)


def _book_legs(order: Order, part: Part, desk: Desk) -> None:
    """Book a combination: its own execution moves no position, those of its legs do."""
    whole = _row(order, part, desk)
    desk.ledger.executions.append(whole)
    desk.ledger.reports.append({})
    _tell_execution(order, whole, desk)
    reports = []
    for leg, price in leg_prices(order.contract, part.price, desk.prices.quote, buys=order.buys):
        own = Part(price=price, shares=part.shares * leg.ratio, liquidity=part.liquidity)
        row = _row(order, own, desk, leg)
        reports.append(_take(leg.contract, row, _charged(order, leg, own), desk))
        _tell_execution(order, row, desk)
    order.commission_currency = str(order.contract.get("currency", ""))
    for report in reports:
        _tell_report(order, report, desk)


def _charged(order: Order, leg: Leg, part: Part) -> float:
    """Return the commission of a leg of one part: what it is with it, less what it was before."""
    with_it = float(order.filled) * leg.ratio
    before = with_it - float(part.shares)
    paid = charge(leg.contract, before, before * part.price) if before else 0.0
    return charge(leg.contract, with_it, with_it * part.price) - paid


def _row(order: Order, part: Part, desk: Desk, leg: Leg | None = None) -> dict[str, Value]:
    """Return an execution, as ``execution_details`` has it."""
    row = told.execution_row(order, len(desk.ledger.executions) + 1, desk.now(), leg)
    row |= {"price": part.price, "shares": plain_number(part.shares), "last_liquidity": part.liquidity}
    if leg is not None:
        row["average_price"] = part.price
    return {**row, "submitter": desk.truth.placing["submitter"]}


def _take(contract: Values, row: dict[str, Value], charged: float, desk: Desk) -> dict[str, Value]:
    """Put an execution into the account; return its commission report."""
    made = desk.ledger.take(row, contract, charged)
    report: dict[str, Value] = {"exec_id": row["exec_id"], "currency": str(contract.get("currency", ""))}
    report["commission"] = round(charged, 6)
    if made is not None:
        report["realized_pnl"] = round(made, 6)
    desk.ledger.executions.append(row)
    desk.ledger.reports.append(report)
    return report


def _tell_execution(order: Order, row: dict[str, Value], desk: Desk) -> None:
    desk.tell(order, lambda client: [told.execution(row, client, -1)])
    desk.move(order, WORKING if order.remaining else FILLED)


def _tell_report(order: Order, report: dict[str, Value], desk: Desk) -> None:
    desk.move(order, order.status)
    desk.tell(order, lambda _client: [Message("commission_report", report)])


def _after_fill(order: Order, part_of_rest: Decimal, desk: Desk) -> None:
    """End the others of an OCA group, or make them smaller."""
    for other in groups.others(order, desk.book):
        if order.ended or groups.oca_type(order) == groups.CANCEL_ALL:
            desk.end(other, pending=True)
            continue
        groups.reduce(other, part_of_rest)
        if other.remaining:
            desk.move(other, other.status)
        else:
            desk.end(other, pending=True)


def tell_watchers(order: Order, desk: Desk) -> None:
    """Tell who watches the account of an order what its fills have changed."""
    traded = dict.fromkeys(int(str(leg.contract["con_id"])) for leg in legs_of(order.contract))
    for client in desk.clients.values():
        for con_id in traded:
            client.outbox.put(watchers.of_fill(client, order.account, con_id))
