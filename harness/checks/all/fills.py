"""Checks fills: an order that is filled in parts, and one that is filled as a whole.

They are bought at the market, so only a simulated gateway is asked.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from adapters.base import LIQUID_STOCK
from adapters.records import quantity
from adapters.records_orders import FILLED, in_turn
from harness.checks.check import Check, Client, Phase
from harness.checks.expected import Records, decimal, number, records, text
from harness.checks.heard import NotHeardError, any_of
from harness.checks.order import FAR_ABOVE, NEEDS, cancelled_whatever_fails, order_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adapters.base import Connection
    from adapters.records_orders import OrderFilled
    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.order import Working
    from harness.checks.truth import Truth, Values

ORDERS = {"in parts": 500, "as a whole": 1}
"""How many shares are bought, in turn: more than a simulated gateway shows at one price, and fewer."""

LEAST, PER_SHARE = 1.0, 0.005
"""What a simulated gateway charges for an order, in dollars."""


def ask(client: Client) -> dict[str, Any]:
    """Buy, and keep what the library tells of each order and of its fills."""
    connection, timeout = client.connection, client.request_timeout
    connection.system.current_time(timeout)  # what fails here has sent no order
    with cancelled_whatever_fails(client) as working:
        bought = {name: _bought(connection, working, shares, timeout) for name, shares in ORDERS.items()}
    return {
        "orders": [_order(name, filled) for name, filled in bought.items()],
        "fills": [
            {"order": name, **{field: vars(fill)[field] for field in FIELDS}}
            for name, filled in bought.items()
            for fill in filled.fills
        ],
    }


FIELDS = ("symbol", "side", "shares", "price", "account", "commission", "commission_currency")
"""The fields of a fill; `harness.checks.all.executions` has more, with their times."""


def _bought(connection: Connection, working: Working, shares: int, timeout: float) -> OrderFilled:
    order_id = connection.placing.new_order_id()
    working.send(order_id, replace(order_of(connection), quantity=shares, price=FAR_ABOVE))
    filled = connection.placing.order_filled(order_id, timeout)
    working.ended(order_id)
    return filled


def _order(name: str, filled: OrderFilled) -> dict[str, Any]:
    last = filled.last
    amounts = {"filled": last.filled, "remaining": last.remaining, "average_price": last.average_price}
    return {"order": name, "status": last.status, "steps": list(filled.steps), **amounts}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Return the fills that the true quote makes: what is shown at its price, and the rest a cent worse."""
    quote = truth.quotes[LIQUID_STOCK.symbol]
    ask_price, shown = float(str(quote["ask"])), int(str(quote["ask_size"]))
    orders, fills = [], []
    for name, shares in ORDERS.items():
        parts = [(min(shares, shown), ask_price), (max(shares - shown, 0), round(ask_price + 0.01, 2))]
        made = [(size, price) for size, price in parts if size]
        so_far = [sum(size for size, _ in made[: place + 1]) for place in range(len(made))]
        average = sum(size * price for size, price in made) / shares
        orders.append(_told(name, tuple(f"{each} of {shares}" for each in so_far), (shares, 0), average))
        charged = [max(LEAST, PER_SHARE * each) for each in so_far]
        paid = [round(now - before, 6) for now, before in zip(charged, [0.0, *charged], strict=False)]
        account = truth.accounts[0]
        fills += [_fill(name, *part, fee, account) for part, fee in zip(made, paid, strict=True)]
    return {"orders": records(("order",), orders), "fills": records(("order", "price"), fills)}


def _told(name: str, steps: Sequence[str], amounts: tuple[int, int], average: float | None) -> Mapping[str, Expected]:
    filled, remaining = map(Decimal, amounts)
    told: dict[str, Expected] = {"order": name, "status": FILLED, "steps": tuple(steps)}
    return {**told, "filled": filled, "remaining": remaining, "average_price": average}


def _fill(name: str, size: int, price: float, fee: float, account: str) -> Mapping[str, Expected]:
    own: dict[str, Expected] = {"order": name, "symbol": LIQUID_STOCK.symbol, "side": "BOT", "shares": Decimal(size)}
    return {**own, "price": price, "account": account, "commission": fee, "commission_currency": LIQUID_STOCK.currency}


def heard(said: Heard) -> Mapping[str, Records]:
    """Return the fills that the gateway sent, and the last status of each order."""
    ids = [request["order_id"] for request in said.requests("place_order")]
    names = dict(zip(ids, ORDERS, strict=True))
    statuses = [row for row in said.during("order_status") if row["order_id"] in names]
    reports = said.during("commission_report")
    rows = [row for row in said.during("execution_details") if row["order_id"] in names]
    if not rows:
        raise NotHeardError("no fill arrived")
    orders = [
        _heard_order(names[order_id], [row for row in statuses if row["order_id"] == order_id]) for order_id in ids
    ]
    fills = [_heard_fill(names[row["order_id"]], row, reports) for row in rows]
    return {"orders": records(("order",), orders), "fills": records(("order", "price"), fills)}


def _heard_order(name: str, rows: Sequence[Values]) -> Mapping[str, Expected]:
    parts = [(decimal(row, "filled") or Decimal(0), decimal(row, "remaining") or Decimal(0)) for row in rows]
    steps = in_turn(f"{quantity(filled)} of {quantity(filled + left)}" for filled, left in parts if filled)
    told: dict[str, Expected] = {"order": name, "status": text(rows[-1], "status"), "steps": steps}
    amounts: dict[str, Expected] = {each: decimal(rows[-1], each) for each in ("filled", "remaining")}
    return {**told, **amounts, "average_price": number(rows[-1], "average_fill_price")}


def _heard_fill(name: str, row: Values, reports: Sequence[Values]) -> Mapping[str, Expected]:
    own = [report for report in reports if text(report, "exec_id") == text(row, "exec_id")]
    if not own:
        raise NotHeardError("no commission arrived")
    told: dict[str, Expected] = {field: text(row, field) for field in ("symbol", "side", "account")}
    paid: dict[str, Expected] = {
        "commission": any_of(number(report, "commission") for report in own),
        "commission_currency": any_of(text(report, "currency") for report in own),
    }
    return {"order": name, **told, "shares": decimal(row, "shares"), "price": number(row, "price"), **paid}


CHECK = Check(
    name="fills",
    proves="an order is filled in parts and another as a whole: statuses, executions and commissions",
    phase=Phase.ORDER,
    ask=ask,
    expected=expected,
    heard=heard,
    only_simulated=True,
    needs=NEEDS,
    requests=4,
)
