"""Checks a very long series of bars: what it costs, and whether any of it gets lost."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

from adapters.records_market import WantedBars
from harness.checks.all.historical_bars import CON_ID, ES, begins
from harness.checks.check import Check, Client, plain
from harness.checks.expected import digests
from harness.checks.resources import peak_memory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected
    from harness.checks.truth import Bar, Truth

MINUTES = WantedBars("1 min", "20 D", format_date=2)
"""Their times are seconds since 1970, so that a digest of them is the same wherever the row runs."""


def ask(client: Client) -> dict[str, Any]:
    """Request the bars; return their number, the times of the first and the last, and a digest of each field.

    So that costs can be compared: seconds, and bytes by which the most that the process ever held grew.
    """
    began, before = perf_counter(), peak_memory()
    rows = plain(client.connection.market.historical_bars(ES, MINUTES, client.request_timeout))
    seconds, after = perf_counter() - began, peak_memory()
    grown = None if before is None or after is None else after - before
    return {**_summary(rows), "seconds": seconds, "memory_grown_bytes": grown}


def _summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    ends = {"first": rows[0]["time"], "last": rows[-1]["time"]} if rows else {}
    return {"count": len(rows), **ends, **digests(rows)}


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Return the same for the truth, or nothing if it has no such bars, as outside the scenario."""
    bars = [series for series in truth.bars if (series.con_id, series.bar_size) == (CON_ID, MINUTES.bar_size)]
    return _summary([_row(bar) for series in bars for bar in series.bars])


def _row(bar: Bar) -> dict[str, Any]:
    values = bar.values
    return {
        "time": begins(bar),
        **{key: float(str(values[key])) for key in ("open", "high", "low", "close")},
        "volume": values["volume"],
        "wap": values["wap"],
        "count": values["bar_count"],
    }


CHECK = Check(
    name="large_bars",
    asks="req_historical_data",
    proves="all of 20,000 bars in one answer arrive; time and memory are recorded",
    ask=ask,
    expected=expected,
    scenario="large",
)
