"""Says what an account's values, and its profit, are after its trades; ``data/trading/account.toml`` has the rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.gateways.simulator.trading.documents import document
from harness.gateways.simulator.trading.ledger import Ledger
from harness.gateways.simulator.trading.order import Values
from harness.wire.message import Value

if TYPE_CHECKING:
    from harness.gateways.simulator.truth import Truth

_CENTS = 2


def account_values(truth: Truth, ledger: Ledger, account: str) -> Iterator[Values]:
    """Yield an account's values: key, value and currency; the truth's own where nothing has changed."""
    rows = list(_followed(truth, ledger, account))
    known = {str(row["key"]): row["value"] for row in rows}
    ratios: Mapping[str, Mapping[str, Any]] = document("account")["ratios"]
    for row in rows:
        rule = ratios.get(str(row["key"]))
        yield row if rule is None else {**row, "value": _ratio(known, rule)}


def _ratio(known: Mapping[str, Value], rule: Mapping[str, Any]) -> str:
    part, whole = (float(str(known[rule[name]])) for name in ("of", "to"))
    return f"{part / whole if whole else 0.0:.{rule['places']}f}"


def rules() -> Mapping[str, Mapping[str, float]]:
    """Return how often a change of money, holdings or profit counts in each value, by the value's key."""
    follows: Mapping[str, Mapping[str, float]] = document("account")["follows"]
    return follows


def _of_today(truth: Truth, ledger: Ledger, account: str) -> dict[str, float]:
    """Return what has changed; what was realized, and made in all, is that of the day, as IBKR documents."""
    changes = ledger.changes(account)
    daily = changes["realized"] + changes["unrealized"]
    if account not in ledger.before.accounts:
        return {**changes, "daily": daily}
    realized, unrealized = ledger.before.accounts[account]
    base = {name: float(str(truth.pnl.get(name) or 0.0)) for name in ("realized", "daily")}
    today = {"realized": changes["realized"] - realized, "daily": daily - realized - unrealized}
    return {**changes, **{name: today[name] - base[name] for name in today}}


def _followed(truth: Truth, ledger: Ledger, account: str) -> Iterator[Values]:
    changes = _of_today(truth, ledger, account)
    for row in truth.account_values:
        rule = rules().get(str(row["key"]), {})
        change = round(sum(times * changes[what] for what, times in rule.items()), _CENTS)
        yield {**row, "value": f"{float(str(row['value'])) + change:.2f}"} if change else row


def available(truth: Truth, ledger: Ledger, account: str) -> float | None:
    """Return an account's available funds; ``None`` if the truth does not say."""
    rows = (row for row in account_values(truth, ledger, account) if row["key"] == "AvailableFunds")
    return next((float(str(row["value"])) for row in rows), None)


def profit(truth: Truth, ledger: Ledger, account: str) -> Values:
    """Return an account's profit, as ``pnl`` has it."""
    changes = _of_today(truth, ledger, account)
    return {
        f"{name}_pnl": value if not changes[name] else round(float(str(value)) + changes[name], _CENTS)
        for name, value in truth.pnl.items()
    }


def single_profit(truth: Truth, ledger: Ledger, account: str, con_id: int) -> Values | None:
    """Return the profit of one holding, as ``pnl_single`` has it; ``None`` if the account never held it.

    Realized is not set before something was sold (captured). That the day's is zero before is inferred.
    """
    for row in ledger.portfolio(account):
        if row["con_id"] == con_id:
            return _single(truth, ledger, row, account)
    return None


def _single(truth: Truth, ledger: Ledger, row: Values, account: str) -> Values:
    daily = truth.reference["daily_pnl"].get(str(row["con_id"]), 0.0)
    own = (told for told in truth.portfolio if (told["account"], told["con_id"]) == (account, row["con_id"]))
    before = next((float(str(told["unrealized_pnl"])) for told in own), 0.0)
    if account in ledger.before.accounts:
        daily, (_, before) = 0.0, ledger.before.holdings.get((account, int(str(row["con_id"]))), (0.0, 0.0))
    made = float(str(row["unrealized_pnl"])) + float(str(row.get("realized_pnl") or 0.0)) - before
    worth = {"unrealized_pnl": row["unrealized_pnl"], "value": row["market_value"]}
    realized = {"realized_pnl": row["realized_pnl"]} if row.get("realized_pnl") else {}
    day = round(daily + made, _CENTS) if made else daily
    return {"position": row["position"], "daily_pnl": day, **worth, **realized}
