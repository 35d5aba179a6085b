"""Checks contract details: a stock, one with a non-ASCII name, an option, two months of a future, a currency pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import RequestRejectedError
from adapters.records import NO_SUCH_CONTRACT
from adapters.records_market import Wanted
from harness.checks.check import Check, Client, plain
from harness.checks.expected import POSITIVE, Every, Since, decimal, number, records, text, whole
from harness.checks.heard import told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adapters.records_market import ContractDetails
    from harness.checks.expected import Expected, Records
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth, Values

WANTED = (
    Wanted("AAPL", "STK", "SMART", "USD"),
    Wanted("MC", "STK", "SBF", "EUR"),
    Wanted("SPY", "OPT", "SMART", "USD", expiry="20261218", strike=600.5, right="C"),
    Wanted("ES", "FUT", "CME", "USD"),
    Wanted("EUR", "CASH", "IDEALPRO", "USD"),
)
"""The future is asked without a date, so that every month answers."""

SIZE_RULES_SINCE = 164


def ask(client: Client) -> dict[str, Any]:
    """Ask the contracts one after the other."""
    return {"records": plain([details for wanted in WANTED for details in _of(wanted, client)])}


def _of(wanted: Wanted, client: Client) -> list[ContractDetails]:
    try:
        return client.connection.contracts.contract_details(wanted, client.request_timeout)
    except RequestRejectedError as error:
        if client.simulated or not (wanted.expiry and error.code == NO_SUCH_CONTRACT):
            raise
        return []  # it has ended, or is not listed any more


def expected(truth: Truth) -> Mapping[str, Records]:
    """Return the truth about every contract, because all of them are requested."""
    return {"records": records(("con_id",), map(_details, truth.contract_details))}


def heard(said: Heard) -> Mapping[str, Records]:
    """Return the contracts that the gateway sent."""
    return {"records": told(("con_id",), said.answers("req_contract_data"), "contract_data", _details)}


def wanted(_accounts: Sequence[str], _detail: Mapping[str, Any]) -> Mapping[str, Every]:
    """Require that every contract has a number that IBKR assigned."""
    return {"records": Every(("con_id",), {"con_id": POSITIVE})}


TEXTS = (
    *("symbol", "sec_type", "right", "exchange", "primary_exchange", "currency", "local_symbol", "trading_class"),
    *("market_name", "order_types", "valid_exchanges", "under_symbol", "under_sec_type", "long_name", "contract_month"),
    *("industry", "category", "subcategory", "time_zone_id", "trading_hours", "liquid_hours", "market_rule_ids"),
    *("real_expiration_date", "stock_type"),
)
SIZES = ("min_size", "size_increment", "suggested_size_increment")


def _details(row: Values) -> Mapping[str, Expected]:
    expiry, _, rest = text(row, "last_trade").partition(" ")
    return {
        "con_id": whole(row, "con_id"),
        **{key: text(row, key) for key in TEXTS},
        "expiry": expiry,
        "last_trade_time": rest.partition(" ")[0],
        "strike": number(row, "strike"),
        "multiplier": decimal(row, "multiplier"),
        "min_tick": number(row, "min_tick"),
        "price_magnifier": whole(row, "price_magnifier"),
        "under_con_id": whole(row, "under_con_id") if "under_con_id" in row else None,
        "sec_ids": _sec_ids(row),
        "agg_group": whole(row, "agg_group") if "agg_group" in row else None,
        **{key: Since(SIZE_RULES_SINCE, decimal(row, key)) for key in SIZES},
    }


def _sec_ids(row: Values) -> tuple[str, ...]:
    pairs = row.get("sec_ids", ())
    assert isinstance(pairs, list | tuple)  # noqa: S101 - so it is written in the truth
    return tuple(sorted(f"{pair['tag']}={pair['value']}" for pair in pairs))


CHECK = Check(
    name="contract_details",
    asks="req_contract_data",
    proves="contracts of every kind are decoded: all matches of a request, and non-ASCII names",
    ask=ask,
    expected=expected,
    heard=heard,
    wanted=wanted,
    requests=len(WANTED),
)
