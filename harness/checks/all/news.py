"""Checks news: the sources that the user has, the newest headlines about a stock, and one article.

A gateway names no time zone in the time of a headline, so only the clock is compared. Where a real gateway has no
headline, there is no article to ask for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import LIQUID_STOCK, RequestRejectedError
from adapters.records_lists import clock
from harness.checks.check import EVERYTHING, Check, CheckFailedError, Client, NotAskedError, plain
from harness.checks.expected import Records, records, text
from harness.checks.heard import told
from harness.checks.quoted import where_patient, where_subscribed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Article, Truth, Values

MOST_PROVIDERS, MOST_HEADLINES = 20, 10
NOT_SUBSCRIBED = frozenset({10094, 10172, 10276})
"""Codes by which a gateway says that the user has no such news, or that an article cannot be had."""


def ask(client: Client) -> dict[str, Any]:
    """Ask the sources, then the newest headlines of all of them, then the article of the first."""
    try:
        with where_subscribed(client), where_patient(client):
            return _asked(client)
    except RequestRejectedError as error:
        if error.code in NOT_SUBSCRIBED and not client.simulated:
            raise NotAskedError(f"the user has no such news: {error}") from error
        raise


def _asked(client: Client) -> dict[str, Any]:
    lists, timeout = client.connection.lists, client.request_timeout
    providers = lists.news_providers(timeout)
    codes = [provider.code for provider in providers[:MOST_PROVIDERS]]
    headlines = lists.historical_news(LIQUID_STOCK.con_id, codes, MOST_HEADLINES, timeout)
    if not headlines and client.simulated:
        raise CheckFailedError("no headline arrived")
    articles = [lists.news_article(each.provider, each.article_id, timeout) for each in headlines[:1]]
    return {"providers": plain(providers), "headlines": plain(headlines), "article": plain(articles)}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Return the true sources, all headlines about the stock, and the newest article."""
    articles = [each for each in truth.market.articles if each.con_id == LIQUID_STOCK.con_id]
    return {
        "providers": records(("code",), map(_provider, truth.reference["news_providers"])),
        "headlines": records(("article_id",), map(_true_headline, articles)),
        "article": records(("kind",), [{"kind": TEXT, "text": each.text} for each in articles[:1]]),
    }


TEXT = 0


def _true_headline(article: Article) -> Mapping[str, Expected]:
    told_at = f"{article.time:%Y-%m-%dT%H:%M:%S}"
    return {
        "time": told_at,
        "provider": article.provider,
        "article_id": article.id,
        "headline": article.headline,
    }


def heard(said: Heard) -> Mapping[str, Records]:
    """Return what the gateway sent."""
    providers = said.answers("req_news_providers")[0].only("news_providers")["providers"]
    assert isinstance(providers, (list, tuple))  # noqa: S101 - so the catalogue has it
    articles = said.answers("req_news_article") if said.requests("req_news_article") else ()
    return {
        "providers": Records(("code",), tuple(map(_provider, providers)), repeats=True),
        "headlines": told(("article_id",), said.answers("req_historical_news"), "historical_news", _headline),
        "article": told(("kind",), articles, "news_article", _article),
    }


def _provider(row: Values) -> Mapping[str, Expected]:
    return {"code": text(row, "code"), "name": text(row, "name")}


def _headline(row: Values) -> Mapping[str, Expected]:
    rest = {name: text(row, name) for name in ("article_id", "headline")}
    return {"time": clock(row["time"]), "provider": text(row, "provider_code"), **rest}


def _article(row: Values) -> Mapping[str, Expected]:
    return {"kind": int(str(row.get("article_type", TEXT))), "text": text(row, "text")}


CHECK = Check(
    name="news",
    asks="req_news_providers",
    proves="the sources of news, the headlines of the past and an article, if there are any, arrive",
    ask=ask,
    expected=expected,
    heard=heard,
    varies=(EVERYTHING,),
    requests=3,
)
