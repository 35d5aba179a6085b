"""Keeps what accounts hold, and what fills made of it; begins with the truth's holdings.

An average cost has its commissions in it (documented), and so has a realized profit (captured: -3.472801 for one share
bought and sold). A future is worth what it has made since it was opened, anything else its price (inferred).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from harness.gateways.simulator.prices import Prices, midpoint
from harness.gateways.simulator.trading.margins import margin_of
from harness.gateways.simulator.trading.matching import price_of
from harness.gateways.simulator.trading.order import Values, money_a_unit, plain_number
from harness.gateways.simulator.truth import Truth, those_with
from harness.wire.message import Value

MARGINED = frozenset({"FUT", "CONTFUT"})
"""Security types that are paid for as they win and lose."""

_PARTS = {"CASH": "pair", **dict.fromkeys(MARGINED, "futures"), "OPT": "options", "FOP": "future_options"}
"""The part of an account's worth that a holding counts in, by its security type; any other counts in stocks."""

_EXCHANGE_TOLD = frozenset({"STK", "FUT", "CONTFUT"})
"""Security types whose holdings name the exchange that they are listed on (captured)."""

_CONTRACT = (
    *("con_id", "symbol", "sec_type", "last_trade_date", "strike", "right", "multiplier", "currency"),
    *("local_symbol", "trading_class", "primary_exchange"),
)


@dataclass(slots=True, kw_only=True)
class DayBefore:
    """What had been made when the day began: realized and unrealized profit.

    Args:
        day: the day, such as ``20261204``; empty before the first.
        accounts: by account, against the truth, in dollars; nothing on the first day.
        holdings: by account and con id, in the holding's currency.
    """

    day: str = ""
    accounts: dict[str, tuple[float, float]] = field(default_factory=dict)
    holdings: dict[tuple[str, int], tuple[float, float]] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Holding:
    """A holding that was traded.

    Args:
        contract: its contract.
        quantity: negative if it is short.
        basis: what one costs, multiplier included, commissions not.
        cost: the same with commissions.
        price: the price at which it was traded last.
        realized: profit that was realized.
        traded_at: when it was traded last, in Unix seconds.
    """

    contract: Values
    quantity: Decimal = Decimal(0)
    basis: float = 0.0
    cost: float = 0.0
    price: float = 0.0
    realized: float = 0.0
    traded_at: float = 0.0

    @property
    def multiplier(self) -> float:
        """How much of it one contract is."""
        return money_a_unit(self.contract)

    def worth(self, price: float) -> float:
        """Return what it counts in the account's net liquidation."""
        value = float(self.quantity) * price * self.multiplier
        margined = self.contract["sec_type"] in MARGINED
        return value - float(self.quantity) * self.basis if margined else value

    def unrealized(self, price: float) -> float:
        """Return what it would make if it was closed."""
        return float(self.quantity) * (price * self.multiplier - self.cost)

    def trade(self, signed: Decimal, price: float, commission: float) -> float | None:
        """Take a fill; return the profit that it realized, ``None`` if it closed nothing."""
        self.price, each = price, price * self.multiplier
        closes = min(abs(signed), abs(self.quantity)) if signed * self.quantity < 0 else Decimal(0)
        opens = abs(signed) - closes
        share = float(closes / abs(signed))
        made = None
        if closes:
            side = 1 if self.quantity > 0 else -1
            made = side * float(closes) * (each - self.cost) - commission * share
            self.realized += made
        held = abs(self.quantity) - closes
        self.quantity += signed
        if opens:
            side = 1 if signed > 0 else -1
            paid = side * commission * (1 - share)
            self.basis = (float(held) * self.basis + float(opens) * each) / float(held + opens)
            self.cost = (float(held) * self.cost + float(opens) * each + paid) / float(held + opens)
        return made


