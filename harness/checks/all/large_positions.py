"""Checks a very large list of positions: what it costs, and whether any of it gets lost."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

from harness.checks.check import Check, Client, plain
from harness.checks.expected import digests, number, text, whole
from harness.checks.resources import peak_memory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected
    from harness.checks.truth import Truth, Values


def ask(client: Client) -> dict[str, Any]:
    """Request the holdings; return their number, a digest of each field, the seconds, and the process's growth."""
    began, before = perf_counter(), peak_memory()
    rows = plain(client.connection.account.positions(client.request_timeout))
    seconds, after = perf_counter() - began, peak_memory()
    rows.sort(key=lambda row: row["con_id"])
    grown = None if before is None or after is None else after - before
    return {"count": len(rows), **digests(rows), "seconds": seconds, "memory_grown_bytes": grown}


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Return the number of positions, and a digest of each field."""
    rows = [_position(row) for row in truth.positions]
    return {"count": len(rows), **digests(rows)}


def _position(row: Values) -> dict[str, Any]:
    return {
        "account": text(row, "account"),
        "con_id": whole(row, "con_id"),
        "symbol": text(row, "symbol"),
        "sec_type": text(row, "sec_type"),
        "expiry": "",
        "strike": None,
        "right": "",
        "multiplier": None,
        "currency": text(row, "currency"),
        "quantity": text(row, "position"),
        "average_cost": number(row, "average_cost"),
    }


CHECK = Check(
    name="large_positions",
    asks="req_positions",
    proves="all of 10,000 holdings arrive; time and memory are recorded",
    ask=ask,
    expected=expected,
    scenario="large",
)
