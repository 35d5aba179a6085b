"""The values of an account in a market that moves: those that programs read, and that they agree with each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from harness.gateways.simulator.market import Market
from harness.gateways.simulator.trading.account import account_values
from harness.gateways.simulator.truth import load, those_with
from harness.wire.message import Message, Value
from tests.gateways.simulator.market import EURUSD, order
from tests.gateways.simulator.talk import run
from tests.gateways.simulator.test_moving_market import AAPL, FRIDAY, Exchange
from tests.gateways.simulator.trader import Trader

ACCOUNT = "DU9000001"
TAGS = (
    *("AccountType", "NetLiquidation", "TotalCashValue", "SettledCash", "AccruedCash", "BuyingPower"),
    *("EquityWithLoanValue", "PreviousEquityWithLoanValue", "GrossPositionValue", "RegTEquity", "RegTMargin", "SMA"),
    *("InitMarginReq", "MaintMarginReq", "AvailableFunds", "ExcessLiquidity", "Cushion", "FullInitMarginReq"),
    *("FullMaintMarginReq", "FullAvailableFunds", "FullExcessLiquidity", "LookAheadNextChange"),
    *("LookAheadInitMarginReq", "LookAheadMaintMarginReq", "LookAheadAvailableFunds", "LookAheadExcessLiquidity"),
    *("DayTradesRemaining", "Leverage"),
)
"""Those of IBKR's documentation that every account has."""
SHARE = {name: value for name, value in AAPL.items() if name != "req_id"}
BUY: Mapping[str, Value] = {
    **SHARE,
    "order_id": 201,
    "action": "BUY",
    "total_quantity": "100",
    "order_type": "MKT",
    "time_in_force": "DAY",
}


def told() -> tuple[list[Message], list[Message]]:
    """Return the summary and the updates of an account that has just bought."""

    async def scenario() -> tuple[list[Message], list[Message]]:
        async with Exchange() as exchange:
            await exchange.asked(Message("place_order", {**BUY, "transmit": True}))
            tags: dict[str, Value] = {"req_id": 9, "group": "All", "tags": ",".join(TAGS)}
            summary = await exchange.asked(Message("req_account_summary", tags))
            updates = Message("req_account_updates", {"subscribe": True, "account": ACCOUNT})
            profit = Message("req_pnl", {"req_id": 10, "account": ACCOUNT})
            return summary, await exchange.asked(updates, profit)

    return run(scenario())


def values(messages: list[Message]) -> dict[tuple[Any, Any], Any]:
    rows = [message for message in messages if message.name == "account_value"]
    return {(row["key"], row["currency"]): row["value"] for row in rows}


def test_a_summary_has_every_tag_of_the_documentation_in_order() -> None:
    tags = [message["tag"] for message in told()[0] if message.name == "account_summary"]
    assert list(dict.fromkeys(tags)) == sorted(TAGS)


def test_updates_are_sorted_and_have_each_currency_and_the_base() -> None:
    """Captured: by key, then by currency, BASE before USD."""
    found = values(told()[1])
    assert list(found) == sorted(found)
    assert found["CashBalance", "BASE"] == found["CashBalance", "USD"] == found["TotalCashValue", "USD"]
    assert found["AccountReady", ""] == "true"


def test_what_is_the_same_stays_the_same_after_a_fill() -> None:
    found = {key: value for (key, currency), value in values(told()[1]).items() if currency != "BASE"}
    for key in ("AvailableFunds", "ExcessLiquidity", "InitMarginReq", "MaintMarginReq"):
        assert found[key] == found[f"Full{key}"] == found[f"LookAhead{key}"]
    assert found["NetLiquidation"] == found["EquityWithLoanValue"] == found["NetLiquidationByCurrency"]
    (profit,) = (message for message in told()[1] if message.name == "pnl")
    assert float(found["UnrealizedPnL"]) == pytest.approx(profit["unrealized_pnl"])
    assert float(found["RealizedPnL"]) == pytest.approx(profit["realized_pnl"])
    cushion = float(found["ExcessLiquidity"]) / float(found["NetLiquidation"])
    assert float(found["Cushion"]) == pytest.approx(cushion, abs=1e-6)
    assert float(found["Leverage"]) > 0.04  # it was 0.02 before 100 shares were bought


