"""Knows what a client watches of its accounts, and tells it what has changed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.gateways.simulator.today import is_recent
from harness.gateways.simulator.trading import account as accounts
from harness.gateways.simulator.trading.echo import fitted
from harness.wire.message import Message, Value

if TYPE_CHECKING:
    from harness.gateways.simulator.client import Client


_EVERY = 180.0
"""Seconds after which what has changed of an account is told, though nothing was traded (documented)."""


@dataclass(slots=True)
class Watched:
    """What one client watches; ids are those of its requests.

    Args:
        positions: whether all positions.
        account: the account of its account updates; empty without.
        summaries: the tags of each summary.
        multi_positions: the account of each.
        multi_values: account and model of each.
        profits: the account of each.
        single_profits: account and con id of each.
        told: what was told last under a name, so that nothing is told twice.
        due: when the accounts are told again, in Unix seconds.
    """

    positions: bool = False
    account: str = ""
    summaries: dict[int, tuple[str, ...]] = field(default_factory=dict)
    multi_positions: dict[int, str] = field(default_factory=dict)
    multi_values: dict[int, tuple[str, str]] = field(default_factory=dict)
    profits: dict[int, str] = field(default_factory=dict)
    single_profits: dict[int, tuple[str, int]] = field(default_factory=dict)
    told: dict[tuple[Value, ...], object] = field(default_factory=dict)
    due: float = 0.0

    def is_news(self, key: tuple[Value, ...], value: object) -> bool:
        """Return whether something is not what was told last, and take note of it."""
        if key in self.told and self.told[key] == value:
            return False
        self.told[key] = value
        return True

    @property
    def profit_is_watched(self) -> bool:
        """Whether a profit is."""
        return bool(self.profits or self.single_profits)

    @property
    def holdings_are_watched(self) -> bool:
        """Whether holdings are, which end with their contracts."""
        return bool(self.positions or self.multi_positions or self.account)

    @property
    def accounts_are_watched(self) -> bool:
        """Whether values of an account are."""
        return bool(self.account or self.summaries or self.multi_values)


def begin(client: Client) -> None:
    """Begin to tell a client what has changed of the accounts that it was told now."""
    client.watched.due = client.now() + _EVERY
    client.desk.wake()


def of_fill(client: Client, account: str, con_id: int) -> Iterator[Message]:
    """Yield what a client is told after a fill: positions at once (documented), then account and profit (inferred).

    Account updates come every three minutes, and at once after a trade (documented).
    """
    watched, ledger = client.watched, client.desk.ledger
    row = ledger.position_row(account, con_id)
    if watched.positions:
        yield fitted("position", dict(row))
    for req_id, other in watched.multi_positions.items():
        if other == account:
            yield fitted("position_multi", {**row, "req_id": req_id})
    if watched.account == account:
        told = ledger.portfolio_row(account, con_id, _of_truth(client, account, con_id))
        watched.is_news(("portfolio", account, con_id), told)
        yield fitted("portfolio_value", dict(told))
    yield from of_values(client, account)
    yield from of_profit(client)


def _of_truth(client: Client, account: str, con_id: int) -> dict[str, Value] | None:
    rows = (row for row in client.desk.truth.portfolio if (row["account"], row["con_id"]) == (account, con_id))
    return next((dict(row) for row in rows), None)


def of_portfolio(client: Client, *, anew: bool) -> Iterator[Message]:
    """Yield the holdings of the account that a client watches, each with the time, and the time (captured).

    Args:
        client: who watches.
        anew: whether it is told all of them; else those that are not what it was told last.
    """
    watched, told_at = client.watched, time.strftime("%H:%M", time.localtime(client.now()))
    for row in client.desk.ledger.portfolio(watched.account):
        if row["position"] == "0" and not _is_of_today(client, watched.account, int(str(row["con_id"]))):
            continue
        if watched.is_news(("portfolio", watched.account, row["con_id"]), row) or anew:
            yield fitted("portfolio_value", dict(row))
            yield Message("account_update_time", {"time": told_at})
    yield Message("account_update_time", {"time": told_at})


def _is_of_today(client: Client, account: str, con_id: int) -> bool:
    traded = client.desk.ledger.traded.get((account, con_id))
    return traded is None or is_recent(traded.traded_at, client)


def of_time(client: Client, now: float) -> Iterator[Message]:
    """Yield what the time alone has changed: profits, and every three minutes the accounts (documented)."""
    yield from of_profit(client)
    watched = client.watched
    if watched.accounts_are_watched and now >= watched.due:
        watched.due = now + _EVERY
        for account in client.desk.truth.accounts:
            yield from of_values(client, account)
        if watched.account:
            yield from of_portfolio(client, anew=False)


def of_values(client: Client, account: str) -> Iterator[Message]:
    """Yield the values of an account that are not what a client was told last."""
    watched = client.watched
    for row in accounts.account_values(client.desk.truth, client.desk.ledger, account):
        key, value, currency = row["key"], row["value"], row["currency"]
        if watched.account == account and watched.is_news(("value", account, key, currency), value):
            yield Message("account_value", {**row, "account": account})
        for req_id, tags in watched.summaries.items():
            if key in tags and watched.is_news(("summary", req_id, account, key, currency), value):
                summed: dict[str, Value] = {"tag": key, "value": value, "currency": currency}
                yield Message("account_summary", {**summed, "req_id": req_id, "account": account})
        for req_id, (other, model) in watched.multi_values.items():
            if other == account and watched.is_news(("multi", req_id, key, currency), value):
                asked: dict[str, Value] = {"req_id": req_id, "account": account, "model_code": model}
                yield Message("account_update_multi", {**row, **asked})


def single_profit(client: Client, account: str, con_id: int) -> Mapping[str, Value] | None:
    """Return the profit of one holding as a client is told it; ``None`` if the account never held it.

    One that cannot read fractions is told the whole units of the holding: inferred from other sizes, which are trimmed.
    """
    single = accounts.single_profit(client.desk.truth, client.desk.ledger, account, con_id)
    if single is None or client.reads_fractions:
        return single
    return {**single, "position": str(single["position"]).partition(".")[0]}


def of_profit(client: Client) -> Iterator[Message]:
    """Yield the profits that are not what a client was told last."""
    watched, truth, ledger = client.watched, client.desk.truth, client.desk.ledger
    for req_id, account in watched.profits.items():
        profit = accounts.profit(truth, ledger, account or truth.accounts[0])
        if watched.is_news(("pnl", req_id), profit):
            yield Message("pnl", {"req_id": req_id, **profit})
    for req_id, (account, con_id) in watched.single_profits.items():
        single = single_profit(client, account, con_id)
        if single is not None and watched.is_news(("pnl single", req_id), single):
            yield Message("pnl_single", {"req_id": req_id, **single})
