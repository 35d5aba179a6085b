"""Every frame that was captured on a real connection, byte for byte.

Hex as published in ibkr-go's transcripts of a paper Gateway (accounts replaced) and measured from the client libraries.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from harness.wire.codec import Codec
from harness.wire.framing import FrameReader, encode_frame
from harness.wire.hello import Hello, HelloReader, VersionReply, parse_version_reply
from harness.wire.message import Message, Sender, Value

FRAMES: list[tuple[int, Sender, str, str, Mapping[str, Value]]] = [
    (201, Sender.GATEWAY, "000000100000000f310044553930303030303100", "managed_accounts", {"accounts": "DU9000001"}),
    (201, Sender.GATEWAY, "000000080000000931003200", "next_valid_id", {"order_id": 2}),
    (201, Sender.GATEWAY, "00000006000000ff0801", "execution_details_end", {"req_id": 1}),
    (207, Sender.GATEWAY, "0000000f000000d70a09445539303030303031", "managed_accounts", {"accounts": "DU9000001"}),
    (208, Sender.GATEWAY, "0000000a00000009310035383100", "next_valid_id", {"order_id": 581}),
    (213, Sender.GATEWAY, "00000006000000d10805", "next_valid_id", {"order_id": 5}),
    (208, Sender.CLIENT, "00000006000000313100", "req_current_time", {}),
    (208, Sender.GATEWAY, "0000001100000031310031373837363037353639" + "00", "current_time", {"time": 1787607569}),
    (213, Sender.CLIENT, "00000004000000f9", "req_current_time", {}),
    (213, Sender.GATEWAY, "0000000a000000f90891f4b2d406", "current_time", {"time": 1787607569}),
    (200, Sender.CLIENT, "000000083731003200370000", "start_api", {"client_id": 7}),
    (201, Sender.CLIENT, "0000000900000047320037" + "0000", "start_api", {"client_id": 7}),
    (213, Sender.CLIENT, "000000060000010f0807", "start_api", {"client_id": 7}),
    (
        213,
        Sender.CLIENT,
        "0000000b0000010f0807120378797a",
        "start_api",
        {"client_id": 7, "optional_capabilities": "xyz"},
    ),
    (203, Sender.GATEWAY, "00000004000000fd", "open_orders_end", {}),
    (204, Sender.CLIENT, "00000004000000cd", "req_open_orders", {}),
    (204, Sender.CLIENT, "00000004000000d8", "req_all_open_orders", {}),
    (204, Sender.CLIENT, "00000006000000d70801", "req_auto_open_orders", {"auto_bind": True}),
    (204, Sender.CLIENT, "00000004000000d7", "req_auto_open_orders", {"auto_bind": False}),
    (204, Sender.CLIENT, "000000040000012b", "req_completed_orders", {"api_only": False}),
    (204, Sender.CLIENT, "000000060000012b0801", "req_completed_orders", {"api_only": True}),
    (204, Sender.GATEWAY, "000000040000012e", "completed_orders_end", {}),
]


@pytest.mark.parametrize(("version", "sender", "wire", "name", "values"), FRAMES)
def test_a_captured_frame_is_read_and_written_byte_for_byte(
    version: int, sender: Sender, wire: str, name: str, values: Mapping[str, Value]
) -> None:
    codec = Codec(version)
    (payload,) = FrameReader().feed(bytes.fromhex(wire))

    message = codec.decode(payload, sender)

    assert isinstance(message, Message)
    assert message.name == name
    assert {key: message[key] for key in values} == values
    assert encode_frame(codec.encode(Message(name, values))).hex() == wire


NOTICES = [
    (2104, "Market data farm connection is OK:usfarm", "00000043", "b810", "28"),
    (2106, "HMDS data farm connection is OK:ushmds", "00000041", "ba10", "26"),
    (2158, "Sec-def data farm connection is OK:secdefnj", "00000046", "ee10", "2b"),
]


@pytest.mark.parametrize(("code", "text", "length", "code_hex", "text_length"), NOTICES)
def test_a_captured_farm_notice_is_read_and_written_byte_for_byte(
    code: int, text: str, length: str, code_hex: str, text_length: str
) -> None:
    head = f"{length}000000cc08ffffffffffffffffff0110ffa6dbad833418{code_hex}22{text_length}"
    wire = bytes.fromhex(head) + text.encode()
    values: dict[str, Value] = {"req_id": -1, "code": code, "text": text, "time_ms": 1787607569279}

    (payload,) = FrameReader().feed(wire)
    message = Codec(208).decode(payload, Sender.GATEWAY)

    assert isinstance(message, Message)
    assert message.values == {**values, "advanced_order_reject": ""}
    assert encode_frame(Codec(208).encode(Message("error", values))) == wire


ERROR_LAYOUTS = [
    (163, ["4", "2", "-1", "326", "in use"]),
    (165, ["4", "2", "-1", "326", "in use"]),
    (166, ["4", "2", "-1", "326", "in use", "{}"]),
    (193, ["4", "2", "-1", "326", "in use", "{}"]),
    (194, ["4", "-1", "326", "in use", "{}", "1700000000000"]),
    (200, ["4", "-1", "326", "in use", "{}", "1700000000000"]),
]


@pytest.mark.parametrize(("version", "fields"), ERROR_LAYOUTS)
def test_an_error_has_the_text_layout_of_its_version(version: int, fields: list[str]) -> None:
    values: dict[str, Value] = {
        "req_id": -1,
        "code": 326,
        "text": "in use",
        "advanced_order_reject": "{}",
        "time_ms": 1_700_000_000_000,
    }
    payload = "".join(f"{field}\0" for field in fields).encode()

    assert Codec(version).encode(Message("error", values)) == payload
    message = Codec(version).decode(payload, Sender.GATEWAY)
    assert isinstance(message, Message)
    assert (message["req_id"], message["code"], message["text"]) == (-1, 326, "in use")


TEXT_LAYOUTS: list[tuple[int, str, Mapping[str, Value], str]] = [
    (176, "position_end", {}, "62,1"),
    (176, "open_orders_end", {}, "53,1"),
    (176, "completed_orders_end", {}, "102"),
    (176, "account_download_end", {"account": "DU9000001"}, "54,1,DU9000001"),
    (176, "account_update_multi_end", {"req_id": 3}, "74,1,3"),
    (176, "execution_details_end", {"req_id": 3}, "55,1,3"),
    (176, "current_time", {"time": 1700000000}, "49,1,1700000000"),
    (178, "req_positions", {}, "61,1"),
    (178, "req_completed_orders", {}, "99,0"),
    (178, "req_account_updates", {"subscribe": True, "account": "DU9000001"}, "6,2,1,DU9000001"),
    (178, "req_executions", {"req_id": 4}, "7,3,4,0,,,,,,"),
    (178, "req_account_updates_multi", {"req_id": 4, "account": "DU9000001"}, "76,1,4,DU9000001,,0"),
    (178, "req_auto_open_orders", {"auto_bind": True}, "15,1,1"),
]


@pytest.mark.parametrize(("version", "name", "values", "fields"), TEXT_LAYOUTS)
def test_a_message_has_the_text_layout_that_libraries_send_and_expect(
    version: int, name: str, values: Mapping[str, Value], fields: str
) -> None:
    assert Codec(version).encode(Message(name, values)) == (fields.replace(",", "\0") + "\0").encode()


FILL = "DU9000001,IEX,BOT,1,257.95,900001,94,0,1,257.95,,,,,2,0,"
CAPTURED_TEXT: list[tuple[str, Mapping[str, Value], str]] = [
    (
        "position",
        {
            "account": "DU9000001",
            "con_id": 3691937,
            "symbol": "AMZN",
            "sec_type": "STK",
            "exchange": "NASDAQ",
            "currency": "USD",
            "local_symbol": "AMZN",
            "trading_class": "NMS",
            "position": "15",
            "average_cost": 200.25,
        },
        "61,3,DU9000001,3691937,AMZN,STK,,0.0,,,NASDAQ,USD,AMZN,NMS,15,200.25",
    ),
    (
        "account_summary",
        {"req_id": 1001, "account": "DU9000001", "tag": "BuyingPower", "value": "300000.00", "currency": "EUR"},
        "63,1,1001,DU9000001,BuyingPower,300000.00,EUR",
    ),
    (
        "execution_details",
        {
            "req_id": -1,
            "order_id": 1,
            "con_id": 265598,
            "symbol": "AAPL",
            "sec_type": "STK",
            "exchange": "IEX",
            "currency": "USD",
            "local_symbol": "AAPL",
            "trading_class": "NMS",
            "exec_id": "0001",
            "account": "DU9000001",
            "time": "20260413 15:27:04 US/Eastern",
            "execution_exchange": "IEX",
            "side": "BOT",
            "shares": "1",
            "price": 257.95,
            "perm_id": 900001,
            "client_id": 94,
            "cumulative_quantity": "1",
            "average_price": 257.95,
            "last_liquidity": 2,
        },
        f"11,-1,1,265598,AAPL,STK,,0.0,,,IEX,USD,AAPL,NMS,0001,20260413 15:27:04 US/Eastern,{FILL}",
    ),
    (
        "commission_report",
        {"exec_id": "0001", "commission": 0.57, "currency": "USD"},
        "59,1,0001,0.57,USD,1.7976931348623157E308,1.7976931348623157E308,",
    ),
]


@pytest.mark.parametrize(("name", "values", "fields"), CAPTURED_TEXT)
def test_a_message_has_the_text_that_a_gateway_was_seen_to_send(
    name: str, values: Mapping[str, Value], fields: str
) -> None:
    payload = (fields.replace(",", "\0") + "\0").encode()
    assert Codec(200).encode(Message(name, values)) == payload
    message = Codec(200).decode(payload, Sender.GATEWAY)
    assert isinstance(message, Message)
    assert {key: message[key] for key in values} == values
    assert message.surplus == ()


NOT_SET = "1.7976931348623157E308"


def test_an_open_order_as_gateways_fill_its_fields_is_read() -> None:
    head = "5,0,853200900,OBDC,OPT,20261120,10,P,100,SMART,USD,OBDC  261120P00010000,OBDC,SELL,1,LMT,1.2,0.0,GTC"
    ids = ",,DU9000001,,0,,0,9000,0,0,0,,9000.1/DU9000001/100,,,,,,0,,,0,,-1,0,,,,,,2147483647,0,0,0,,3,0,0,,0,0,,0"
    neutral = ",None,,0,,,,?,0,0,,0,0,,,,,,0,0,0,2147483647,2147483647,,,0,,IB,0,0,,0,0,PreSubmitted"
    state = f"{f',{NOT_SET}' * 9},,,,,{f',{NOT_SET}' * 9},-9223372036854775808,,0,"
    tail = f",0,0,0,None{f',{NOT_SET}' * 6},0,,,,0,1,0,0,0,,,0,,,,,,,0,,0,,2147483647,,0"
    payload = (f"{head}{ids}{neutral}{state}{tail}".replace(",", "\0") + "\0").encode()

    message = Codec(200).decode(payload, Sender.GATEWAY)

    assert isinstance(message, Message)
    assert message.surplus == ()
    expected: Mapping[str, Value] = {
        "con_id": 853200900,
        "strike": 10.0,
        "right": "P",
        "multiplier": "100",
        "limit_price": 1.2,
        "perm_id": 9000,
        "display_size": None,
        "delta_neutral_order_type": "None",
        "delta_neutral_open_close": "?",
        "oca_type": 3,
        "clearing_intent": "IB",
        "status": "PreSubmitted",
        "init_margin_before": None,
        "suggested_size": None,
        "adjusted_order_type": "None",
        "trail_stop_price": None,
        "cash_quantity": 0.0,
        "trigger_price": None,
        "dont_use_auto_price_for_hedge": True,
        "manual_order_indicator": None,
        "imbalance_only": False,
    }
    assert {name: message[name] for name in expected} == expected


def test_the_messages_inside_a_message_are_there_even_when_they_are_empty() -> None:
    body = Codec(204).encode(Message("completed_order"))[4:]
    assert body.endswith(bytes.fromhex("1a00"))


def test_a_position_has_sixteen_fields() -> None:
    values: dict[str, Value] = {
        "account": "DU9000001",
        "con_id": 265598,
        "symbol": "AAPL",
        "sec_type": "STK",
        "position": "100",
    }
    payload = Codec(173).encode(Message("position", values))
    assert payload.decode().split("\0")[:-1] == [
        *("61", "3", "DU9000001", "265598", "AAPL", "STK", "", "0.0", "", "", "", "", "", "", "100", "0.0"),
    ]


HELLOS = [
    ("4150490000000009763135372e2e313738", Hello(min_version=157, max_version=178)),
    (
        "4150490000000012763130302e2e323235202b50414345415049",
        Hello(min_version=100, max_version=225, options="+PACEAPI"),
    ),
]


@pytest.mark.parametrize(("wire", "hello"), HELLOS)
def test_a_library_s_hello_is_read_and_written_byte_for_byte(wire: str, hello: Hello) -> None:
    assert HelloReader().feed(bytes.fromhex(wire)) == (hello, b"")
    assert hello.encode().hex() == wire


@pytest.mark.parametrize("text", [b"v208", b"v208..208", b"v208\0"])
def test_the_other_forms_of_a_hello_are_accepted(text: bytes) -> None:
    wire = b"API\0" + encode_frame(text)
    assert HelloReader().feed(wire) == (Hello(min_version=208, max_version=208), b"")


def test_a_version_reply_is_two_text_fields_at_any_version() -> None:
    reply = VersionReply(server_version=178, connection_time="20250425 15:23:54 EST")
    assert reply.encode() == b"\0\0\0\x1a178\x0020250425 15:23:54 EST\0"
    assert parse_version_reply(reply.encode()[4:]) == reply


def test_a_version_reply_with_a_zone_in_another_code_page_is_read() -> None:
    reply = parse_version_reply(b"178\x0020250425 15:23:54 Mitteleurop\xe4ische Zeit\0")
    assert reply.connection_time == r"20250425 15:23:54 Mitteleurop\xe4ische Zeit"
