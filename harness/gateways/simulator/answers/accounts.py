"""Answers requests for accounts and holdings."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from harness.gateways.simulator.answers.clock_and_ids import nothing
from harness.gateways.simulator.client import Answer, Client
from harness.wire.message import Message


def _account_summary(request: Message, client: Client) -> Iterator[Message]:
    req_id = request["req_id"]
    tags = request.text("tags").split(",")
    for account in client.truth.accounts:
        for row in client.truth.account_values:
            if row["key"] in tags:
                values = {"tag": row["key"], "value": row["value"], "currency": row["currency"]}
                yield Message("account_summary", {**values, "req_id": req_id, "account": account})
    yield Message("account_summary_end", {"req_id": req_id})


def _account_updates(request: Message, client: Client) -> Iterator[Message]:
    if not request["subscribe"]:
        return
    account = request.text("account") or client.truth.accounts[0]
    for row in client.truth.account_values:
        yield Message("account_value", {**row, "account": account})
    for row in client.truth.portfolio:
        if row["account"] == account:
            yield Message("portfolio_value", {key: value for key, value in row.items() if key != "exchange"})
    yield Message("account_update_time", {"time": time.strftime("%H:%M", time.localtime(client.now()))})
    yield Message("account_download_end", {"account": account})


def _account_updates_multi(request: Message, client: Client) -> Iterator[Message]:
    req_id = request["req_id"]
    for row in client.truth.account_values:
        shared = {"req_id": req_id, "account": request["account"], "model_code": request["model_code"]}
        yield Message("account_update_multi", {**row, **shared})
    yield Message("account_update_multi_end", {"req_id": req_id})


def _positions(_request: Message, client: Client) -> Iterator[Message]:
    for row in client.truth.positions:
        yield Message("position", row)
    yield Message("position_end")


ANSWERS: Mapping[str, Answer] = {
    "cancel_account_summary": nothing,
    "cancel_account_updates_multi": nothing,
    "cancel_positions": nothing,
    "req_account_summary": _account_summary,
    "req_account_updates": _account_updates,
    "req_account_updates_multi": _account_updates_multi,
    "req_positions": _positions,
}
