"""Answers requests for accounts and holdings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.gateways.simulator.answers.refusals import no_such_account, refuse
from harness.gateways.simulator.client import Answer, Client
from harness.gateways.simulator.today import is_recent
from harness.gateways.simulator.trading import watchers
from harness.gateways.simulator.trading.account import account_values
from harness.gateways.simulator.trading.echo import fitted
from harness.gateways.simulator.truth import Values
from harness.wire.message import Message


def _account(request: Message, client: Client) -> str:
    """Return the account that is asked for, the first without any.

    Raises:
        RefusedError: it is none of the login's.
    """
    account = request.text("account")
    refuse(no_such_account(request, client) if account not in {"", *client.truth.accounts} else None)
    return account or client.truth.accounts[0]


def _account_updates(request: Message, client: Client) -> Iterator[Message]:
    account = _account(request, client)
    client.watched.account = account if request["subscribe"] else ""
    if not request["subscribe"]:
        return
    for row in account_values(client.desk.truth, client.desk.ledger, account):
        client.watched.is_news(("value", account, row["key"], row["currency"]), row["value"])
        yield Message("account_value", {**row, "account": account})
    yield from watchers.of_portfolio(client, anew=True)
    yield Message("account_download_end", {"account": account})
    watchers.begin(client)


def _account_updates_multi(request: Message, client: Client) -> Iterator[Message]:
    req_id = request["req_id"]
    account, model = _account(request, client), request.text("model_code")
    client.watched.multi_values[request.number("req_id")] = account, model
    for row in account_values(client.desk.truth, client.desk.ledger, account):
        client.watched.is_news(("multi", req_id, row["key"], row["currency"]), row["value"])
        shared = {"req_id": req_id, "account": account, "model_code": model}
        yield Message("account_update_multi", {**row, **shared})
    yield Message("account_update_multi_end", {"req_id": req_id})
    watchers.begin(client)


def watch_positions(client: Client) -> None:
    """Tell a client of each position that changes, until it cancels (documented)."""
    client.watched.positions = True
    client.desk.wake()


def _cancel_multi(request: Message, client: Client) -> Iterator[Message]:
    client.watched.multi_values.pop(request.number("req_id"), None)
    return iter(())


def _cancel_positions(_request: Message, client: Client) -> Iterator[Message]:
    client.watched.positions = False
    return iter(())


def held(client: Client) -> Iterator[Values]:
    """Yield the holdings of all accounts, and last those that were closed today, which are nothing (captured)."""
    ledger = client.desk.ledger
    yield from ledger.positions()
    yield from (row for row, when in ledger.closed() if is_recent(when, client))


def _positions(_request: Message, client: Client) -> Iterator[Message]:
    watch_positions(client)
    for row in held(client):
        yield fitted("position", dict(row))
    yield Message("position_end")


ANSWERS: Mapping[str, Answer] = {
    "cancel_account_updates_multi": _cancel_multi,
    "cancel_positions": _cancel_positions,
    "req_account_updates": _account_updates,
    "req_account_updates_multi": _account_updates_multi,
    "req_positions": _positions,
}
