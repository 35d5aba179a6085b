"""Sources of news, headlines and an article are read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.gateways.simulator.answers import _ANSWERS
from harness.gateways.simulator.truth import load
from harness.run.reader_process import read
from harness.shared.evidence import Against
from harness.shared.status import Status

if TYPE_CHECKING:
    from tests.checks.conftest import Ask, Leave
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


def test_news_that_do_not_come_do_not_wait_for_the_market_to_open(
    ask: Ask, some_row: LibraryRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_ANSWERS, "req_news_providers", lambda *_: iter(()))
    record = ask("news", some_row, timeout=0.5, simulated=False)
    assert record.status is Status.TIMEOUT


@pytest.mark.parametrize(("simulated", "status"), [(False, Status.PASS), (True, Status.FAIL)])
def test_where_a_real_gateway_has_no_headline_there_is_no_article(
    leave: Leave,
    row: LibraryRow,
    simulated: bool,  # noqa: FBT001
    status: Status,
) -> None:
    truth = load("paper")
    told = replace(truth, market=replace(truth.market, articles=()))
    left = leave(["news"], row, told=told, simulated=simulated)
    (record,) = (check for check in read(replace(left, truth=None)).checks if check.name == "news")
    assert record.status is status


def test_headlines_that_a_library_loses_are_not_taken_for_none(leave: Leave, some_row: LibraryRow) -> None:
    left = leave(["news"], some_row)
    lost = [
        replace(check, detail={**check.detail, "headlines": [], "article": []}) if check.name == "news" else check
        for check in left.checks
    ]
    (record,) = (check for check in read(replace(left, checks=tuple(lost), truth=None)).checks if check.name == "news")
    assert (record.status, record.detail["against"]) == (Status.DEGRADED, Against.WIRE)
