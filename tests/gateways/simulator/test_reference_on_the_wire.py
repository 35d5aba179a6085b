"""Rules, exchanges, families, providers and symbols, as bytes at the versions where their form changes."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from harness.gateways.simulator.truth import document
from harness.wire.message import Message
from tests.gateways.simulator.talk import connected, run, simulated
from tests.gateways.simulator.test_truth_on_the_wire import VERSIONS, asked

REFERENCE = document()["reference"]

CAPTURED_COMPONENTS = base64.b64decode(
    "AAABGggCEgkSBEFNRVgaAUESCggBEgNCVVgaAUISDggCEgdOWVNFTkFUGgFDEgwIAxIFRklOUkEaAUQSCggEEgNJU0UaAUkSDAgFEgVFREdFQRoB"
    "ShIPCAYSCERSQ1RFREdFGgFLEgoIBxIDQ0hYGgFNEgsICBIEQVJDQRoBUBINCAkSBk5BU0RBURoBURIKCAoSA0lFWBoBVhILCAsSBFQyNFgaAUcS"
    "CggMEgNQU1gaAVgSCggNEgNCWVgaAVkSCwgOEgRCQVRTGgFaEgsIDxIETllTRRoBThILCBASBExUU0UaAUwSCwgREgRNRU1YGgFVEgwIEhIFUEVB"
    "UkwaAUgSCwgTEgRUWFNFGgFG"
)
"""What a real Gateway answered at 225, without the length (ibkr-go, smart_components, 24 Aug 2026)."""


def frame_of(request: Message, version: int) -> bytes:
    """Return the answer without its length, as it comes to a client of that version."""

    async def scenario() -> bytes:
        async with simulated() as gateway, connected(gateway, 7, version) as client:
            client.say(request)
            length = int.from_bytes(await client.reader.readexactly(4), "big")
            return await client.reader.readexactly(length)

    return run(scenario())


def text(*fields: str) -> bytes:
    return "".join(f"{field}\0" for field in fields).encode()


def raw(number: int, body: bytes) -> bytes:
    return number.to_bytes(4, "big") + body


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (200, text("78", "1", "*", "")),
        (211, raw(78, text("1", "*", ""))),
        (212, raw(278, bytes.fromhex("0a030a012a"))),
    ],
)
def test_the_family_codes_are_those_of_a_captured_account(version: int, expected: bytes) -> None:
    assert frame_of(Message("req_family_codes"), version) == expected


@pytest.mark.parametrize(
    ("version", "expected"), [(200, text("77", "1", "0")), (211, raw(77, text("1", "0"))), (225, raw(277, b"\x08\x01"))]
)
def test_there_are_no_soft_dollar_tiers_as_captured(version: int, expected: bytes) -> None:
    assert frame_of(Message("req_soft_dollar_tiers", {"req_id": 1}), version) == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (200, text("93", "26", "1", "0", "0.01")),
        (211, raw(93, text("26", "1", "0", "0.01"))),
        (212, raw(293, bytes.fromhex("081a121209000000000000000011 7b14ae47e17a843f".replace(" ", "")))),
    ],
)
def test_a_market_rule_is_told(version: int, expected: bytes) -> None:
    assert frame_of(Message("req_market_rule", {"market_rule_id": 26}), version) == expected


def test_a_market_rule_that_is_none_is_refused_without_an_id() -> None:
    for answer in asked(Message("req_market_rule", {"market_rule_id": 424242}), end="error").values():
        assert [(one["code"], one["req_id"]) for one in answer] == [(322, -1)]


def test_the_news_providers_are_those_of_the_capture() -> None:
    at_206 = frame_of(Message("req_news_providers"), 206)
    assert at_206.startswith(raw(85, text("8", "BRFG", "Briefing.com General Market Columns", "BRFUPDN")))
    assert frame_of(Message("req_news_providers"), 209).startswith(
        raw(285, b"\x0a\x2b\x0a\x04BRFG\x12\x23Briefing.com")
    )
    for answer in asked(Message("req_news_providers"), end="news_providers").values():
        assert rows(answer[0], "providers") == REFERENCE["news_providers"]


def test_the_exchanges_with_depth_have_no_group_but_where_they_do() -> None:
    first = ("DTB", "OPT", "", "Deep", "2147483647")
    for version, protobuf in ((206, False), (212, False), (213, True)):
        frame = frame_of(Message("req_market_depth_exchanges"), version)
        start = raw(280, b"\x0a\x10\x0a\x03DTB\x12\x03OPT\x22\x04Deep\x0a") if protobuf else raw(80, text("16", *first))
        assert frame.startswith(start), version
    for answer in asked(Message("req_market_depth_exchanges"), end="market_depth_exchanges").values():
        groups = {
            row["exchange"]: row["agg_group"] for row in rows(answer[0], "exchanges") if row["exchange"] != "SMART"
        }
        assert groups["IDEALPRO"] == 4
        assert groups["ARCA"] is None


def rows(message: Message, name: str) -> list[Any]:
    value = message[name]
    assert isinstance(value, tuple)
    return list(value)


def test_smart_components_are_those_of_the_code_that_quotes_name() -> None:
    request = Message("req_smart_components", {"req_id": 2, "bbo_exchange": "9c0001"})
    assert frame_of(request, 200).startswith(text("82", "2", "20", "0", "AMEX", "A", "1", "BUX", "B"))
    assert frame_of(request, 225) == CAPTURED_COMPONENTS
    for answer in asked(request, end="smart_components").values():
        assert rows(answer[0], "components")[1:] == REFERENCE["smart_components"][0]["components"][1:]
    for answer in asked(Message("req_smart_components", {"bbo_exchange": "none"}), end="smart_components").values():
        assert answer[0]["components"] == ()


def found(pattern: str) -> list[list[Any]]:
    request = Message("req_matching_symbols", {"req_id": 8, "pattern": pattern})
    return [rows(answer[0], "contracts") for answer in asked(request, end="symbol_samples").values()]


def test_symbols_are_found_by_their_beginning_and_by_a_word_of_the_name() -> None:
    for answer in found("aapl"):
        assert [row["con_id"] for row in answer] == [265598, 38708077, 273982664, 532640894, 242506861]
        kinds = [kind["sec_type"] for kind in answer[0]["derivative_sec_types"]]
        assert kinds == ["CFD", "OPT", "IOPT", "WAR", "BAG"]
    for answer in found("Henn"):
        assert [row["symbol"] for row in answer] == ["MC"]


@pytest.mark.parametrize("pattern", ["XYZZY", "", "APL", "ennessy", "AAPLE"])
def test_a_pattern_that_nothing_begins_with_finds_nothing(pattern: str) -> None:
    assert found(pattern) == [[]] * len(VERSIONS)


def test_an_issuer_of_bonds_has_a_description_and_an_issuer_id_from_176() -> None:
    request = Message("req_matching_symbols", {"req_id": 8, "pattern": "Apple"})
    before, since = (frame_of(request, version) for version in (175, 176))
    assert b"e1432232" not in before
    assert text("0", "", "BOND", "", "", "0", "Apple Inc", "e1432232") in since
    assert b"\x12\x1e\x0a\x1c\x1a\x04BOND\x7a\x09Apple Inc\x82\x01\x08e1432232" in frame_of(request, 225)  # as captured
