"""How much one client may have at once, and what it is told when it asks for more.

Each limit is IBKR's, with its source, or else ours: a simulated gateway must not grow with what a client sends. A real
Gateway counts lines of depth over all clients and TWS; here each client has its own.
"""

from __future__ import annotations

from harness.gateways.simulator.answers.notices import NO_REQUEST, error
from harness.gateways.simulator.answers.refusals import id_of, not_done, not_valid
from harness.gateways.simulator.client import Client
from harness.gateways.simulator.pacing import Rate
from harness.gateways.simulator.streams import Kind
from harness.wire.message import Message, UnknownMessage

MOST_DEPTHS = 3
"""IBKR's documentation, code and text included; an account may buy more."""
TOO_MANY_DEPTHS = 309

MOST_LINES = 100
"""IBKR's documentation, code and text included; an account has more for its equity or for a fee."""
TOO_MANY_LINES = 101

MOST_TICKS = 5
"""Five per cent of the lines, as users' logs have it, code and text included."""
TOO_MANY_TICKS = 10190

MOST_HISTORICAL = 50
"""In users' logs, code and text included. Only bars that are kept up to date last long enough here to be counted."""

MOST_REAL_TIME_BARS = 60
"""IBKR documents 60 requests in ten minutes, and 420 for a pacing violation; without limits of pace 60 at once.
The text is inferred."""
TOO_MANY_BARS = 420

TOO_FAST = 100
"""Code and text are in users' logs; the id is that of the request, if it has one."""

TOO_MUCH_HISTORY = 162
TOO_MUCH_HISTORY_TEXT = "Historical Market Data Service error message:Historical data request pacing violation"
"""The code is documented; users' programs look for the text."""

MOST_SUMMARIES = 2
"""In users' logs, code and text included."""

MOST_SCANS = 10
"""Documented; the text is in a user's log of 2025 (scmhub/ibsync#2), the code is inferred from that of history."""

GROUPS = range(1, 8)
"""Display groups of a Gateway, as captured at 225. What it says of another is not known: code and text are ours."""
MOST_GROUP_SUBSCRIPTIONS = 100
LONGEST_CONTRACT_INFO = 100
"""Characters, such as ``265598@SMART``. Both limits, their code and their texts are ours."""


def of_rate(request: Message | UnknownMessage, rate: Rate) -> Message | None:
    """Return the refusal of a message that was sent too fast; ``None`` if it is taken."""
    if (text := rate.violation()) is None:
        return None
    return error(TOO_FAST, text, id_of(request) if isinstance(request, Message) else NO_REQUEST)


def of_depth(request: Message, client: Client) -> Message | None:
    """Return the refusal of one more market depth; ``None`` if it is not too many."""
    if client.streams.count(Kind.DEPTH) < MOST_DEPTHS:
        return None
    text = f"Max number ({MOST_DEPTHS}) of market depth requests has been reached"
    return error(TOO_MANY_DEPTHS, text, request.number("req_id"))


def of_lines(request: Message, client: Client) -> Message | None:
    """Return the refusal of one more line of market data; ``None`` if it is not too many."""
    if client.streams.count(Kind.QUOTES) < MOST_LINES:
        return None
    return error(TOO_MANY_LINES, "Max number of tickers has been reached", request.number("req_id"))


def of_ticks(request: Message, client: Client) -> Message | None:
    """Return the refusal of one more request for ticks one by one; ``None`` if it is not too many."""
    if client.streams.count(Kind.TICKS) < MOST_TICKS:
        return None
    return error(TOO_MANY_TICKS, "Max number of tick-by-tick requests has been reached.", request.number("req_id"))


def of_history(request: Message, client: Client) -> Message | None:
    """Return the refusal of one more request for bars; ``None`` if it is not too many."""
    if client.streams.count(Kind.BARS) < MOST_HISTORICAL:
        return _of_pace(request, client)
    cause = f"Only {MOST_HISTORICAL} simultaneous API historical data requests allowed."
    return not_done(request, client, cause)


def _of_pace(request: Message, client: Client) -> Message | None:
    if not client.behaviour.pacing or client.desk.history.takes(request, client.now()):
        return None
    return error(TOO_MUCH_HISTORY, TOO_MUCH_HISTORY_TEXT, request.number("req_id"))


def of_real_time_bars(request: Message, client: Client) -> Message | None:
    """Return the refusal of further real-time bars; ``None`` if they are not too many."""
    in_time = not client.behaviour.pacing or client.desk.history.takes_real_time_bars(client.now())
    if in_time and client.streams.count(Kind.REAL_TIME_BARS) < MOST_REAL_TIME_BARS:
        return None
    return error(TOO_MANY_BARS, "Invalid Real-time Query:Pacing violation", request.number("req_id"))


def of_summaries(request: Message, client: Client) -> Message | None:
    """Return the refusal of one more account summary; ``None`` if it is not too many."""
    if request.number("req_id") in client.watched.summaries or len(client.watched.summaries) < MOST_SUMMARIES:
        return None
    cause = "Maximum number of account summary requests exceeded; desubscribe to previous request first"
    return not_done(request, client, cause)


def of_scans(request: Message, client: Client) -> Message | None:
    """Return the refusal of one more scan; ``None`` if it is not too many."""
    if len(client.scans) < MOST_SCANS:
        return None
    return not_done(request, client, f"Only {MOST_SCANS} simultaneous API scanner subscriptions are allowed.")


def of_groups(request: Message, client: Client) -> Message | None:
    """Return the refusal of a subscription to a display group; ``None`` if it can be had."""
    if request["group_id"] not in GROUPS:
        return not_valid(request, client, "Invalid display group")
    if request.number("req_id") not in client.display_groups and (
        len(client.display_groups) >= MOST_GROUP_SUBSCRIPTIONS
    ):
        return not_done(request, client, "Max number of display group subscriptions has been reached")
    return None


def of_contract_info(request: Message, client: Client) -> Message | None:
    """Return the refusal of an update of a display group; ``None`` if its contract is not too long."""
    if len(request.text("contract_info")) <= LONGEST_CONTRACT_INFO:
        return None
    return not_valid(request, client, "Invalid contract info")
