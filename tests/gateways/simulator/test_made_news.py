"""News of a market that moves: of any stock, of days that are over, by its prices."""

from __future__ import annotations

from harness.wire.message import Message, Value
from tests.gateways.simulator.talk import run
from tests.gateways.simulator.test_moving_market import AAPL, Exchange

AMD, EURUSD = 4391, 12087792


def asked(*requests: Message) -> list[Message]:
    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            return await exchange.asked(*requests)

    return run(scenario())


def headlines(con_id: int) -> list[Message]:
    """It is Friday 4 December 2026, half an hour after the opening."""
    values: dict[str, Value] = {"req_id": 1, "con_id": con_id, "provider_codes": "BRFG+DJNL", "total_results": 10}
    return asked(Message("req_historical_news", values))


def test_the_newest_headline_is_of_the_last_close_of_any_stock() -> None:
    *news, end = headlines(AMD)
    assert (len(news), end["has_more"]) == (10, True)
    assert news[0]["time"] == "2026-12-03 21:00:00.0"
    assert [one["time"] for one in news] == sorted((one["time"] for one in news), key=str, reverse=True)
    assert len({(one["provider_code"], one["article_id"]) for one in news}) == len(news)


def test_a_headline_leads_to_its_article_which_has_the_close_of_that_day() -> None:
    newest = headlines(int(str(AAPL["con_id"])))[0]
    values = {"req_id": 2, "provider_code": newest["provider_code"], "article_id": newest["article_id"]}
    bars = {**AAPL, "bar_size": "1 day", "duration": "2 D", "use_rth": True, "format_date": 1, "what_to_show": "TRADES"}
    article, history, *_ = asked(Message("req_news_article", values), Message("req_historical_data", bars))
    assert isinstance(history["bars"], tuple)
    assert f"closes at {history['bars'][0]['close']}," in article.text("text")
    assert newest.text("headline").endswith(article.text("text").partition(",")[0])


def test_a_pair_and_what_nobody_knows_have_no_news() -> None:
    for con_id in (EURUSD, 7):
        assert [one.name for one in headlines(con_id)] == ["historical_news_end"]
    (refusal,) = asked(Message("req_news_article", {"req_id": 2, "provider_code": "BRFG", "article_id": "BRFG$7"}))
    assert refusal["code"] == 10172


def watched(generic_ticks: str) -> list[Message]:
    told = asked(Message("req_market_data", {**AAPL, "generic_ticks": generic_ticks}))
    return [one for one in told if one.name in {"tick_news", "error"}]


def test_a_line_that_asks_for_news_gets_the_headlines_of_the_last_day_at_once() -> None:
    both, one = watched("mdoff,292"), watched("292:BRFG")
    assert [(tick["provider_code"], tick["extra_data"]) for tick in both] == [
        ("DJNL", "A:800015:L:en"),
        ("BRFG", "A:800015:L:en"),
    ]
    assert both[0].text("headline").startswith("APPLE INC closes at ")
    assert one == both[1:]
    assert not watched("233")


def test_a_provider_that_is_not_had_is_named() -> None:
    (refusal,) = watched("292:XYZ")
    assert (refusal["code"], refusal["req_id"]) == (10094, AAPL["req_id"])
    assert refusal["text"] == "API News error:Source code unchecked in API news Settings: XYZ"
