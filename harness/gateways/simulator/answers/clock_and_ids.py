"""Answers requests about the session itself: clock, order ids, accounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.client import Answer, Client
from harness.wire.message import Message


def nothing(_request: Message, _client: Client) -> Iterator[Message]:
    """Answer a cancellation, or what changes nothing here."""
    return iter(())


def _next_valid_id(_request: Message, client: Client) -> Iterator[Message]:
    yield next_valid_id(client)


def next_valid_id(client: Client) -> Message:
    """Return the message with a client's next valid id, which lasts beyond its connection (captured)."""
    return Message("next_valid_id", {"order_id": client.desk.book.next_id(client.client_id)})


def managed_accounts(client: Client) -> Message:
    """Return the message that lists the accounts, or its replacement."""
    if client.behaviour.account_list is not None:
        return Message("managed_accounts", {"accounts": client.behaviour.account_list})
    return client.truth.managed_accounts


def _managed_accounts(_request: Message, client: Client) -> Iterator[Message]:
    yield managed_accounts(client)


def _current_time(_request: Message, client: Client) -> Iterator[Message]:
    yield Message("current_time", {"time": int(client.now())})


def _current_time_in_millis(_request: Message, client: Client) -> Iterator[Message]:
    yield Message("current_time_in_millis", {"time_ms": int(client.now() * 1000)})


_LOG_LEVELS = range(1, 6)
INVALID_LOG_LEVEL = 319
INVALID_LOG_LEVEL_TEXT = "Invalid log level"
"""Both documented."""


def _log_level(request: Message, _client: Client) -> Iterator[Message]:
    if request["level"] not in _LOG_LEVELS:
        yield error(INVALID_LOG_LEVEL, INVALID_LOG_LEVEL_TEXT)


_SETTINGS = (
    *("socket_port", "master_client_id", "trusted_ips", "localhost_only"),
    *("rejects_above_max_rate", "sends_lots", "download_open_orders", "bypass_order_precautions"),
)
"""Settings that a behaviour may set, under their own names."""


def settings(client: Client) -> dict[str, Any]:
    """Return the gateway's own settings, as ``config`` tells them."""
    behaviour = client.behaviour
    set_here = {name: value for name in _SETTINGS if (value := getattr(behaviour, name)) is not None}
    done: dict[str, Any] = {"read_only": behaviour.read_only, "time_zone": str(behaviour.time_zone)}
    if behaviour.pacing:
        done["rejects_above_max_rate"] = behaviour.rejects_too_fast
    every = {**client.truth.api_settings, **set_here, **done}
    return {**every, "trusted_ips": tuple({"address": address} for address in every["trusted_ips"])}


def _config(request: Message, client: Client) -> Iterator[Message]:
    yield Message("config", {**settings(client), "req_id": request.number("req_id")})


ANSWERS: Mapping[str, Answer] = {
    "req_config": _config,
    "req_current_time": _current_time,
    "req_current_time_in_millis": _current_time_in_millis,
    "req_ids": _next_valid_id,
    "req_managed_accounts": _managed_accounts,
    "set_server_log_level": _log_level,
    "start_api": nothing,
}
