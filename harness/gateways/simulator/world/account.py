"""Makes the values of an account of a world: those of the built-in truth, and what programs read besides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

import tomllib

from harness.gateways.simulator.trading.account import rules

Row = Mapping[str, Any]

_CURRENCY, _BASE = "USD", "BASE"


@cache
def _document() -> dict[str, Any]:
    file = resources.files("harness.gateways.simulator") / "data" / "account_values.toml"
    return tomllib.loads(file.read_text("utf-8"))


def account_values(built_in: Iterable[Row], pnl: Mapping[str, float], margin: float) -> list[Row]:
    """Return all rows, by key and currency, as a real Gateway sends them (captured).

    Args:
        built_in: the rows of the built-in truth.
        pnl: its profit, realized and unrealized.
        margin: what its holdings take, in dollars; the built-in truth's does not count its future.
    """
    rows = list(_margined(built_in, margin))
    known = {str(row["key"]): str(row["value"]) for row in rows}
    known |= {name: f"{pnl[name]:.2f}" for name in ("realized", "unrealized")}
    return sorted((*rows, *_added(known)), key=lambda row: (row["key"], row["currency"]))


def _margined(rows: Iterable[Row], margin: float) -> Iterator[Row]:
    rows = list(rows)
    more = margin - next(float(row["value"]) for row in rows if row["key"] == "InitMarginReq")
    for row in rows:
        times = rules().get(str(row["key"]), {}).get("margin", 0.0)
        yield {**row, "value": f"{float(row['value']) + times * more:.2f}"} if times else row


def same_as(key: str) -> str:
    """Return the key of the built-in truth that an added value is the same as; the key itself if there is none."""
    return str(_document()["as"].get(key, key))


def _added(known: Mapping[str, str]) -> Iterator[Row]:
    document = _document()
    for before in ("Full", "LookAhead"):
        yield from (_row(f"{before}{key}", known[key]) for key in document["full"])
    yield from (_row(key, known[like]) for key, like in document["as"].items())
    for key, rule in document["ledger"].items():
        value = known[rule["as"]] if "as" in rule else rule["value"]
        yield from (_row(key, value, currency) for currency in (_BASE, _CURRENCY))
    yield from (_row(key, value, "") for key, value in document["plain"].items())


def _row(key: str, value: str, currency: str = _CURRENCY) -> Row:
    return {"key": key, "value": value, "currency": currency}
