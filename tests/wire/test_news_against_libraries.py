"""News of the catalogue against the real libraries."""

from __future__ import annotations

from tests.wire.against import Family

FAMILY = Family(
    callbacks={
        "news_bulletin": ("updateNewsBulletin", ("news_id", "news_type", "text", "exchange")),
        "news_article": ("newsArticle", ("req_id", "article_type", "text")),
        "tick_news": (
            "tickNews",
            ("req_id", "time_ms", "provider_code", "article_id", "headline", "extra_data"),
        ),
        "historical_news": (
            "historicalNews",
            ("req_id", "time", "provider_code", "article_id", "headline"),
        ),
        "historical_news_end": ("historicalNewsEnd", ("req_id", "has_more")),
    },
    requests={
        "reqNewsBulletins": ([True], "req_news_bulletins", {"all_messages": True}),
        "cancelNewsBulletins": ([], "cancel_news_bulletins", {}),
        "reqNewsArticle": (
            [7, "BRFG", "BRFG$1", []],
            "req_news_article",
            {"req_id": 7, "provider_code": "BRFG", "article_id": "BRFG$1"},
        ),
        "reqHistoricalNews": (
            [8, 265598, "BRFG+DJNL", "2026-11-19 00:00:00.0", "2026-11-20 00:00:00.0", 10, []],
            "req_historical_news",
            {
                "req_id": 8,
                "con_id": 265598,
                "provider_codes": "BRFG+DJNL",
                "total_results": 10,
                "start": "2026-11-19 00:00:00.0",
                "end": "2026-11-20 00:00:00.0",
            },
        ),
    },
)


def test_every_value_that_we_send_arrives_where_the_library_keeps_it(row: str) -> None:
    assert FAMILY.misread(row) == []


def test_every_request_of_the_library_is_read_with_its_values_and_written_byte_for_byte(row: str) -> None:
    FAMILY.assert_requests_understood(row)
