"""Checks the option chain of a stock: expirations and strikes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.records import quantity
from harness.checks.check import Check, Client, plain
from harness.checks.expected import decimal, records, text, whole
from harness.checks.heard import told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected, Records
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth, Values

AAPL = 265598


def ask(client: Client) -> dict[str, Any]:
    """Ask the options of a stock on all exchanges."""
    return {"records": plain(client.connection.contracts.option_chain("AAPL", "STK", AAPL, client.request_timeout))}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Return the truth about them."""
    chains = [row for row in truth.option_chains if row["underlying_con_id"] == AAPL]
    return {"records": records(("exchange", "trading_class"), map(_chain, chains))}


def heard(said: Heard) -> Mapping[str, Records]:
    """Return the chains that the gateway sent."""
    answers = said.answers("req_sec_def_opt_params")
    return {"records": told(("exchange", "trading_class"), answers, "sec_def_opt_params", _chain)}


def _chain(row: Values) -> Mapping[str, Expected]:
    return {
        "exchange": text(row, "exchange"),
        "trading_class": text(row, "trading_class"),
        "underlying_con_id": whole(row, "underlying_con_id"),
        "multiplier": decimal(row, "multiplier"),
        "expirations": _column(row, "expirations", "date"),
        "strikes": _column(row, "strikes", "price"),
    }


def _column(row: Values, key: str, field: str) -> tuple[str, ...]:
    items = row[key]
    assert isinstance(items, tuple)  # noqa: S101 - so the truth makes it
    each = sorted({item[field] for item in items})
    return tuple(str(quantity(value)) if isinstance(value, float) else str(value) for value in each)


CHECK = Check(
    name="option_chain",
    asks="req_sec_def_opt_params",
    proves="an option chain is decoded: every exchange and class, with all expirations and strikes",
    ask=ask,
    expected=expected,
    heard=heard,
)
