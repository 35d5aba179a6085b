"""Reads what a simulated account holds, as the messages that report it, and which contracts a request means."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import tomllib

from harness.gateways.simulator import bars as bars_truth
from harness.gateways.simulator import market_truth
from harness.gateways.simulator.bars import Series
from harness.gateways.simulator.market_truth import MarketTruth
from harness.shared.desupport_text import Desupport
from harness.wire.message import Message, Value

Values = Mapping[str, Value]

SMART = "SMART"
_RIGHTS = {"C": "C", "CALL": "C", "P": "P", "PUT": "P"}


def details(document: Mapping[str, Any]) -> tuple[Values, ...]:
    """Return a Gateway's data of each contract, as ``contract_data`` without its request."""
    return tuple(_details(table, document["contract"][table["contract"]]) for table in document["details"])


def _details(table: Mapping[str, Any], contract: Mapping[str, Any]) -> Values:
    told = {key: value for key, value in table.items() if key != "contract"}
    return {"last_trade": contract.get("last_trade_date", ""), **contract, **told}


def option_chains(document: Mapping[str, Any]) -> tuple[Values, ...]:
    """Return the option chains, as ``sec_def_opt_params`` without its request."""
    return tuple(_chain(table, document["contract"]) for table in document["option_chain"])


def _chain(table: Mapping[str, Any], contracts: Mapping[str, Any]) -> Values:
    return {
        "exchange": table["exchange"],
        "underlying_con_id": contracts[table["underlying"]]["con_id"],
        "trading_class": table["trading_class"],
        "multiplier": table["multiplier"],
        "expirations": tuple({"date": date} for date in table["expirations"]),
        "strikes": tuple({"price": price} for price in table["strikes"]),
    }


class Catalogue(ABC):
    """The contracts of a truth that are too many to hold; each is made when it is asked for."""

    @abstractmethod
    def __iter__(self) -> Iterator[Values]:
        """Yield all contracts."""

    @abstractmethod
    def meant(self, request: Message) -> Iterator[Values]:
        """Yield the contracts that match a request."""


def meant(request: Message, known: Iterable[Values]) -> Iterator[Values]:
    """Yield the contracts that match a request; its empty fields match anything."""
    if isinstance(known, Catalogue):
        return known.meant(request)
    return (contract for contract in known if fits(request, contract))


_ANY_CONTRACT: Values = {
    **dict.fromkeys(("symbol", "sec_type", "last_trade_date", "right", "multiplier", "exchange"), ""),
    **dict.fromkeys(("primary_exchange", "currency", "local_symbol", "trading_class", "sec_id_type", "sec_id"), ""),
    **dict.fromkeys(("con_id", "strike"), 0),
    "include_expired": False,
}
"""The fields of a request that means any contract."""


def those_with(known: Iterable[Values], **wanted: Value) -> Iterator[Values]:
    """Yield the contracts that have some values."""
    return meant(Message("req_contract_data", {**_ANY_CONTRACT, **wanted}), known)


def by_con_id(con_id: int, known: Iterable[Values]) -> Values | None:
    """Return the contract with a con id; ``None`` if there is none."""
    return next(those_with(known, con_id=con_id), None) if con_id else None


def fits(request: Message, contract: Values) -> bool:
    """Return whether a contract has what a request says of it."""
    return (
        all(_same(request, contract, key) for key in ("con_id", "symbol", "sec_type", "currency", "local_symbol"))
        and all(_same(request, contract, key) for key in ("trading_class", "multiplier", "strike", "primary_exchange"))
        and str(contract.get("last_trade_date", "")).startswith(request.text("last_trade_date"))
        and right_of(request) in {"", contract.get("right", "")}
        and request.text("exchange") in {"", contract["exchange"], *str(contract["valid_exchanges"]).split(",")}
        and _has_sec_id(request, contract)
    )


def right_of(request: Message) -> str:
    """Return the right that a request names, ``C`` or ``P``; nothing if it names neither."""
    return _RIGHTS.get(request.text("right"), "")


def _same(request: Message, contract: Values, key: str) -> bool:
    return not request[key] or request[key] == contract.get(key)


def _has_sec_id(request: Message, contract: Values) -> bool:
    wanted = {"tag": request.values.get("sec_id_type", ""), "value": request.values.get("sec_id", "")}
    known = contract.get("sec_ids", ())
    return not wanted["value"] or (isinstance(known, list) and wanted in known)


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
    connectivity: tuple[Values, ...]
    quotes: Mapping[str, Values]
    trades: Mapping[str, Values]
    pnl: Values
    contracts: Mapping[str, Values]
    placing: Mapping[str, Any]
    what_if: Values
    refused_attributes: tuple[Values, ...]
    white_branding_id: str
    contract_details: Iterable[Values]
    """All contracts; `meant` finds those that a request means."""
    option_chains: Iterable[Values]
    bars: tuple[Series, ...]
    market: MarketTruth
    api_settings: Values
    reference: Mapping[str, Any]
    """Lists that hardly change, by the names of ``data/truth/reference.toml``."""
    account_list_ends_with_comma: bool = False
    desupport: Desupport | None = None
    clock_ahead: float = 0.0
    """Seconds by which the gateway's clock is ahead of this computer's."""

    def quote_of(self, symbol: str, con_id: int) -> Values | None:
        """The quote of a stock, by symbol or by con id; ``None`` if there is none."""
        return self.quotes.get(symbol) or self.quotes.get(str(con_id))

    def contract_of(self, symbol: str, con_id: int) -> Values | None:
        """A contract by symbol or by con id; ``None`` if there is none."""
        return self.contracts.get(symbol) or self.contracts.get(str(con_id))

    @property
    def managed_accounts(self) -> Message:
        """The message that lists the accounts."""
        end = "," if self.account_list_ends_with_comma else ""
        return Message("managed_accounts", {"accounts": ",".join(self.accounts) + end})


