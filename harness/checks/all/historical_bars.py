"""Checks historical bars: daily bars, and five-minute bars with times both as text and as seconds."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from adapters.records_market import DAY_LENGTH, Wanted, WantedBars
from harness.checks.check import EVERYTHING, Check, Client, plain
from harness.checks.expected import Instant, Records, decimal, number, records, whole
from harness.checks.heard import NotHeardError, moment
from harness.checks.quoted import where_subscribed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.checks.expected import Expected
    from harness.checks.heard import Answer, Heard
    from harness.checks.truth import Bar, Truth, Values

ES = Wanted("ES", "FUT", "CME", "USD", expiry="20261218")
CON_ID = 495512563
ASKED = {
    "days": WantedBars("1 day", "5 D"),
    "minutes": WantedBars("5 mins", "1800 S"),
    "minutes in seconds since 1970": WantedBars("5 mins", "1800 S", format_date=2),
}


_LONGEST, _DAYS = 500, 300
"""How many cells may follow one another before one asks what another did: days, and minutes within a day."""


def ask(client: Client) -> dict[str, Any]:
    """Ask the same contract for each kind of bar."""
    market, timeout = client.connection.market, client.request_timeout
    with where_subscribed(client, dated=True):
        return {name: plain(market.historical_bars(ES, bars, timeout)) for name, bars in asked(client.turn).items()}


def asked(turn: int) -> Mapping[str, WantedBars]:
    """Return what a cell requests: more in each turn, because a Gateway refuses an identical request soon after.

    IBKR counts the same historical request within 15 seconds as a violation of its pacing (IBKR Campus, TWS API), in
    whichever form the times are asked for.
    """
    if not turn:
        return ASKED
    seconds = (1800 + 60 * (2 * (turn % _LONGEST) + more) for more in range(2))
    longer = (f"{5 + turn % _DAYS} D", *(f"{each} S" for each in seconds))
    return {name: replace(ASKED[name], duration=each) for name, each in zip(ASKED, longer, strict=True)}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Return the truth."""
    of_size = {series.bar_size: series for series in truth.bars if series.con_id == CON_ID}
    return {name: records(("time",), map(true_bar, of_size[bars.bar_size].bars)) for name, bars in ASKED.items()}


def true_bar(bar: Bar) -> Mapping[str, Expected]:
    """Return the record of a bar of the truth."""
    return _row(begins(bar), bar.values)


def _row(time: Expected, values: Values) -> Mapping[str, Expected]:
    return {
        "time": time,
        "open": number(values, "open"),
        "high": number(values, "high"),
        "low": number(values, "low"),
        "close": number(values, "close"),
        "volume": decimal(values, "volume"),
        "wap": decimal(values, "wap"),
        "count": whole(values, "bar_count"),
    }


def heard(said: Heard) -> Mapping[str, Records]:
    """Return the bars that the gateway sent to each request."""
    answers = said.answers("req_historical_data")
    if len(answers) != len(ASKED):
        raise NotHeardError(f"{len(answers)} requests for bars were sent, not {len(ASKED)}")
    return {name: bars_of(answer) for name, answer in zip(ASKED, answers, strict=True)}


def bars_of(answer: Answer) -> Records:
    """Return the bars of an answer."""
    rows = [bar for message in answer.rows.get("historical_data", ()) for bar in _of(message)]
    return Records(("time",), tuple(map(bar_sent, rows)), repeats=True)


def bar_sent(values: Values) -> Mapping[str, Expected]:
    """Return the record of a bar that a gateway sent; without a moment no bar can be found: `NotHeardError`."""
    return _row(_time(str(values["date"])), values)


def _of(message: Values) -> Sequence[Values]:
    bars = message["bars"]
    assert isinstance(bars, (list, tuple))  # noqa: S101 - so the catalogue has it
    return bars


def _time(text: str) -> Expected:
    """Return a day as it is written, and the moment of a time."""
    if text.isdigit() and len(text) == DAY_LENGTH:
        return text
    if text.isdigit():
        return Instant(dt.datetime.fromtimestamp(int(text), dt.timezone.utc), text)
    placed = moment(text)
    if not isinstance(placed, Instant):
        raise NotHeardError(f"a bar has no readable time: {text}")
    return placed


def begins(bar: Bar) -> str:
    """Return the time of a bar in the form of `adapters.records_market.Bar`."""
    if isinstance(bar.begins, dt.datetime):
        return bar.begins.astimezone(dt.timezone.utc).isoformat()
    return f"{bar.begins:%Y%m%d}"


CHECK = Check(
    name="historical_bars",
    asks="req_historical_data",
    proves="bars are decoded, and their times are correct however they are written",
    ask=ask,
    expected=expected,
    heard=heard,
    varies=(EVERYTHING,),
    requests=len(ASKED),
    times=("time",),
)
