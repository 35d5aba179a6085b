"""Answers requests for news: articles, headlines of the past, bulletins.

Sources: recordings at server versions 200 to 225 for articles and headlines; IBKR's documentation for bulletins.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from harness.gateways.simulator.answers import made_news
from harness.gateways.simulator.answers.clock_and_ids import nothing
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.client import Answer, Client
from harness.gateways.simulator.market_truth import Article
from harness.wire.message import Message

NO_ARTICLE = 10172
MOST_HEADLINES = 300
TEXT = 0
"""The kind of an article that is text or HTML."""


def _article(request: Message, client: Client) -> Iterator[Message]:
    wanted = request.text("provider_code"), request.text("article_id")
    if client.prices.moves:
        article = made_news.article(*wanted, client)
    else:
        article = next((one for one in client.truth.market.articles if (one.provider, one.id) == wanted), None)
    if article is None:  # IBKR's documentation has the number, the text after the colon is inferred
        yield error(NO_ARTICLE, "Failed to request news article:Not found", request.number("req_id"))
        return
    yield Message("news_article", {"req_id": request["req_id"], "article_type": TEXT, "text": article.text})


def _historical_news(request: Message, client: Client) -> Iterator[Message]:
    """Yield headlines, the newest first. With both bounds the lower one is ignored (captured)."""
    providers = request.text("provider_codes").split("+")
    con_id, moves = request.number("con_id"), client.prices.moves
    known = made_news.articles(con_id, client) if moves else client.truth.market.articles
    found = [one for one in known if one.con_id == con_id and one.provider in providers]
    wanted = [one for one in found if _is_wanted(one, request)]
    most = min(max(request.number("total_results"), 0), MOST_HEADLINES)
    for article in wanted[:most]:
        yield Message("historical_news", {"req_id": request["req_id"], **_headline(article)})
    yield Message("historical_news_end", {"req_id": request["req_id"], "has_more": len(wanted) > most})


def _headline(article: Article) -> dict[str, str]:
    return {
        "time": f"{article.time:%Y-%m-%d %H:%M:%S}.0",
        "provider_code": article.provider,
        "article_id": article.id,
        "headline": article.headline,
    }


def _is_wanted(article: Article, request: Message) -> bool:
    start, end = (_bound(request.text(name)) for name in ("start", "end"))
    if end is not None:
        return article.time <= end
    return start is None or article.time >= start


def _bound(text: str) -> dt.datetime | None:
    """Return a bound, which has the form of the answer's times; ``None`` for what has another: it bounds nothing."""
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d %H:%M:%S.0").replace(tzinfo=dt.UTC)
    except ValueError:
        return None


def _bulletins(request: Message, client: Client) -> Iterator[Message]:
    """Yield those of today to who wants all; who wants new ones alone waits for a day that has some."""
    if request["all_messages"]:
        yield from (Message("news_bulletin", values) for values in client.truth.market.bulletins)


ANSWERS: Mapping[str, Answer] = {
    "cancel_news_bulletins": nothing,
    "req_historical_news": _historical_news,
    "req_news_article": _article,
    "req_news_bulletins": _bulletins,
}
