"""Writes the refusals that requests of market data share.

A token in the text of 321 names the class of a request. It differs by build and by encoding: nobody can rely on it.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.client import Client
from harness.gateways.simulator.truth import Values
from harness.wire.catalogue import catalogue
from harness.wire.message import Encoding, Message

NOT_VALID = 321
NEEDS_SUBSCRIPTION = 10089
SUBSCRIBE = (
    "Requested market data requires additional subscription for API. "
    "See link in 'Market Data Connections' dialog for more details."
)

_TOKENS: Mapping[str, tuple[str, str]] = {
    "req_historical_data": ("bM", "D"),  # captured at 200 and at 215
    "req_historical_ticks": ("C", "C"),  # captured as protobuf; as text inferred
    "req_market_data": ("bQ", "E"),  # captured at 200 and at 215
    "req_real_time_bars": ("bQ", "bQ"),  # captured as protobuf; as text inferred
}
"""By request, as text and as protobuf (recordings of Gateways of 2026)."""

_UNKNOWN_TOKEN = "bQ"  # noqa: S105 - a token of a text; nobody has published those of other requests


def not_valid(request: Message, client: Client, cause: str) -> Message:
    """Return the refusal of a request that can be read but is wrong."""
    encoding = catalogue().by_name[request.name].encoding_at(client.server_version)
    tokens = _TOKENS.get(request.name, (_UNKNOWN_TOKEN, _UNKNOWN_TOKEN))
    token = tokens[encoding is Encoding.PROTOBUF]
    text = f"Error validating request.-'{token}' : cause - {cause}"
    return error(NOT_VALID, text, request.number("req_id"))


def no_permissions(contract: Values) -> str:
    """Say that the account has no market data of a contract; NASDAQ is still ISLAND in this text (captured)."""
    exchange = str(contract.get("primary_exchange") or contract["exchange"])
    return f"No market data permissions for {'ISLAND' if exchange == 'NASDAQ' else exchange} {contract['sec_type']}."


def needs_subscription(request: Message) -> Message:
    """Return the refusal of data that takes a subscription (captured at sv 225)."""
    return error(NEEDS_SUBSCRIPTION, SUBSCRIBE, request.number("req_id"))