LEDGER = (
    *("Currency", "CashBalance", "TotalCashBalance", "AccruedCash", "StockMarketValue", "OptionMarketValue"),
    *("FutureOptionValue", "FuturesPNL", "NetLiquidationByCurrency", "UnrealizedPnL", "RealizedPnL", "ExchangeRate"),
    *("FundValue", "NetDividend", "MutualFundValue", "MoneyMarketFundValue", "CorporateBondValue", "TBondValue"),
    *("TBillValue", "WarrantValue", "FxCashBalance", "AccountOrGroup", "RealCurrency", "IssuerOptionValue"),
    "Cryptocurrency",
)


def summary(*tags: str, req_id: int = 9) -> Message:
    return Message("req_account_summary", {"req_id": req_id, "group": "All", "tags": ",".join(tags)})


def asked(*requests: Message) -> list[Message]:
    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            return await exchange.asked(*requests)

    return run(scenario())


@pytest.mark.parametrize(
    ("tag", "currencies"), [("$LEDGER:ALL", ["USD", "BASE"]), ("$LEDGER", ["BASE"]), ("$LEDGER:USD", ["USD"])]
)
def test_a_ledger_is_told_twice_under_the_name_of_the_group(tag: str, currencies: list[str]) -> None:
    """Captured for all currencies: the rows before it come twice, too."""
    rows = asked(summary("NetLiquidation", "AccountType", tag))
    own = [(row["account"], row["tag"]) for row in rows[:4]]
    assert own == [(ACCOUNT, "AccountType"), (ACCOUNT, "NetLiquidation")] * 2
    ledger = [("All", key, currency) for currency in currencies for key in LEDGER]
    ends = [number for number, row in enumerate(rows) if row.name == "account_summary_end"]
    assert ends == [4 + len(ledger), len(rows) - 1]
    assert [(row["account"], row["tag"], row["currency"]) for row in rows[4 : ends[0]]] == ledger
    assert rows[4 : ends[0]] == rows[ends[0] + 1 : -1]
    worth = {row["tag"]: row["value"] for row in rows[4 : ends[0]]}
    assert worth["NetLiquidationByCurrency"] == rows[1]["value"]


def test_a_third_summary_is_refused_until_one_is_cancelled() -> None:
    third, tags = summary("AccountType", req_id=11), ("AccountType",)
    cancel = Message("cancel_account_summary", {"req_id": 9})
    told = asked(summary(*tags, req_id=9), summary(*tags, req_id=10), third, cancel, third)
    assert [(one.name, one["req_id"], one.values.get("code")) for one in told if "tag" not in one.values] == [
        ("account_summary_end", 9, None),
        ("account_summary_end", 10, None),
        ("error", 11, 322),
        ("account_summary_end", 11, None),
    ]


@pytest.mark.parametrize(
    ("request_", "req_id"),
    [
        (Message("req_account_updates", {"subscribe": True, "account": "All"}), -1),
        (Message("req_account_updates_multi", {"req_id": 3, "account": "All"}), 3),
        (Message("req_positions_multi", {"req_id": 3, "account": "All"}), 3),
        (Message("req_pnl", {"req_id": 3, "account": "All"}), 3),
        (Message("req_pnl_single", {"req_id": 3, "account": "All", "con_id": 265598}), 3),
    ],
)
def test_an_account_that_is_none_of_the_logins_is_refused(request_: Message, req_id: int) -> None:
    (refusal,) = asked(request_)
    assert (refusal["req_id"], refusal["code"]) == (req_id, 321)
    assert refusal.text("text").endswith(" : cause - Invalid account code 'All'.")


def test_each_holding_is_told_with_its_primary_exchange_and_the_time() -> None:
    told = asked(Message("req_account_updates", {"subscribe": True, "account": ACCOUNT}))
    after = [message for message in told if message.name != "account_value"]
    each = ["portfolio_value", "account_update_time"]
    assert [message.name for message in after] == [*each * 4, "account_update_time", "account_download_end"]
    assert [message["exchange"] for message in after[:4:2]] == ["NASDAQ", "CME"]
    held = asked(Message("req_positions"))
    assert [message["exchange"] for message in held[:2]] == ["NASDAQ", "CME"]


