"""Checks the head timestamp: since when there are trades of a stock, as text and in seconds since 1970.

The text is a clock in UTC (captured). ib_insync and ib_async promise a moment of the seconds alone, and return the
clock of the text without its zone. So of the text only the clock is compared.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from adapters.base import LIQUID_STOCK
from harness.checks.check import Check, Client
from harness.checks.expected import Instant
from harness.checks.heard import NotHeardError
from harness.checks.quoted import where_subscribed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth

FORMATS = {"text": 1, "seconds": 2}


def ask(client: Client) -> dict[str, Any]:
    """Ask it in both formats."""
    feeds, timeout = client.connection.feeds, client.request_timeout
    with where_subscribed(client):
        told = {name: feeds.head_timestamp(LIQUID_STOCK, number, timeout) for name, number in FORMATS.items()}
    return {**told, "text": clock(told["text"])}


def clock(text: str) -> str:
    """Return day and clock of a gateway's text as ISO 8601 without an offset; what is none stays as it is."""
    found = re.fullmatch(r"(\d{4})(\d\d)(\d\d)-(\d\d:\d\d:\d\d)", text)
    return "{}-{}-{}T{}".format(*found.groups()) if found else text


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Return the true moment."""
    first = truth.market.head_timestamps[LIQUID_STOCK.con_id]
    return {"text": f"{first:%Y-%m-%dT%H:%M:%S}", "seconds": Instant(first, str(int(first.timestamp())))}


def heard(said: Heard) -> Mapping[str, Expected]:
    """Return the moments that the gateway sent."""
    answers = said.answers("req_head_timestamp")
    if len(answers) != len(FORMATS):
        raise NotHeardError(f"{len(answers)} requests were sent, not {len(FORMATS)}")
    as_text, seconds = (str(answer.only("head_timestamp")["head_timestamp"]) for answer in answers)
    return {
        "text": clock(as_text),
        "seconds": Instant(dt.datetime.fromtimestamp(int(seconds), dt.timezone.utc), seconds),
    }


CHECK = Check(
    name="head_timestamp",
    asks="req_head_timestamp",
    proves="the moment since when there are trades arrives, as text and as seconds",
    ask=ask,
    expected=expected,
    heard=heard,
    times=("seconds",),
    requests=len(FORMATS),
)
