"""Requests scans, news, market rules and symbols through ibapi."""

# ruff: noqa: N802, N803 - callbacks and their arguments are named by the library

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibapi.scanner import ScannerSubscription

from adapters.ibapi_asking import IbapiCallbacks
from adapters.records_lists import Article, NewsProvider, headline, price_steps, scan_row, symbol_sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.ibapi_asking import Asking
    from adapters.records_lists import Headline, PriceStep, ScanRow, SymbolSample, WantedScan


class IbapiLists:
    """The requests for lists and texts."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def scan(self, wanted: WantedScan, timeout: float) -> list[ScanRow]:
        request_id = self._asking.request_id()
        subscription = ScannerSubscription()
        subscription.numberOfRows = wanted.rows
        subscription.instrument = wanted.instrument
        subscription.locationCode = wanted.location
        subscription.scanCode = wanted.code

        def send() -> None:
            self._asking.app.reqScannerSubscription(request_id, subscription, [], [])

        try:
            rows = self._asking.inbox.ask(request_id, send, timeout)
        finally:
            if self._asking.app.isConnected():
                self._asking.app.cancelScannerSubscription(request_id)
        return [scan_row(*row) for row in rows]

    def news_providers(self, timeout: float) -> list[NewsProvider]:
        rows = self._asking.inbox.ask("news_providers", self._asking.app.reqNewsProviders, timeout)
        return [NewsProvider(provider.code, provider.name) for (provider,) in rows]

    def historical_news(self, con_id: int, providers: Sequence[str], most: int, timeout: float) -> list[Headline]:
        request_id = self._asking.request_id()

        def send() -> None:
            self._asking.app.reqHistoricalNews(request_id, con_id, "+".join(providers), "", "", most, [])

        return [headline(row) for row in self._asking.inbox.ask(request_id, send, timeout)]

    def news_article(self, provider: str, article_id: str, timeout: float) -> Article:
        request_id = self._asking.request_id()

        def send() -> None:
            self._asking.app.reqNewsArticle(request_id, provider, article_id, [])

        return Article(*self._asking.inbox.ask(request_id, send, timeout)[0])

    def market_rule(self, rule: int, timeout: float) -> list[PriceStep]:
        rows = self._asking.inbox.ask(("market_rule", rule), lambda: self._asking.app.reqMarketRule(rule), timeout)
        return price_steps(rule, [step for (step,) in rows])

    def matching_symbols(self, pattern: str, timeout: float) -> list[SymbolSample]:
        request_id = self._asking.request_id()

        def send() -> None:
            self._asking.app.reqMatchingSymbols(request_id, pattern)

        return [symbol_sample(found) for (found,) in self._asking.inbox.ask(request_id, send, timeout)]


class ListCallbacks(IbapiCallbacks):
    """The callbacks for lists and texts."""

    def scannerData(self, reqId: int, *row: Any) -> None:
        """Hear one row of a scan; the arguments are the same in every version."""
        self._inbox.add(reqId, *row)

    def scannerDataEnd(self, reqId: int) -> None:
        """Hear the end of a scan's rows."""
        self._inbox.finish(reqId)

    def newsProviders(self, newsProviders: Any) -> None:
        """Hear the sources of news."""
        self._hear("news_providers", newsProviders)

    def historicalNews(self, reqId: int, *headline: str) -> None:
        """Hear one headline."""
        self._inbox.add(reqId, *headline)

    def historicalNewsEnd(self, reqId: int, *_has_more: Any) -> None:
        """Hear the end of the headlines."""
        self._inbox.finish(reqId)

    def newsArticle(self, reqId: int, articleType: int, articleText: str) -> None:
        """Hear an article."""
        self._inbox.add(reqId, articleType, articleText)
        self._inbox.finish(reqId)

    def marketRule(self, marketRuleId: int, priceIncrements: Any) -> None:
        """Hear the price increments of a rule."""
        self._hear(("market_rule", marketRuleId), priceIncrements)

    def symbolSamples(self, reqId: int, contractDescriptions: Any) -> None:
        """Hear what a search has found."""
        self._hear(reqId, contractDescriptions)

    def _hear(self, key: Any, items: Any) -> None:
        """Take a list that is the whole answer; one of nothing may come as nothing."""
        for item in items or ():
            self._inbox.add(key, item)
        self._inbox.finish(key)