class Ledger:
    """The accounts of a gateway.

    Args:
        truth: what they hold before the first fill.
        prices: what contracts cost.
    """

    def __init__(self, truth: Truth, prices: Prices) -> None:
        self._truth = truth
        self.prices = prices
        self.traded: dict[tuple[str, int], Holding] = {}
        """What was traded, by account and con id."""
        self.cash: dict[str, float] = {}
        """By how much the cash of an account has changed, in its currency."""
        self.paid: dict[str, float] = {}
        """The commissions of an account so far, in its currency."""
        self.before = DayBefore()
        self.executions: list[Values] = []
        """As ``execution_details`` has them, but for the time, which is in Unix seconds."""
        self.reports: list[Values] = []
        """The commission report of each."""

    @property
    def is_still(self) -> bool:
        """Whether everything is as the truth has it."""
        return not self.traded and self.prices.stands()

    def begin(self, truth: Truth) -> None:
        """Have held before the first fill what another truth says."""
        self._truth = truth

    def begin_day(self, day: str) -> None:
        """Count the profit of the day anew, if it is another; that of the first began with the truth's (ours)."""
        if day == self.before.day:
            return
        before = DayBefore(day=day)
        for account in self._truth.accounts if self.before.day else ():
            changes = self.changes(account)
            before.accounts[account] = changes["realized"], changes["unrealized"]
            for row in self.portfolio(account):
                key = account, int(str(row["con_id"]))
                realized = self.traded[key].realized if key in self.traded else 0.0
                before.holdings[key] = realized, float(str(row["unrealized_pnl"]))
        self.before = before

    def take(self, execution: Values, contract: Values, commission: float) -> float | None:
        """Book a fill; return the profit that it realized, in the contract's currency."""
        account, price = str(execution["account"]), float(str(execution["price"]))
        signed = Decimal(str(execution["shares"])) * (1 if execution["side"] == "BOT" else -1)
        holding = self._holding(account, contract)
        before = holding.basis
        closed = min(abs(signed), abs(holding.quantity)) if signed * holding.quantity < 0 else Decimal(0)
        side = 1 if holding.quantity > 0 else -1
        made, holding.traded_at = holding.trade(signed, price, commission), float(str(execution["when"]))
        if contract["sec_type"] in MARGINED:
            flow = side * float(closed) * (price * holding.multiplier - before)
        else:
            flow = -float(signed) * price * holding.multiplier
        rate = self.rate(str(contract.get("currency", "")))
        self.cash[account] = self.cash.get(account, 0.0) + (flow - commission) * rate
        self.paid[account] = self.paid.get(account, 0.0) + commission * rate
        return made

    def close(self, account: str, contract: Values, price: float, when: float) -> None:
        """Close a holding at a price and a moment, without a commission."""
        held = self.position(account, int(str(contract["con_id"])))
        how: Values = {"side": "SLD" if held > 0 else "BOT", "shares": str(abs(held)), "price": price, "when": when}
        self.take({**how, "account": account}, contract, 0.0)

    def _holding(self, account: str, contract: Values) -> Holding:
        key = account, int(str(contract["con_id"]))
        if key not in self.traded:
            self.traded[key] = holding = Holding(contract=contract)
            for row in self._truth.positions:
                if (row["account"], row["con_id"]) == key:
                    holding.quantity = Decimal(str(row["position"]))
                    holding.basis = holding.cost = float(str(row["average_cost"]))
        return self.traded[key]

    def position(self, account: str, con_id: int) -> Decimal:
        """Return how much an account holds."""
        if (account, con_id) in self.traded:
            return self.traded[account, con_id].quantity
        rows = (row for row in self._truth.positions if (row["account"], row["con_id"]) == (account, con_id))
        return next((Decimal(str(row["position"])) for row in rows), Decimal(0))

    def positions(self) -> Iterator[Values]:
        """Yield the holdings of all accounts, as ``position`` has them."""
        told = set()
        for row in self._truth.positions:
            key = str(row["account"]), int(str(row["con_id"]))
            told.add(key)
            if key not in self.traded:
                yield row
            elif self.traded[key].quantity:
                yield {**row, **_held(self.traded[key])}
        for (account, con_id), holding in self.traded.items():
            if (account, con_id) not in told and holding.quantity:
                yield self.position_row(account, con_id)

    def closed(self) -> Iterator[tuple[Values, float]]:
        """Yield the holdings that were traded and are nothing now, as ``position`` has them, and when that was."""
        for (account, con_id), holding in self.traded.items():
            if not holding.quantity:
                yield self.position_row(account, con_id), holding.traded_at

    def position_row(self, account: str, con_id: int) -> Values:
        """Return a holding that was traded, be it nothing now, as ``position`` has it."""
        holding = self.traded[account, con_id]
        return {**_named(holding.contract), **_held(holding), "account": account}

    def portfolio(self, account: str) -> Iterator[Values]:
        """Yield the holdings of an account with their values, as ``portfolio_value`` has them."""
        told = set()
        for row in self._truth.portfolio:
            if row["account"] != account:
                continue
            con_id = int(str(row["con_id"]))
            told.add(con_id)
            yield self.portfolio_row(account, con_id, row)
        for other, con_id in self.traded:
            if other == account and con_id not in told:
                yield self.portfolio_row(account, con_id)

    def portfolio_row(self, account: str, con_id: int, row: Values | None = None) -> Values:
        """Return one of them; ``row`` is the truth's, which stands where neither it nor its price has changed."""
        traded = self.traded.get((account, con_id))
        if traded is None and row is not None:
            if self.prices.stands(row):
                return row
            traded = _of_truth(row)
        if traded is None:
            raise KeyError((account, con_id))
        price = self.mark(traded, row)
        value = float(traded.quantity) * price * traded.multiplier
        worth: dict[str, Value] = {"market_price": price, "market_value": round(value, 2)}
        today = traded.realized - self.before.holdings.get((account, con_id), (0.0, 0.0))[0]
        profit = {"unrealized_pnl": round(traded.unrealized(price), 2), "realized_pnl": round(today, 2)}
        return {**(row or _named(traded.contract)), **_held(traded), **worth, **profit, "account": account}

    def mark(self, holding: Holding, row: Values | None) -> float:
        """Return the price that a holding is valued with: the truth's own where its price stands."""
        if row is not None and self.prices.stands(row):
            return float(str(row["market_price"]))
        quote = self.prices.quote(holding.contract)
        if quote is not None and price_of(quote, "bid") and price_of(quote, "ask"):
            return midpoint(quote)
        last = None if quote is None else price_of(quote, "last") or price_of(quote, "close")
        return last or holding.price

    def changes(self, account: str) -> dict[str, float]:
        """Return by how much cash, worth and its parts, margin and profits differ from the truth, in dollars."""
        sums = dict.fromkeys(("worth", "gross", "margin", "unrealized", "realized", "stocks", *_PARTS.values()), 0.0)
        if self.is_still:
            return {**sums, "cash": 0.0}
        rows = {int(str(row["con_id"])): row for row in self._truth.portfolio if row["account"] == account}
        for con_id in dict.fromkeys((*rows, *(held for name, held in self.traded if name == account))):
            row = rows.get(con_id)
            now = self.traded.get((account, con_id)) or (_of_truth(row) if row else None)
            if now is None or (row is not None and self.portfolio_row(account, con_id, row) is row):
                continue
            self._add(sums, now, self.mark(now, row), 1)
            sums["realized"] += now.realized * self.rate(str(now.contract.get("currency", "")))
            if row is not None:
                self._add(sums, _of_truth(row), float(str(row["market_price"])), -1)
        return {**sums, "cash": self.cash.get(account, 0.0)}

    def _add(self, sums: dict[str, float], holding: Holding, price: float, sign: int) -> None:
        rate = sign * self.rate(str(holding.contract.get("currency", "")))
        worth = holding.worth(price) * rate
        sums["worth"] += worth
        sums["unrealized"] += holding.unrealized(price) * rate
        value = abs(float(holding.quantity)) * price * holding.multiplier
        sums["margin"] += value * margin_of(str(holding.contract["sec_type"])) * rate
        part = _PARTS.get(str(holding.contract["sec_type"]), "stocks")
        sums[part] += worth
        if part not in {"pair", "futures"}:
            sums["gross"] += value * rate

    def commissions(self, account: str) -> float:
        """Return the commissions of an account so far, in its currency."""
        return self.paid.get(account, 0.0)

    def rate(self, currency: str) -> float:
        """Return what one of a currency costs in dollars, by the pairs that have a quote; else 1 (ours)."""
        if currency in {"", "USD"}:
            return 1.0
        if (price := self._pair(currency, "USD")) is not None:
            return price
        return 1.0 if (price := self._pair("USD", currency)) is None else 1 / price

    def _pair(self, symbol: str, currency: str) -> float | None:
        """Return what a pair costs; ``None`` if there is none, or it has no quote."""
        pairs = those_with(self._truth.contract_details, symbol=symbol, currency=currency, sec_type="CASH")
        contract = next(pairs, None)
        quote = None if contract is None else self.prices.quote(contract)
        return None if quote is None else midpoint(quote)


def _of_truth(row: Values) -> Holding:
    cost = float(str(row["average_cost"]))
    price = float(str(row["market_price"]))
    return Holding(contract=row, quantity=Decimal(str(row["position"])), basis=cost, cost=cost, price=price)


def _held(holding: Holding) -> dict[str, Value]:
    cost = round(holding.cost, 8) if holding.quantity else 0.0
    return {"position": plain_number(holding.quantity), "average_cost": cost}


def _named(contract: Values) -> dict[str, Value]:
    listed = contract.get("primary_exchange") or contract.get("exchange") or ""
    exchange = {"exchange": listed} if contract["sec_type"] in _EXCHANGE_TOLD else {}
    return {**{name: contract[name] for name in _CONTRACT if name in contract}, **exchange}
