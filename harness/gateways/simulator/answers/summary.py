"""Answers requests for account summaries: rows by tag, and with ``$LEDGER`` what each currency has.

Source: a recording of a Gateway 10.40, which asked for ``$LEDGER:ALL`` beside tags. That the shorter forms are told in
the same way is inferred; what they mean is IBKR's documentation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.gateways.simulator.answers import limits
from harness.gateways.simulator.answers.refusals import refuse
from harness.gateways.simulator.client import Answer, Client
from harness.gateways.simulator.trading import watchers
from harness.gateways.simulator.trading.account import account_values
from harness.wire.message import Message

_BASE, _CURRENCY = "BASE", "USD"
_LEDGER = "$LEDGER"
_KEYS = (
    *("Currency", "CashBalance", "TotalCashBalance", "AccruedCash", "StockMarketValue", "OptionMarketValue"),
    *("FutureOptionValue", "FuturesPNL", "NetLiquidationByCurrency", "UnrealizedPnL", "RealizedPnL", "ExchangeRate"),
    *("FundValue", "NetDividend", "MutualFundValue", "MoneyMarketFundValue", "CorporateBondValue", "TBondValue"),
    *("TBillValue", "WarrantValue", "FxCashBalance", "AccountOrGroup", "RealCurrency", "IssuerOptionValue"),
    "Cryptocurrency",
)
"""In the order of the recording."""


def _summary(request: Message, client: Client) -> Iterator[Message]:
    """Yield the rows, sorted by tag, and the end; a ledger comes twice, and so do the rows before it (captured)."""
    refuse(limits.of_summaries(request, client))
    tags = [tag.strip() for tag in request.text("tags").split(",")]
    client.watched.summaries[request.number("req_id")] = tuple(tags)
    watchers.begin(client)
    rows, ledger = list(_rows(request, tags, client)), list(_ledger(request, tags, client))
    end = Message("account_summary_end", {"req_id": request["req_id"]})
    yield from (*rows, *rows, *ledger, end, *ledger, end) if ledger else (*rows, end)


def _rows(request: Message, tags: list[str], client: Client) -> Iterator[Message]:
    req_id = request["req_id"]
    for account in client.truth.accounts:
        known = account_values(client.desk.truth, client.desk.ledger, account)
        for row in sorted((row for row in known if str(row["key"]) in tags), key=lambda row: str(row["key"])):
            client.watched.is_news(("summary", req_id, account, row["key"], row["currency"]), row["value"])
            values = {"tag": row["key"], "value": row["value"], "currency": row["currency"]}
            yield Message("account_summary", {**values, "req_id": req_id, "account": account})


def _ledger(request: Message, tags: list[str], client: Client) -> Iterator[Message]:
    """Yield what each currency has, all accounts together; the account of a row is the group (captured)."""
    group = request.text("group") or "All"
    for currency in _currencies(tags):
        known = _known(client, currency)
        own = {"Currency": currency, "RealCurrency": currency, "AccountOrGroup": group, "Cryptocurrency": ""}
        for key in _KEYS:
            values = {"tag": key, "value": own.get(key, known.get(key, "0.00")), "currency": currency}
            yield Message("account_summary", {**values, "req_id": request["req_id"], "account": group})


def _currencies(tags: list[str]) -> list[str]:
    """Return the currencies that are asked for: without any named that of the account, as ``BASE`` (documented)."""
    asked = [tag.partition(":")[2] or _BASE for tag in tags if tag.partition(":")[0] == _LEDGER]
    every = {_CURRENCY, _BASE} if "ALL" in asked else set(asked)
    return [currency for currency in (_CURRENCY, _BASE) if currency in every]


def _known(client: Client, currency: str) -> dict[str, str]:
    """Return the sums of all accounts by key; an exchange rate is no sum."""
    sums: dict[str, float] = {}
    for account in client.truth.accounts:
        for row in account_values(client.desk.truth, client.desk.ledger, account):
            if row["key"] in _KEYS and row["currency"] == currency:
                sums[str(row["key"])] = sums.get(str(row["key"]), 0.0) + float(str(row["value"]))
    return {**{key: f"{value:.2f}" for key, value in sums.items()}, "ExchangeRate": "1.00"}


def _cancel(request: Message, client: Client) -> Iterator[Message]:
    client.watched.summaries.pop(request.number("req_id"), None)
    return iter(())


ANSWERS: Mapping[str, Answer] = {"cancel_account_summary": _cancel, "req_account_summary": _summary}
"""By request."""
