"""A cleaner takes entries in order, on any number of connections, and never passes on what it cannot read."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from harness.recordings.cleaning.cleaner import Cleaner
from harness.recordings.recording import Ended, Entry, Framed, Greeted, Omitted, Opened
from harness.wire.codec import Codec
from harness.wire.hello import Hello, parse_version_reply
from harness.wire.message import Message, Sender, Value
from harness.wire.transcript import Change
from tests.recordings.cleaning.canaries import ACCOUNT, FACTOR, NAME, beginning, cleaner_at, frame

CLIENT, GATEWAY = Sender
TEXT, PROTOBUF = 178, 225
BOTH = pytest.mark.parametrize("version", [TEXT, PROTOBUF])


def said(entry: Entry, version: int, sender: Sender = GATEWAY) -> Message:
    assert isinstance(entry, Framed), entry
    message = Codec(version).decode(entry.payload, sender)
    assert isinstance(message, Message)
    return message


def why(entry: Entry) -> str:
    assert isinstance(entry, Omitted), entry
    return entry.why


def hello(options: str) -> Greeted:
    return Greeted(at=0.1, connection=1, data=Hello(min_version=100, max_version=226, options=options).encode())


@pytest.mark.parametrize("options", ["", "+PACEAPI"])
def test_a_hello_stays_as_it_is(options: str) -> None:
    assert Cleaner().clean(hello(options)) == hello(options)


def test_options_of_a_hello_that_may_say_anything_are_replaced() -> None:
    cleaned = Cleaner().clean(hello("+PACEAPI user=jk U7654321"))
    assert cleaned == hello("+PACEAPI capability1 U9000001")


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n", b"API\0\0\0\0\x09v100..", hello("").data + b"more"])
def test_what_is_not_a_hello_is_left_out(data: bytes) -> None:
    omitted = Cleaner().clean(Greeted(at=0.1, connection=1, data=data))
    assert omitted == Omitted(at=0.1, connection=1, sender=CLIENT, size=len(data), why="it is not a hello")


@pytest.mark.parametrize("zone", [b"Central European Standard Time", b"\xd6\xd0\xb9\xfa", b"CET"])
def test_time_and_zone_of_a_version_reply_stay_whatever_their_encoding(zone: bytes) -> None:
    reply = frame(b"178\x0020261130 09:30:00 " + zone + b"\0")
    assert Cleaner().clean(reply) is reply


def test_a_redirect_leads_to_another_host() -> None:
    cleaner = Cleaner()
    cleaned = cleaner.clean(frame(b"-1\x00gw7.kreuzberg.lan:4001\0"))
    assert isinstance(cleaned, Framed)
    assert parse_version_reply(cleaned.payload).connection_time == "host1.example:4001"
    assert "version reply" in why(cleaner.clean(frame(b"9\x001\x005\0", CLIENT)))


def test_what_comes_before_the_version_reply_is_left_out() -> None:
    cleaner = Cleaner()
    assert "version reply" in why(cleaner.clean(frame(b"71\x002\x007\0\0", CLIENT)))
    assert "version reply" in why(cleaner.clean(frame(b"4\x002\x00-1\x00505\x00U7654321\0")))


def test_a_connection_that_begins_again_has_no_version_yet() -> None:
    cleaner = cleaner_at(TEXT)
    cleaner.clean(Opened(at=2.0, connection=1))
    assert "version reply" in why(cleaner.clean(frame(b"71\x002\x007\0\0", CLIENT)))


@pytest.mark.parametrize("entry", [
    Opened(at=0.0, connection=1),
    Ended(at=9.0, connection=1, change=Change.CLOSED),
    Omitted(at=0.0, connection=1, sender=CLIENT, size=7, why="because"),
])  # fmt: skip
def test_entries_that_quote_nothing_stay(entry: Entry) -> None:
    assert Cleaner().clean(entry) is entry


@BOTH
@pytest.mark.parametrize("payload", [b"", b"U7654321", b"\0", b"x\0"])
def test_what_has_no_id_is_left_out(version: int, payload: bytes) -> None:
    omitted = cleaner_at(version).clean(frame(payload))
    assert isinstance(omitted, Omitted)
    assert omitted.kind is None or version == PROTOBUF


@BOTH
def test_what_the_catalogue_does_not_have_is_left_out_and_told_by_its_id(version: int) -> None:
    receive_fa = b"16\x001\x001\x00<name>Smith</name>\0" if version == TEXT else b"\0\0\0\xd8<name>Smith</name>"
    omitted = cleaner_at(version).clean(frame(receive_fa))
    assert isinstance(omitted, Omitted)
    assert (omitted.kind, omitted.size) == (16, len(receive_fa))
    assert "catalogue" in omitted.why


def test_a_text_with_more_fields_than_are_known_is_left_out() -> None:
    assert "not known" in why(cleaner_at(TEXT).clean(frame(b"15\x001\x00U7654321\x00Smith\0")))


@pytest.mark.parametrize("payload", [
    b"15\x001\0",  # it ends early
    b"15\x001\x00U7654321",  # it does not end
    b"15\x001\x00\xff\xfe\0",
    b"9\x001\x00U7654321\0",  # not a number
    b"78\x00999\x00U7654321\x00F1\0",  # fewer items than it says
    b"78\x00Smith\x00U7654321\x00F1\0",
])  # fmt: skip
def test_a_text_that_cannot_be_read_is_left_out_without_being_quoted(payload: bytes) -> None:
    omitted = cleaner_at(TEXT).clean(frame(payload))
    assert isinstance(omitted, Omitted)
    assert omitted.kind is not None
    assert not {word for word in ("7654321", "Smith") if word in omitted.why}


def test_a_field_that_nobody_reads_does_not_pass_what_is_in_it() -> None:
    """Until 177 an order had the name of an advisor's profile there, which the catalogue no longer has."""
    payload = Codec(176).encode(Message("open_order", {"fa_percentage": "50"}))
    before, after = b"\x0050\0", b"\x0050\0Smith"
    cleaned = cleaner_at(176).clean(frame(payload.replace(before, after)))
    assert isinstance(cleaned, Framed)
    assert cleaned.payload == payload


