"""Rules, exchanges, families, providers and symbols of the catalogue against the real libraries."""

from __future__ import annotations

from tests.wire.against import Family

FAMILY = Family(
    callbacks={
        "soft_dollar_tiers": ("softDollarTiers", ("req_id", "tiers")),
        "family_codes": ("familyCodes", ("codes",)),
        "symbol_samples": ("symbolSamples", ("req_id", "contracts")),
        "market_depth_exchanges": ("mktDepthExchanges", ("exchanges",)),
        "smart_components": ("smartComponents", ("req_id", "components")),
        "news_providers": ("newsProviders", ("providers",)),
        "market_rule": ("marketRule", ("market_rule_id", "increments")),
    },
    leaves={
        "account": "accountID",
        "family_code": "familyCodeStr",
        "value": "val",
        "listing_exchange": "listingExch",
        "con_id": "contract.conId",
        "symbol": "contract.symbol",
        "sec_type": "contract.secType|secType",
        "primary_exchange": "contract.primaryExchange",
        "currency": "contract.currency",
        "description": "contract.description",
        "issuer_id": "contract.issuerId",
        "bit_number": "bitNumber|key",
        "exchange": "exchange|0",
        "exchange_letter": "exchangeLetter|1",
    },
    requests={
        "reqSoftDollarTiers": ([7], "req_soft_dollar_tiers", {"req_id": 7}),
        "reqFamilyCodes": ([], "req_family_codes", {}),
        "reqMatchingSymbols": ([8, "AAPL"], "req_matching_symbols", {"req_id": 8, "pattern": "AAPL"}),
        "reqMktDepthExchanges": ([], "req_market_depth_exchanges", {}),
        "reqSmartComponents": ([9, "9c0001"], "req_smart_components", {"req_id": 9, "bbo_exchange": "9c0001"}),
        "reqNewsProviders": ([], "req_news_providers", {}),
        "reqMarketRule": ([26], "req_market_rule", {"market_rule_id": 26}),
    },
)


def test_every_value_that_we_send_arrives_where_the_library_keeps_it(row: str) -> None:
    assert FAMILY.misread(row) == []


def test_every_request_of_the_library_is_read_with_its_values_and_written_byte_for_byte(row: str) -> None:
    FAMILY.assert_requests_understood(row)
