"""A program reads news: providers, headlines and articles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Ask for each, and take the records apart."""
    ib = stage.connected()
    contract = stage.stock(ib)
    providers = stage.awaits(ib, "reqNewsProviders()", lambda: ib.reqNewsProvidersAsync(), quiet=True)
    stage.calls(
        "a provider taken apart", lambda: len([*providers[0]]) if isinstance(providers[0], tuple) else providers[0].code
    )
    codes = "+".join(provider.code for provider in providers)
    found = stage.awaits(
        ib, "reqHistoricalNews()", lambda: ib.reqHistoricalNewsAsync(contract.conId, codes, "", "", 3), quiet=True
    )
    news = found[0] if isinstance(found, list) else found
    stage.says("type of reqHistoricalNews()", type(found).__name__)
    stage.calls("headlines as a tuple", lambda: len([*news]))
    stage.calls("news._asdict()", lambda: sorted(news._asdict()))
    stage.fields("headline", news)
    article = stage.awaits(
        ib, "reqNewsArticle()", lambda: ib.reqNewsArticleAsync(news.providerCode, news.articleId), quiet=True
    )
    stage.calls("an article taken apart", lambda: len([*article]))


SITUATION = Situation(about=About.MARKET, play=play, gateway={"market": "still"})
