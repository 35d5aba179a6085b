"""Answers requests for lists that hardly change: rules, exchanges, families, providers, symbols."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.answers.refusals import NOT_DONE
from harness.gateways.simulator.client import Answer, Client
from harness.wire.message import Message

MOST_SYMBOLS = 16
"""Most symbols in one answer (IBKR's documentation)."""

NO_SUCH_RULE_TEXT = "Error processing request.Unknown market rule"
"""The code, and that no request is named, are captured by users of rust-ibapi; the words are inferred."""


def _soft_dollar_tiers(request: Message, client: Client) -> Iterator[Message]:
    yield Message(
        "soft_dollar_tiers", {"req_id": request["req_id"], "tiers": client.truth.reference["soft_dollar_tiers"]}
    )


def _family_codes(_request: Message, client: Client) -> Iterator[Message]:
    yield Message("family_codes", {"codes": client.truth.reference["family_codes"]})


def _market_depth_exchanges(_request: Message, client: Client) -> Iterator[Message]:
    yield Message("market_depth_exchanges", {"exchanges": client.truth.reference["market_depth_exchanges"]})


def _news_providers(_request: Message, client: Client) -> Iterator[Message]:
    yield Message("news_providers", {"providers": client.truth.reference["news_providers"]})


def _smart_components(request: Message, client: Client) -> Iterator[Message]:
    """Yield the letters of a code; that one which no quote has gets an empty list is inferred."""
    components = [
        row
        for table in client.truth.reference["smart_components"]
        if table["bbo_exchange"] == request["bbo_exchange"]
        for row in table["components"]
    ]
    yield Message("smart_components", {"req_id": request["req_id"], "components": components})


def _market_rule(request: Message, client: Client) -> Iterator[Message]:
    rules = {rule["market_rule_id"]: rule for rule in client.truth.reference["market_rules"]}
    rule = rules.get(request["market_rule_id"])
    yield error(NOT_DONE, NO_SUCH_RULE_TEXT) if rule is None else Message("market_rule", rule)


def _matching_symbols(request: Message, client: Client) -> Iterator[Message]:
    """Yield what a pattern finds; that nothing found is an empty list is inferred."""
    pattern = request.text("pattern").casefold()
    found = [_sample(row) for row in client.truth.reference["symbols"] if pattern and _matches(pattern, row)]
    yield Message("symbol_samples", {"req_id": request["req_id"], "contracts": found[:MOST_SYMBOLS]})


def _matches(pattern: str, row: Mapping[str, Any]) -> bool:
    """Return whether a symbol, or a word of the name, begins with the pattern, as IBKR documents the search."""
    words = [row.get("symbol", ""), *row["description"].split()]
    return any(word.casefold().startswith(pattern) for word in words)


def _sample(row: Mapping[str, Any]) -> dict[str, Any]:
    derived = [{"sec_type": sec_type} for sec_type in row.get("derivative_sec_types", ())]
    return {**row, "derivative_sec_types": derived}


ANSWERS: Mapping[str, Answer] = {
    "req_family_codes": _family_codes,
    "req_market_depth_exchanges": _market_depth_exchanges,
    "req_market_rule": _market_rule,
    "req_matching_symbols": _matching_symbols,
    "req_news_providers": _news_providers,
    "req_smart_components": _smart_components,
    "req_soft_dollar_tiers": _soft_dollar_tiers,
}
