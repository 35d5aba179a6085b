"""Writes the refusals that requests share.

A token in the text of 321 and 322 names the class of a request. It differs by build and by encoding: nobody can rely
on it.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.gateways.simulator.answers.notices import NO_REQUEST, error
from harness.gateways.simulator.client import Client
from harness.gateways.simulator.truth import Values
from harness.wire.catalogue import catalogue
from harness.wire.message import Encoding, Message

NOT_VALID, NOT_DONE = 321, 322
_DOING: Mapping[int, str] = {NOT_VALID: "validating", NOT_DONE: "processing"}

NEEDS_SUBSCRIPTION = 10089
OTHER_TRADES = 10299
TRADES, AGGREGATED = "TRADES", "AGGTRADES"
SUBSCRIBE = (
    "Requested market data requires additional subscription for API. "
    "See link in 'Market Data Connections' dialog for more details."
)

_OF_ORDERS = ("cancel_order", "req_global_cancel", "req_all_open_orders", "req_auto_open_orders")
_TOKENS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(_OF_ORDERS, ("b7", "b7")),  # in users' logs of read-only gateways; as protobuf inferred
    "place_order": ("b7", "v"),  # likewise; captured at 215 and 225
    "replace_fa": ("bW", "bW"),  # captured at 225; as text inferred
    "req_completed_orders": ("b7", "S"),  # captured at 225; as text in users' logs
    "req_fa": ("b4", "b4"),  # captured at 225; as text inferred
    "req_historical_data": ("bM", "D"),  # captured at 200 and at 215
    "req_historical_ticks": ("C", "C"),  # captured as protobuf; as text inferred
    "req_ids": ("aa", "aa"),  # captured at 225; as text inferred
    "req_market_data": ("bQ", "E"),  # captured at 200 and at 215
    "req_open_orders": ("as", "b7"),  # in users' logs; as protobuf inferred
    "req_pnl_single": ("cq", "cq"),  # in users' logs of 2022; as protobuf inferred
    "req_positions_multi": ("cq", "cq"),  # likewise
    "req_real_time_bars": ("bQ", "bQ"),  # captured at 200; as protobuf inferred
}
"""By request, as text and as protobuf (recordings of Gateways of 2026, where nothing else is said)."""

_UNKNOWN_TOKEN = "bQ"  # noqa: S105 - a token of a text; nobody has published those of other requests


class RefusedError(Exception):
    """Ends an answer with the message that refuses its request; what was yielded before is sent.

    Args:
        message: the refusal.
    """

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message


def refuse(refusal: Message | None) -> None:
    """End the answer if there is a refusal.

    Raises:
        RefusedError: there is one.
    """
    if refusal is not None:
        raise RefusedError(refusal)


def not_valid(request: Message, client: Client, cause: str, req_id: int | None = None) -> Message:
    """Return the refusal of a request that can be read but is wrong; its id is the request's, or another."""
    return _refused(NOT_VALID, request, client, cause, req_id)


def no_such_account(request: Message, client: Client) -> Message:
    """Return the refusal of an account that is none of the login's (in users' logs)."""
    return not_valid(request, client, f"Invalid account code '{request['account']}'.")


def not_done(request: Message, client: Client, cause: str) -> Message:
    """Return the refusal of a request that is right but could not be done."""
    return _refused(NOT_DONE, request, client, cause, None)


def _refused(code: int, request: Message, client: Client, cause: str, req_id: int | None) -> Message:
    encoding = catalogue().by_name[request.name].encoding_at(client.server_version)
    tokens = _TOKENS.get(request.name, (_UNKNOWN_TOKEN, _UNKNOWN_TOKEN))
    token = tokens[encoding is Encoding.PROTOBUF]
    text = f"Error {_DOING[code]} request.-'{token}' : cause - {cause}"
    return error(code, text, id_of(request) if req_id is None else req_id)


def id_of(request: Message) -> int:
    """Return the id that a request bears, an order's included."""
    named = next((name for name in ("req_id", "order_id") if name in request.values), None)
    return NO_REQUEST if named is None else request.number(named)


def no_permissions(contract: Values) -> str:
    """Say that the account has no market data of a contract; NASDAQ is still ISLAND in this text (captured).

    Historical ticks end with it; where the remedy follows, so does a full stop.
    """
    exchange = str(contract.get("primary_exchange") or contract["exchange"])
    return f"No market data permissions for {'ISLAND' if exchange == 'NASDAQ' else exchange} {contract['sec_type']}"


def other_trades(request: Message, contract: Values) -> Message | None:
    """Say that a contract's trades are shown under another name: aggregated are those of crypto alone (captured).

    With bars it is a refusal, with historical ticks a warning.
    """
    shown, other = (TRADES, AGGREGATED) if contract["sec_type"] == "CRYPTO" else (AGGREGATED, TRADES)
    if request["what_to_show"] != shown:
        return None
    text = f"Expected what to show is {other}, please use that instead of {shown}."
    return error(OTHER_TRADES, text, request.number("req_id"))


def needs_subscription(request: Message) -> Message:
    """Return the refusal of data that takes a subscription (captured at sv 225)."""
    return error(NEEDS_SUBSCRIPTION, SUBSCRIBE, request.number("req_id"))