def test_an_empty_account_has_cash_alone_in_every_value() -> None:
    """Its equity, margins and profit once were those of the holdings that it did not have."""
    empty = Market(1, lambda: FRIDAY, fresh=True).truth(load("paper"), "paper", None)
    found = {str(row["key"]): row["value"] for row in empty.account_values if row["currency"] != ""}
    worth = {key for key in found if "Net" in key or "Equity" in key}
    assert {found[key] for key in worth} == {found["TotalCashValue"]} == {"976234.50"}
    nothing = {key for key in found if "Margin" in key or "PnL" in key or key.endswith(("PositionValue", "ketValue"))}
    assert {found[key] for key in nothing} == {"0.00"}
    assert len(worth) > 5
    assert len(nothing) > 8


PARTS = ("TotalCashBalance", "StockMarketValue", "OptionMarketValue", "FutureOptionValue", "FuturesPNL")


def test_the_parts_of_an_account_are_what_it_is_worth_and_what_is_sold_short_counts_against_it() -> None:
    """What is short once counted as if it was held, and options as if they were stocks."""
    truth = Market(1, lambda: FRIDAY, fresh=True).truth(load("paper"), "paper", None)
    trader = Trader(FRIDAY, truth=truth)
    for number, (kind, symbol) in enumerate((("STK", "AAPL"), ("OPT", "AAPL"), ("FOP", "ES"), ("FUT", "ES"))):
        contract = next(those_with(truth.contract_details, sec_type=kind, symbol=symbol))
        wanted = {name: contract[name] for name in ("con_id", "symbol", "sec_type", "exchange")}
        trader.prices.set(int(str(contract["con_id"])), 20.0, 20.0)
        trader.place(order(201 + number, action="SELL" if kind == "STK" else "BUY", total_quantity="5", **wanted))
        trader.prices.set(int(str(contract["con_id"])), 30.0, 30.0)
    trader.prices.set(EURUSD, 2.0, 2.0)
    bmw = next(those_with(truth.contract_details, sec_type="STK", symbol="BMW"))
    trader.prices.set(int(str(bmw["con_id"])), 3.0, 3.0)
    wanted = {"con_id": bmw["con_id"], "symbol": "BMW", "currency": "EUR"}
    trader.place(order(210, total_quantity="5", **wanted))
    rows = account_values(trader.desk.truth, trader.desk.ledger, ACCOUNT)
    found = {row["key"]: float(str(row["value"])) for row in rows if row["currency"] == "USD"}
    assert [found[key] for key in PARTS[1:]] == [5 * 3.0 * 2 - 5 * 30.0, 5 * 30.0 * 100, 5 * 30.0 * 50, 5 * 10.0 * 50]
    assert sum(found[key] for key in PARTS) == pytest.approx(found["NetLiquidation"], abs=0.01)
    assert found["GrossPositionValue"] == 5 * 3.0 * 2 + 5 * 30.0 * (1 + 100 + 50)


def test_whatever_is_closed_no_margin_is_below_zero_and_none_is_left_at_the_end() -> None:
    """A short future that was bought back once took off a margin with which it had never been counted."""

    async def scenario() -> list[dict[str, float]]:
        async with Exchange() as exchange:
            margins = [await _margins(exchange)]
            held = [row for row in await exchange.asked(Message("req_positions")) if row.name == "position"]
            for number, row in enumerate(held):
                await exchange.asked(_closing(row, 301 + number))
                await exchange.passes(5)
                margins.append(await _margins(exchange))
            return margins

    margins = run(scenario())
    assert len(margins) > 4
    for each in margins:
        assert min(each["InitMarginReq"], each["MaintMarginReq"]) >= 0
        assert each["AvailableFunds"] <= each["NetLiquidation"]
    assert margins[-1]["InitMarginReq"] < margins[0]["InitMarginReq"] / 100


def _closing(row: Message, order_id: int) -> Message:
    size = float(str(row["position"]))
    wanted = {name: row[name] for name in ("con_id", "symbol", "sec_type", "currency")}
    exchange = row["exchange"] or ("IDEALPRO" if row["sec_type"] == "CASH" else "SMART")
    order = {"order_id": order_id, "action": "SELL" if size > 0 else "BUY", "total_quantity": f"{abs(size):g}"}
    return Message("place_order", {**BUY, **wanted, **order, "exchange": exchange, "transmit": True})


async def _margins(exchange: Exchange) -> dict[str, float]:
    heard = await exchange.asked(summary("InitMarginReq", "MaintMarginReq", "AvailableFunds", "NetLiquidation"))
    await exchange.asked(Message("cancel_account_summary", {"req_id": 9}))
    rows = [message for message in heard if message.name == "account_summary"]
    return {str(row["tag"]): float(str(row["value"])) for row in rows}
