"""A program reads news: providers, headlines and articles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
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


def play_ibapi(stage: ClientStage) -> None:
    """Ask for providers, headlines and an article."""
    app = stage.connected()
    for what, request, callback in (
        ("reqNewsProviders()", lambda: app.reqNewsProviders(), "newsProviders"),
        ("reqHistoricalNews()", lambda: app.reqHistoricalNews(1, 265598, "BRFG", "", "", 5, []), "historicalNews"),
        ("reqNewsArticle() of what there is none of", lambda: app.reqNewsArticle(2, "BRFG", "BRFG$0", []), "error"),
    ):
        stage.arguments(callback, stage.asks(app, what, request), callback)


SITUATION = Situation(about=About.MARKET, play=play, ibapi=play_ibapi, gateway={"market": "still"})
