"""Ground truth: what a simulated account holds, as the messages that tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import tomllib

from harness.protocol.message import Message, Value

Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """All that one gateway answers with; each tuple holds a message's values in the order of the wire."""

    accounts: tuple[str, ...]
    next_order_id: int
    notices: tuple[Values, ...]
    account_values: tuple[Values, ...]
    positions: tuple[Values, ...]
    portfolio: tuple[Values, ...]
    open_orders: tuple[Values, ...]
    completed_orders: tuple[Values, ...]
    executions: tuple[Values, ...]
    commissions: tuple[Values, ...]

    @property
    def managed_accounts(self) -> Message:
        """The message that lists the accounts."""
        return Message("managed_accounts", {"accounts": ",".join(self.accounts)})


@cache
def load(mode: str, scenario: str | None = None) -> Truth:
    """Return the truth that comes with the package for a mode, ``paper`` or ``live``, as a scenario has it."""
    return _truth(document(scenario), f"{mode}_account")


def document(scenario: str | None = None) -> Mapping[str, Any]:
    """Return the tables of the truth; a scenario that has a file of its own replaces those that it names."""
    folder = resources.files("harness.simulator") / "data" / "truth"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    own = folder / "scenarios" / f"{scenario}.toml"
    tables: dict[str, Any] = {}
    for file in [*files, own] if own.is_file() else files:
        tables |= tomllib.loads(file.read_text("utf-8"))
    return tables


def _truth(document: Mapping[str, Any], account_key: str) -> Truth:
    account: str = document[account_key]
    contracts = document["contract"]

    def rows(name: str, *, drop: Sequence[str] = ()) -> tuple[Values, ...]:
        tables = document[name]
        return tuple(_row({k: v for k, v in t.items() if k not in drop}, contracts, account) for t in tables)

    return Truth(
        accounts=(account,),
        next_order_id=document["next_order_id"],
        notices=tuple(document["notice"]),
        account_values=tuple(document["account_value"]),
        positions=rows("position", drop=("market_price",)),
        portfolio=tuple(_valued(row) for row in rows("position")),
        open_orders=rows("open_order"),
        completed_orders=rows("completed_order"),
        executions=rows("execution", drop=("commission", "commission_currency")),
        commissions=tuple(_commission(table) for table in document["execution"]),
    )


def _row(table: Mapping[str, Any], contracts: Mapping[str, Any], account: str) -> Values:
    contract = contracts[table["contract"]]
    rest = {key: value for key, value in table.items() if key != "contract"}
    return {**contract, **rest, "account": account}


def _valued(row: Values) -> Values:
    """Return a position with what it is worth; IBKR's average cost of a derivative counts the multiplier already."""
    quantity, price, cost = (float(str(row[key])) for key in ("position", "market_price", "average_cost"))
    value = quantity * price * float(str(row.get("multiplier") or 1))
    return {**row, "market_value": round(value, 2), "unrealized_pnl": round(value - quantity * cost, 2)}


def _commission(table: Mapping[str, Any]) -> Values:
    return {
        "exec_id": table["exec_id"],
        "commission": table["commission"],
        "currency": table["commission_currency"],
    }
