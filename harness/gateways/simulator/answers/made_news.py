"""Makes the news of a market that moves: where each stock and fund closed on its last days of trading.

All of it is ours but the form of times and headlines, which is captured. An id names the contract and the day, so that
an article is found again without being kept.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.answers.refusals import TRADES
from harness.gateways.simulator.bar_times import bar_times, since
from harness.gateways.simulator.client import Client
from harness.gateways.simulator.market_truth import Article
from harness.gateways.simulator.truth import Values, meant
from harness.wire.catalogue import catalogue
from harness.wire.message import Message

NO_PROVIDER = 10094
NO_PROVIDER_TEXT = "API News error:Source code unchecked in API news Settings: {}"
"""As captured. That nothing else is wrong with such a line is inferred."""

_LANGUAGE = "A:800015:L:en"
_PROVIDERS = ("DJNL", "BRFG")
_SPAN = "10 D"
"""Trading days that there is news of; that of a day comes when it is over."""
_ID = re.compile(r"[A-Z-]+\$([0-9a-f]{8})[0-9a-f]{5}")


def articles(con_id: int, client: Client) -> Iterator[Article]:
    """Yield the news of a contract, the newest first; there is none of what is no stock or fund."""
    asked = Message("req_contract_data", {**catalogue().by_name["req_contract_data"].defaults, "con_id": con_id})
    contract = next(meant(asked, client.truth.contract_details), None)
    session = None if contract is None or contract["sec_type"] != "STK" else client.prices.session(contract)
    if contract is None or session is None:
        return
    now = client.now()
    days = list(bar_times(session, "1 day", since(session, _SPAN, now, liquid=True), now, liquid=True))
    for time in reversed([day for day in days if day.ends <= now]):
        bar = client.prices.bar(contract, TRADES, time.begins, time.ends)
        if bar is not None and time.day is not None:
            yield from (_article(provider, contract, time.day, time.ends, bar) for provider in _PROVIDERS)


def article(provider: str, article_id: str, client: Client) -> Article | None:
    """Return an article by its id; ``None`` if there is none."""
    named = _ID.fullmatch(article_id)
    known = articles(int(named[1], 16), client) if named else ()
    return next((one for one in known if (one.provider, one.id) == (provider, article_id)), None)


def ticks(req_id: int, contract: Values, asked: str, client: Client) -> Iterator[Message]:
    """Yield the headlines of the last day, as a line of quotes gets them at once that asks for news (captured).

    Args:
        req_id: the line's.
        contract: what it is of.
        asked: providers with a plus between them; empty for all.
        client: who asks.
    """
    known = {str(row["code"]) for row in client.truth.reference["news_providers"]}
    for provider in filter(None, asked.split("+")):
        if provider not in known:
            yield error(NO_PROVIDER, NO_PROVIDER_TEXT.format(provider), req_id)
    news = list(articles(int(str(contract["con_id"])), client))
    for one in news:
        if one.time == news[0].time and (not asked or one.provider in asked.split("+")):
            yield _tick(req_id, one)


def _tick(req_id: int, one: Article) -> Message:
    told: Values = {"time_ms": int(one.time.timestamp() * 1000), "provider_code": one.provider, "article_id": one.id}
    words = {"headline": one.headline.partition("}")[2], "extra_data": _LANGUAGE}
    return Message("tick_news", {"req_id": req_id, **told, **words})


def _article(provider: str, contract: Values, day: dt.date, ended: float, bar: Values) -> Article:
    con_id = int(str(contract["con_id"]))
    closed = f"{contract['long_name']} closes at {bar['close']}"
    return Article(
        con_id=con_id,
        provider=provider,
        id=f"{provider}${con_id:08x}{day.toordinal():05x}",
        time=dt.datetime.fromtimestamp(ended, dt.UTC),
        headline=f"{{{_LANGUAGE}}}{closed}",
        text=f"{closed}, after {bar['low']} to {bar['high']}, on a volume of {bar['volume']}.",
    )
