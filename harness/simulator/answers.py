"""What a Gateway answers to each request."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

from harness.protocol.message import Message, UnknownMessage
from harness.simulator.truth import Truth, Values

UNREADABLE = 320
"""Error code: the server could not read an API client's request."""

_NO_REQUEST = -1
_EXECUTION_FILTERS = ("client_id", "account", "symbol", "sec_type", "side")
_SIDES = {"BUY": "BOT", "SELL": "SLD", "SSHORT": "SLD"}
"""A filter names the side of the order, an execution that of the trade."""


def answer(request: Message | UnknownMessage, truth: Truth, client_id: int) -> Iterator[Message]:
    """Yield the messages that a Gateway sends back, in order; none for a cancellation."""
    if isinstance(request, UnknownMessage):
        text = f"Server error when reading an API client request: message {request.id} is not simulated"
        return iter((error(UNREADABLE, text),))
    return _ANSWERS[request.name](request, truth, client_id)


def greeting(truth: Truth, extra_notices: tuple[Values, ...]) -> Iterator[Message]:
    """Yield what follows START_API: accounts, next valid id, then the notices."""
    yield truth.managed_accounts
    yield Message("next_valid_id", {"order_id": truth.next_order_id})
    for notice in (*truth.notices, *extra_notices):
        yield error(int(str(notice["code"])), str(notice["text"]))


def error(code: int, text: str, req_id: int = _NO_REQUEST) -> Message:
    """Return an error message as of now."""
    return Message("error", {"req_id": req_id, "code": code, "text": text, "time_ms": time.time_ns() // 1_000_000})


def _nothing(_request: Message, _truth: Truth, _client_id: int) -> Iterator[Message]:
    return iter(())


def _next_valid_id(_request: Message, truth: Truth, _client_id: int) -> Iterator[Message]:
    yield Message("next_valid_id", {"order_id": truth.next_order_id})


def _managed_accounts(_request: Message, truth: Truth, _client_id: int) -> Iterator[Message]:
    yield truth.managed_accounts


def _current_time(_request: Message, _truth: Truth, _client_id: int) -> Iterator[Message]:
    yield Message("current_time", {"time": int(time.time())})


def _current_time_in_millis(_request: Message, _truth: Truth, _client_id: int) -> Iterator[Message]:
    yield Message("current_time_in_millis", {"time_ms": time.time_ns() // 1_000_000})


def _account_summary(request: Message, truth: Truth, _client_id: int) -> Iterator[Message]:
    req_id = request["req_id"]
    tags = request.text("tags").split(",")
    for account in truth.accounts:
        for row in truth.account_values:
            if row["key"] in tags:
                values = {"tag": row["key"], "value": row["value"], "currency": row["currency"]}
                yield Message("account_summary", {**values, "req_id": req_id, "account": account})
    yield Message("account_summary_end", {"req_id": req_id})


def _account_updates(request: Message, truth: Truth, _client_id: int) -> Iterator[Message]:
    if not request["subscribe"]:
        return
    account = request.text("account") or truth.accounts[0]
    for row in truth.account_values:
        yield Message("account_value", {**row, "account": account})
    for row in truth.portfolio:
        values = {key: value for key, value in row.items() if key != "exchange"}
        yield Message("portfolio_value", {**values, "account": account})
    yield Message("account_update_time", {"time": time.strftime("%H:%M")})
    yield Message("account_download_end", {"account": account})


def _account_updates_multi(request: Message, truth: Truth, _client_id: int) -> Iterator[Message]:
    req_id = request["req_id"]
    for row in truth.account_values:
        shared = {"req_id": req_id, "account": request["account"], "model_code": request["model_code"]}
        yield Message("account_update_multi", {**row, **shared})
    yield Message("account_update_multi_end", {"req_id": req_id})


def _positions(_request: Message, truth: Truth, _client_id: int) -> Iterator[Message]:
    for row in truth.positions:
        yield Message("position", row)
    yield Message("position_end")


def _open_orders(_request: Message, truth: Truth, client_id: int) -> Iterator[Message]:
    own = [row for row in truth.open_orders if row["client_id"] == client_id]
    return _orders(own)


def _all_open_orders(_request: Message, truth: Truth, _client_id: int) -> Iterator[Message]:
    return _orders(truth.open_orders)


def _orders(rows: tuple[Values, ...] | list[Values]) -> Iterator[Message]:
    for row in rows:
        yield Message("open_order", row)
        carried = ("order_id", "status", "perm_id", "client_id")
        yield Message("order_status", {**{key: row[key] for key in carried}, "remaining": row["total_quantity"]})
    yield Message("open_orders_end")


def _completed_orders(_request: Message, truth: Truth, _client_id: int) -> Iterator[Message]:
    for row in truth.completed_orders:
        yield Message("completed_order", row)
    yield Message("completed_orders_end")


def _executions(request: Message, truth: Truth, _client_id: int) -> Iterator[Message]:
    req_id = request["req_id"]
    wanted = {key: request[key] for key in _EXECUTION_FILTERS if request[key]}
    if "side" in wanted:
        wanted["side"] = _SIDES.get(request.text("side").upper(), wanted["side"])
    for row, commission in zip(truth.executions, truth.commissions, strict=True):
        if all(row[key] == value for key, value in wanted.items()):
            yield Message("execution_details", {**row, "req_id": req_id})
            yield Message("commission_report", commission)
    yield Message("execution_details_end", {"req_id": req_id})


_Answer = Callable[[Message, Truth, int], Iterator[Message]]

_ANSWERS: Mapping[str, _Answer] = {
    "cancel_account_summary": _nothing,
    "cancel_account_updates_multi": _nothing,
    "cancel_positions": _nothing,
    "req_account_summary": _account_summary,
    "req_account_updates": _account_updates,
    "req_account_updates_multi": _account_updates_multi,
    "req_all_open_orders": _all_open_orders,
    "req_auto_open_orders": _nothing,
    "req_completed_orders": _completed_orders,
    "req_current_time": _current_time,
    "req_current_time_in_millis": _current_time_in_millis,
    "req_executions": _executions,
    "req_ids": _next_valid_id,
    "req_managed_accounts": _managed_accounts,
    "req_open_orders": _open_orders,
    "req_positions": _positions,
    "set_server_log_level": _nothing,
    "start_api": _nothing,
}
