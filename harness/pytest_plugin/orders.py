"""Shows the orders of a simulated gateway to tests, as records that do not change."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from harness.gateways.simulator.trading.kinds import Takes
from harness.gateways.simulator.trading.order import Order as Placed
from harness.gateways.simulator.trading.order import Values

_UNSET = 1e300
"""Above it a price stands for none, as libraries send it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What an order is for.

    Args:
        con_id: its id at IBKR.
        symbol: such as ``AAPL``, or ``EUR`` for EUR.USD.
        sec_type: ``STK``, ``FUT``, ``OPT``, ``CASH`` and so on.
        exchange: the one that the order names.
        currency: such as ``USD``.
        local_symbol: the exchange's own name, such as ``ESZ6`` or ``EUR.USD``.
        last_trade_date: of a future or an option, ``YYYYMMDD``; else nothing.
        strike: of an option; else 0.
        right: of an option, ``C`` or ``P``; else nothing.
    """

    con_id: int
    symbol: str
    sec_type: str
    exchange: str
    currency: str
    local_symbol: str
    last_trade_date: str
    strike: float
    right: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as it is when it is looked at; look again to see what has become of it.

    Args:
        id: the order id that its client gave it.
        client: the client id that placed it.
        perm_id: its permanent id, which no other order of the gateway has.
        account: the account that it is for.
        contract: what it is for.
        action: ``BUY`` or ``SELL``.
        quantity: how many.
        type: ``MKT``, ``LMT``, ``STP`` and so on, as it was sent.
        limit: the limit price; ``None`` if it has none.
        stop: the price that triggers it, or the distance of a trailing stop; ``None`` if it has none.
        time_in_force: ``DAY``, ``GTC`` and so on.
        parent: the order id of its parent; 0 without one.
        transmitted: whether it was transmitted, or waits for another of its family that is.
        status: as its client was told last, such as ``Submitted``; nothing before it is transmitted.
        filled: how many are filled.
        average_price: what they cost on average; 0 if none are filled.
    """

    id: int
    client: int
    perm_id: int
    account: str
    contract: Contract
    action: str
    quantity: Decimal
    type: str
    limit: float | None
    stop: float | None
    time_in_force: str
    parent: int
    transmitted: bool
    status: str
    filled: Decimal
    average_price: float

    @property
    def remaining(self) -> Decimal:
        """How many are not filled."""
        return self.quantity - self.filled

    def __str__(self) -> str:
        """Return it in brief, for messages."""
        price = "" if self.limit is None else f" at {self.limit:g}"
        what = (
            f"{self.action} {self.quantity:f} {self.contract.local_symbol or self.contract.symbol} {self.type}{price}"
        )
        return f"order {self.id} of client {self.client} ({what}, {self.status or 'not transmitted'})"


def shown(placed: Placed) -> Order:
    """Return an order of the gateway as it is now."""
    values = placed.values
    return Order(
        id=placed.order_id,
        client=placed.client_id,
        perm_id=placed.perm_id,
        account=placed.account,
        contract=_contract(placed.contract, str(values.get("exchange") or "")),
        action=str(values["action"]),
        quantity=placed.total,
        type=str(values["order_type"]),
        limit=_limit(placed),
        stop=_price(placed, "aux_price") or None,
        time_in_force=placed.time_in_force,
        parent=placed.parent_id,
        transmitted=placed.transmitted,
        status=placed.status,
        filled=placed.filled,
        average_price=placed.average,
    )


def _limit(placed: Placed) -> float | None:
    """Return the limit of an order that has one; a pegged one without any may send 0."""
    takes, price = placed.rule.takes, _price(placed, "limit_price")
    return price if takes is Takes.LIMIT else (price or None) if takes is Takes.PEG else None


def _price(placed: Placed, name: str) -> float | None:
    price = placed.price(name)
    return None if price is None or abs(price) > _UNSET else price


def _contract(values: Values, exchange: str) -> Contract:
    return Contract(
        con_id=int(str(values.get("con_id") or 0)),
        exchange=exchange,
        strike=float(str(values.get("strike") or 0)),
        **{
            name: str(values.get(name) or "")
            for name in ("symbol", "sec_type", "currency", "local_symbol", "last_trade_date", "right")
        },
    )
