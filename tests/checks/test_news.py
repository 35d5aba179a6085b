"""Sources of news, headlines and an article are read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.gateways.simulator.truth import load
from harness.shared.status import Status

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


def test_another_article_is_named(ask: Ask, row: LibraryRow) -> None:
    truth = load("paper")
    first, *others = truth.market.articles
    articles = (replace(first, text="?"), *others)
    record = ask("news", row, told=replace(truth, market=replace(truth.market, articles=articles)))
    assert record.status is Status.DEGRADED
    assert record.reason == "not the truth: kind 0: text: expected 'Shares of Apple opened higher.', got '?'"


def test_a_headline_that_does_not_come_is_named(ask: Ask, some_row: LibraryRow) -> None:
    truth = load("paper")
    told = replace(truth, market=replace(truth.market, articles=truth.market.articles[:1]))
    record = ask("news", some_row, told=told)
    assert record.reason == "not the truth: article_id DJNL$0f79a18a: expected a record, got none"
