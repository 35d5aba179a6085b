"""Checks bars that are kept up to date: first the bars, then what becomes of the newest, until they are cancelled.

A real gateway sends the newest bar every four to six seconds (captured), and none while the market is closed. Then the
check is skipped, unless the gateway is simulated; the bars themselves come at any time. It is also skipped where bars
and change came so close together that ib_async or ib_insync had put the change into the bars before they could be read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import RequestTimeoutError
from adapters.records_market import WantedBars
from harness.checks.all.historical_bars import CON_ID, ES, bar_sent, bars_of, true_bar
from harness.checks.check import EVERYTHING, Check, Client, NotAskedError, plain
from harness.checks.expected import Records, records
from harness.checks.heard import NotHeardError
from harness.checks.quoted import where_subscribed, where_traded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.heard import Heard
    from harness.checks.truth import Truth

MINUTES = "5 mins"
LONGER = 3
"""Times the request timeout that bars and change may take each: the change alone takes six seconds."""

_LONGEST = 500


def ask(client: Client) -> dict[str, Any]:
    """Ask bars that are kept up to date until the newest changes, and cancel them."""
    bars = WantedBars(MINUTES, f"{1830 + 60 * (client.turn % _LONGEST)} S")  # a duration that no other check asks
    with where_subscribed(client, dated=True):
        kept = client.connection.feeds.kept_up_to_date_bars(ES, bars, LONGER * client.request_timeout)
    if kept.mixed:
        raise NotAskedError("the newest bar changed before the bars could be read, which have the change already")
    with where_traded(client):
        if kept.change is None:
            raise RequestTimeoutError("no change of the newest bar came in time")
    return {"bars": plain(kept.bars), "update": plain([kept.change])}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Return the true bars, and what the newest becomes."""
    keys = (CON_ID, MINUTES)
    series = next(series for series in truth.bars if (series.con_id, series.bar_size) == keys)
    return {
        "bars": records(("time",), map(true_bar, series.bars)),
        "update": records(("time",), [true_bar(series.newest)]),
    }


def heard(said: Heard) -> Mapping[str, Records]:
    """Return the bars that the gateway sent, and the first update that differs from the newest."""
    answer = said.answers("req_historical_data")[0]
    bars = bars_of(answer)
    sent = [row for row in said.during("historical_data_update") if row["req_id"] == answer.request["req_id"]]
    updates = [update for update in map(bar_sent, sent) if update not in bars.rows[-1:]]
    if not updates:
        raise NotHeardError("no update differs from the newest bar")
    return {"bars": bars, "update": Records(("time",), tuple(updates[:1]), tuple(updates[1:]), repeats=True)}


CHECK = Check(
    name="kept_up_to_date_bars",
    asks="req_historical_data",
    proves="bars arrive, then what becomes of the newest while they are kept up to date, until they are cancelled",
    ask=ask,
    expected=expected,
    heard=heard,
    varies=(EVERYTHING,),
    requests=2 * LONGER,
    waits=LONGER,
    times=("time",),
)