@cache
def load(mode: str, scenario: str | None = None) -> Truth:
    """Return the truth that comes with the package for a mode, ``paper`` or ``live``, as a scenario has it."""
    return read(document(scenario), mode) if scenario == of_its_own(scenario) else load(mode, None)


@cache
def told_by(mode: str, scenario: str | None, desupport: Desupport | None, clock_ahead: float = 0.0) -> Truth:
    """Return the truth of a gateway that says when it is desupported; the same object for the same gateway."""
    return replace(load(mode, scenario), desupport=desupport, clock_ahead=clock_ahead)


def of_its_own(scenario: str | None) -> str | None:
    """Return the scenario if it has a truth of its own; with most scenarios a gateway tells the ordinary one."""
    return scenario if scenario is not None and _own_file(scenario).is_file() else None


def document(scenario: str | None = None) -> Mapping[str, Any]:
    """Return the tables of the truth; a scenario that has a file of its own replaces those that it names."""
    own = of_its_own(scenario)
    return _ordinary() if own is None else {**_ordinary(), **_tables(_own_file(own))}


@cache
def _ordinary() -> Mapping[str, Any]:
    files = (file for file in _folder().iterdir() if file.name.endswith(".toml"))
    tables: dict[str, Any] = {}
    for file in sorted(files, key=lambda file: file.name):
        tables |= _tables(file)
    return tables


def _tables(file: Traversable) -> dict[str, Any]:
    return tomllib.loads(file.read_text("utf-8"))


def _own_file(scenario: str) -> Traversable:
    return _folder() / "scenarios" / f"{scenario}.toml"


def _folder() -> Traversable:
    return resources.files("harness.gateways.simulator") / "data" / "truth"


def read(document: Mapping[str, Any], mode: str) -> Truth:
    """Return the truth that tables hold for a mode, ``paper`` or ``live``."""
    accounts = tuple(document[f"{mode}_accounts"])
    contracts = document["contract"]

    def rows(name: str, *, drop: Sequence[str] = ()) -> tuple[Values, ...]:
        tables = document[name]
        return tuple(_row({k: v for k, v in t.items() if k not in drop}, contracts, accounts) for t in tables)

    return Truth(
        accounts=accounts,
        next_order_id=document["next_order_id"],
        notices=tuple(document["notice"]),
        account_values=tuple(document["account_value"]),
        positions=(
            *rows("position", drop=("market_price",)),
            *many_positions(document.get("many_positions", {}), accounts[0]),
        ),
        portfolio=tuple(_valued(row) for row in rows("position")),
        open_orders=rows("open_order"),
        completed_orders=rows("completed_order"),
        executions=rows("execution", drop=("commission", "commission_currency")),
        commissions=tuple(_commission(table) for table in document["execution"]),
        connectivity=tuple(document["connectivity"]),
        quotes=_by_contract(document["quote"], contracts),
        trades=_by_contract(document["trade"], contracts),
        pnl=document["pnl"],
        contracts=_by_contract(contracts, contracts),
        placing=document["placing"],
        what_if=document["what_if"],
        refused_attributes=tuple(document["refused_attribute"]),
        white_branding_id=document["white_branding_id"],
        contract_details=details(document),
        option_chains=option_chains(document),
        bars=bars_truth.read(document),
        market=market_truth.read(document),
        api_settings=document["api_settings"],
        reference=document["reference"],
        account_list_ends_with_comma=document.get("account_list_ends_with_comma", False),
    )


def _by_contract(tables: Mapping[str, Any], contracts: Mapping[str, Any]) -> Mapping[str, Values]:
    """Return tables by symbol and by con id: a client may name either."""
    by_symbol = {contracts[name]["symbol"]: table for name, table in tables.items()}
    return by_symbol | {str(contracts[name]["con_id"]): table for name, table in tables.items()}


def _row(table: Mapping[str, Any], contracts: Mapping[str, Any], accounts: Sequence[str]) -> Values:
    """Return a row with its contract, in the account that it names, else in the first."""
    contract = contracts[table["contract"]]
    rest = {key: value for key, value in table.items() if key not in ("contract", "account")}
    return {**contract, **rest, "account": accounts[table.get("account", 1) - 1]}


def many_positions(rule: Mapping[str, Any], account: str) -> Iterator[Values]:
    """Yield the holdings that a rule describes: ``count`` stocks that differ in every field that counts."""
    for number in range(1, rule.get("count", 0) + 1):
        yield {
            "account": account,
            "con_id": rule["first_con_id"] + number,
            "symbol": f"{rule['symbol']}{number}",
            "sec_type": "STK",
            "currency": "USD",
            "position": str(number),
            "average_cost": number / 100,
        }


def _valued(row: Values) -> Values:
    """Return a position with its value; IBKR's average cost of a derivative already includes the multiplier."""
    quantity, price, cost = (float(str(row[key])) for key in ("position", "market_price", "average_cost"))
    value = quantity * price * float(str(row.get("multiplier") or 1))
    return {**row, "market_value": round(value, 2), "unrealized_pnl": round(value - quantity * cost, 2)}


def _commission(table: Mapping[str, Any]) -> Values:
    return {
        "exec_id": table["exec_id"],
        "commission": table["commission"],
        "currency": table["commission_currency"],
    }
