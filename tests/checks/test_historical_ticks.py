"""Trades, quotes and midpoints of the past are read, with their flags."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.gateways.simulator.truth import load
from harness.shared.status import Status

if TYPE_CHECKING:
    from harness.gateways.simulator.truth import Truth
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


def with_past(kind: str, **values: Any) -> Truth:
    """Return the truth with something else in the newest tick of a kind."""
    truth = load("paper")
    past = {
        con_id: replace(one, **{kind: changed(getattr(one, kind), values)}) for con_id, one in truth.market.past.items()
    }
    return replace(truth, market=replace(truth.market, past=past))


def changed(ticks: tuple[Any, ...], values: dict[str, Any]) -> tuple[Any, ...]:
    return (*ticks[:-1], {**ticks[-1], **values}) if ticks else ticks


def test_a_wrong_price_is_named_of_quotes_and_of_midpoints(ask: Ask, row: LibraryRow) -> None:
    record = ask("historical_ticks", row, told=with_past("quotes", ask=190.75))
    assert record.status is Status.DEGRADED
    assert record.detail["differences"] == [
        "time 1795206659: ask: expected 190.5, got 190.75",
        "time 1795206659: price: expected 190.375, got 190.5",
    ]


def test_a_flag_that_is_not_there_is_named(ask: Ask, row: LibraryRow) -> None:
    record = ask("historical_ticks", row, told=with_past("trades", mask=1, past_limit=True))
    assert record.reason == "not the truth: time 1795206659: flags: expected [], got ['past_limit']"