UNKNOWN = [
    b"\xfa\x07\x05Smith",  # a text, number 127
    b"\xf8\x07\x07",
    b"\xf9\x07SmithSmi",
    b"\xfd\x07Smit",
    b"\x08\x07",  # number 1, which is a text, as a number
]


@pytest.mark.parametrize("unknown", UNKNOWN)
def test_a_protobuf_field_that_is_not_known_is_dropped_and_counted(unknown: bytes) -> None:
    cleaner = cleaner_at(PROTOBUF)
    known = Codec(PROTOBUF).encode(Message("managed_accounts", {"accounts": "U9000001"}))
    cleaned = cleaner.clean(frame(known + unknown))
    assert isinstance(cleaned, Framed)
    assert cleaned.payload == known
    assert cleaned.shortened


def test_a_protobuf_field_that_is_not_known_is_dropped_inside_others() -> None:
    cleaner = cleaner_at(PROTOBUF)
    contract = b"\x12\x04AAPL" + b"\xfa\x07\x05Smith"
    cleaned = cleaner.clean(frame(b"\0\0\1\x05" + b"\x12" + bytes([len(contract)]) + contract))
    assert isinstance(cleaned, Framed)
    assert said(cleaned, PROTOBUF)["symbol"] == "AAPL"
    assert b"Smith" not in cleaned.payload
    assert cleaned.shortened


@pytest.mark.parametrize("body", [
    b"\x0a\x09U7654",  # cut off
    b"\x0a\x02\xff\xfe",
    b"\xfb\x07\xfc\x07",  # a group
])  # fmt: skip
def test_a_protobuf_that_cannot_be_read_is_left_out(body: bytes) -> None:
    assert why(cleaner_at(PROTOBUF).clean(frame(b"\0\0\0\xd7" + body))) in {"it is not protobuf", "it has groups"}


def test_a_decimal_that_is_not_a_number_is_left_out() -> None:
    """As protobuf it is a text, so it may be anything."""
    body = b"\x22\x05Smith"  # the size of a price tick
    assert "type" in why(cleaner_at(PROTOBUF).clean(frame(b"\0\0\0\xc9" + body)))


def test_a_text_keeps_the_bytes_of_what_is_not_replaced() -> None:
    """A gateway's own way to write numbers is what a recording is made for."""
    position = b"265598\0AAPL\0STK\0\x000.0\0\0\0NASDAQ\0USD\0AAPL\0NMS\0"
    held = b"10\x00151.50\x001515.00\x00150\x001.0E1\x000\0"
    replaced = b"24\x00151.50\x003636.00\x00150\x0024.0\x000\0"
    cleaned = cleaner_at(TEXT).clean(frame(b"7\x008\0" + position + held + b"U7654321\0"))
    assert isinstance(cleaned, Framed)
    assert cleaned.payload == b"7\x008\0" + position + replaced + b"U9000001\0"


