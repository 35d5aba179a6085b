"""Requests scans, news, market rules and symbols through ib_insync and ib_async."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import GaveUpError
from adapters.records_lists import Article, NewsProvider, headline, price_steps, scan_row, symbol_sample

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from adapters.asyncio_asking import Asking
    from adapters.records_lists import Headline, PriceStep, ScanRow, SymbolSample, WantedScan


class AsyncioLists:
    """The requests for lists and texts."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def scan(self, wanted: WantedScan, timeout: float) -> list[ScanRow]:
        subscription = self._asking.module.ScannerSubscription(
            numberOfRows=wanted.rows,
            instrument=wanted.instrument,
            locationCode=wanted.location,
            scanCode=wanted.code,
        )
        answer = self._asking.ask(lambda: self._asking.ib.reqScannerDataAsync(subscription), timeout)
        return [
            scan_row(row.rank, row.contractDetails, row.distance, row.benchmark, row.projection, row.legsStr)
            for row in answer
        ]

    def news_providers(self, timeout: float) -> list[NewsProvider]:
        answer = self._asking.ask(self._asking.ib.reqNewsProvidersAsync, timeout)
        return [NewsProvider(provider.code, provider.name) for provider in answer]

    def historical_news(self, con_id: int, providers: Sequence[str], most: int, timeout: float) -> list[Headline]:
        asked = (con_id, "+".join(providers), "", "", most)
        answer = self._ask(lambda: self._asking.ib.reqHistoricalNewsAsync(*asked), timeout)
        return [headline((row.time, row.providerCode, row.articleId, row.headline)) for row in answer]

    def news_article(self, provider: str, article_id: str, timeout: float) -> Article:
        answer = self._asking.ask(lambda: self._asking.ib.reqNewsArticleAsync(provider, article_id, []), timeout)
        return Article(int(answer.articleType), answer.articleText)

    def market_rule(self, rule: int, timeout: float) -> list[PriceStep]:
        return price_steps(rule, self._ask(lambda: self._asking.ib.reqMarketRuleAsync(rule), timeout))

    def matching_symbols(self, pattern: str, timeout: float) -> list[SymbolSample]:
        answer = self._ask(lambda: self._asking.ib.reqMatchingSymbolsAsync(pattern), timeout)
        return [symbol_sample(found) for found in answer]

    def _ask(self, request: Callable[[], Awaitable[Any]], timeout: float) -> Any:
        """Ask; the library ends these after a timeout of its own, with None for an answer."""
        answer = self._asking.ask(request, timeout)
        if answer is None:
            raise GaveUpError("no answer within the time that the library waits by itself")
        return answer
