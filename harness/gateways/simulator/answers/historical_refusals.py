"""Says what is wrong with a request for historical bars.

Sources: users' logs of 2024 to 2026 and a recording of a Gateway 10.40. In which order a Gateway looks is not known.
"""

from __future__ import annotations

import re

from harness.gateways.simulator.answers import limits, moments
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.answers.refusals import not_done, not_valid
from harness.gateways.simulator.client import Client
from harness.gateways.simulator.streams import Kind
from harness.gateways.simulator.truth import Values
from harness.wire.message import Message

NO_DATA = 162
"""Error code: the historical data service has an error message, this one being that it has nothing."""

END_SINCE = 196
"""Server version from which the end of bars is a message of its own."""

SCHEDULE = "SCHEDULE"
SCHEDULE_SINCE = 165
"""Server version from which there is an answer to it."""

SCHEDULE_OF_DAYS = 10295

_SIZES = (
    *("1 secs", "5 secs", "10 secs", "15 secs", "30 secs", "1 min", "2 mins", "3 mins"),
    *("5 mins", "10 mins", "15 mins", "20 mins", "30 mins", "1 hour", "2 hours", "3 hours", "4 hours", "8 hours"),
    *("1 day", "1W", "1M"),
)
_ALSO = frozenset({"1 sec", "1 week", "1 month", "1 hours", "1 days", "1 mins"})
"""Ways to write some that users' programs take (documented or inferred)."""

_FOUR_MINUTES_SINCE = 222
"""Server version of Gateway 10.44, the first to know bars of four minutes."""

_SHOWN = frozenset(
    {
        *("TRADES", "MIDPOINT", "BID", "ASK", "BID_ASK", "ADJUSTED_LAST", "HISTORICAL_VOLATILITY", "AGGTRADES"),
        *("OPTION_IMPLIED_VOLATILITY", "FEE_RATE", "YIELD_BID", "YIELD_ASK", "YIELD_BID_ASK", "YIELD_LAST"),
    }
)
_NOT_LIVE = frozenset({"BID_ASK", "ADJUSTED_LAST"})
_DURATION = re.compile(r"([1-9][0-9]{0,8}) ([SDWMY])")
"""No number of more than nine digits is a duration (inferred); Python reads none of more than 4300."""
_LONGEST = {"D": (365, "365 days"), "W": (52, "52 weeks"), "M": (12, "12 months")}
_DAY_IN_SECONDS = 86400


def no_data(request: Message, contract: Values) -> Message:
    """Return the refusal of history that there is none of; how it names other kinds than trades is inferred."""
    shown = str(request.values.get("what_to_show", "TRADES")).title()
    what = f"{contract['symbol']}@{contract['exchange']} {shown}"
    text = f"Historical Market Data Service error message:HMDS query returned no data: {what}"
    return error(NO_DATA, text, request.number("req_id"))


def refusal(request: Message, client: Client) -> Message | None:
    """Return why bars are refused; ``None`` if they are not."""
    req_id = request.number("req_id")
    if client.streams.has(Kind.BARS, req_id):
        return not_done(request, client, "Duplicate ticker ID for API historical data query")
    wrong = _cause(request, client.server_version)
    if wrong is not None:
        return not_valid(request, client, wrong)
    if request["what_to_show"] == SCHEDULE and request["bar_size"] != "1 day":  # the number is IBKR's, the text ours
        return error(SCHEDULE_OF_DAYS, "Schedule is available for bars of 1 day only", req_id)
    return moments.refusal(request, "end", "End") or limits.of_history(request, client)


def _cause(request: Message, server_version: int) -> str | None:
    shown = request["what_to_show"]
    legal = _legal(server_version)
    if request["bar_size"] not in {*legal, *_ALSO}:
        return f"Historical data bar size setting is invalid. Legal ones are: {', '.join(legal)}"
    if shown not in _SHOWN and not (shown == SCHEDULE and server_version >= SCHEDULE_SINCE):
        return "What to show field is missing or incorrect."  # as of real-time bars; of history inferred
    if request["keep_up_to_date"] and request["end"]:
        return "End date not supported with live updates"
    if request["keep_up_to_date"] and shown in _NOT_LIVE:
        return "Source price not supported with live updates"
    return _of_duration(request.text("duration"))


def _of_duration(duration: str) -> str | None:
    found = _DURATION.fullmatch(duration)
    if found is None or (found[2] == "S" and int(found[1]) > _DAY_IN_SECONDS):
        return "Historical data requested duration is invalid."
    most, words = _LONGEST.get(found[2], (int(found[1]), ""))
    if int(found[1]) > most:
        return f"Historical data requests for durations longer than {words} must be made in years."
    return None


def _legal(server_version: int) -> tuple[str, ...]:
    if server_version < _FOUR_MINUTES_SINCE:
        return _SIZES
    after = _SIZES.index("3 mins") + 1
    return (*_SIZES[:after], "4 mins", *_SIZES[after:])