def test_a_protobuf_keeps_the_order_of_its_fields() -> None:
    payload = b"\0\0\0\xcf" + b"\x42\x08U7654321" + b"\x12\x0210" + b"\x0a\x06\x12\x04AAPL"
    cleaned = cleaner_at(PROTOBUF).clean(frame(payload))
    assert isinstance(cleaned, Framed)
    assert cleaned.payload == payload.replace(b"U7654321", b"U9000001").replace(b"\x0210", b"\x0224")


@BOTH
def test_what_is_held_is_worth_its_quantity_times_its_price(version: int) -> None:
    """Else the factor could be read off it: a value divided by a price that everybody knows, and by a whole number."""
    held: Mapping[str, Value] = {
        "position": "7",
        "market_price": 100.0,
        "market_value": 700.0,
        "unrealized_pnl": -70.0,
        "realized_pnl": 10.0,
    }
    message = said(cleaner_at(version).clean(frame(Codec(version).encode(Message("portfolio_value", held)))), version)
    assert message["position"] == "17"  # 7 times 2.37 is 16.59
    assert (message["market_value"], message["unrealized_pnl"], message["market_price"]) == (1700.0, -170.0, 100.0)
    assert message["realized_pnl"] == 23.7


@BOTH
def test_what_an_order_is_for_stays_and_what_the_account_has_does_not(version: int) -> None:
    values: Mapping[str, Value] = {
        "total_quantity": "100",
        "limit_price": 150.0,
        "commission": 1.0,
        "init_margin_after": 1000.0,
    }
    message = said(cleaner_at(version).clean(frame(Codec(version).encode(Message("open_order", values)))), version)
    assert {name: message[name] for name in values} == {**values, "init_margin_after": 2370.0}


def test_the_same_value_is_the_same_on_every_connection_and_in_every_encoding() -> None:
    cleaner = cleaner_at(TEXT, beginning(PROTOBUF, 2))
    order = Message("open_order", {"account": ACCOUNT, "fa_group": NAME, "perm_id": 7654321, "submitter": "jkreuzberg"})
    request = Message("req_account_summary", {"group": NAME})
    in_text, in_protobuf = (
        said(cleaner.clean(frame(Codec(version).encode(order), connection=connection)), version)
        for connection, version in ((1, TEXT), (2, PROTOBUF))
    )
    for name in ("account", "fa_group", "perm_id"):
        assert in_text[name] == in_protobuf[name] != order[name]
    asked = said(cleaner.clean(frame(Codec(TEXT).encode(request), CLIENT)), TEXT, CLIENT)
    assert asked["group"] == in_text["fa_group"]


@BOTH
def test_escapes_of_a_text_stay_escapes(version: int) -> None:
    text = "Müller: U7654321 in C:\\Users\\jk\\Jts"
    payload = Codec(version).encode(Message("error", {"text": text}))
    message = said(cleaner_at(version).clean(frame(payload)), version)
    assert message["text"] == "Müller: U9000001 in C:\\Users\\user1\\Jts"


def test_an_account_that_is_spelt_with_escapes_is_found_where_none_should_be() -> None:
    payload = Codec(TEXT).encode(Message("contract_data", {"long_name": "APPLE INC"}))
    cleaned = cleaner_at(TEXT).clean(frame(payload.replace(b"APPLE", rb"\u00557654321")))
    assert said(cleaned, TEXT)["long_name"] == "U9000001 INC"


def test_a_name_is_found_in_a_sentence_that_comes_before_it_in_its_message() -> None:
    order = Message("open_order", {"shares_allocation": "7654321.0/The Smiths/100", "fa_group": "The Smiths"})
    cleaned = cleaner_at(TEXT).clean(frame(Codec(TEXT).encode(order)))
    assert said(cleaned, TEXT)["shares_allocation"] == "7654321.0/Group1/100"


@BOTH
def test_a_hidden_word_is_found_where_nothing_personal_should_be(version: int) -> None:
    cleaner = Cleaner(hidden=["müller"], factor=FACTOR)
    for entry in beginning(version):
        cleaner.clean(entry)
    payload = Codec(version).encode(Message("tick_string", {"value": "at MÜLLER-PC"}))
    assert said(cleaner.clean(frame(payload)), version)["value"] == "at hidden1-PC"
