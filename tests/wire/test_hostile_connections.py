"""A connection whose other end does not keep to the protocol ends in one error, with bounded memory."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable

from hypothesis import given
from hypothesis import strategies as st

from harness.wire.framing import MAX_FRAME, FrameReader, encode_frame
from harness.wire.hello import Hello, HelloReader, VersionReply, parse_version_reply
from harness.wire.message import Message
from harness.wire.side import ClientSide, GatewaySide
from harness.wire.wire_errors import ProtocolError
from tests.wire.hostile import fields, offset_of

START = encode_frame(b"71\x002\x007\0\0")
REPLY = VersionReply(server_version=178, connection_time="20261120 15:30:59 EST")


# Whole connections.


def test_a_gateway_takes_no_message_before_its_version_reply() -> None:
    assert offset_of(lambda: GatewaySide().send(Message("open_orders_end"))) == 0
    client = ClientSide(Hello(min_version=100, max_version=178))
    assert offset_of(lambda: client.send(Message("req_positions"))) == 0


def test_a_client_that_talks_before_the_version_reply_fills_no_memory() -> None:
    gateway = GatewaySide()
    list(gateway.receive(Hello(min_version=157, max_version=178).encode()))
    for _ in range(16):
        assert list(gateway.receive(bytes(MAX_FRAME // 16))) == []
    assert offset_of(lambda: gateway.receive(bytes(100))) == 0
    assert len(gateway.early()) <= MAX_FRAME


def test_messages_before_a_bad_frame_are_heard() -> None:
    gateway = GatewaySide()
    hello = Hello(min_version=157, max_version=178).encode()
    list(gateway.receive(hello))
    gateway.accept(REPLY)
    heard = gateway.receive(START + b"\0\0\0\0")
    assert next(heard) == Message("start_api", {"client_id": 7, "optional_capabilities": ""})
    assert offset_of(lambda: next(heard)) == len(hello) + len(START)

    client = ClientSide(Hello(min_version=157, max_version=178))
    answers = client.receive(REPLY.encode() + encode_frame(fields("9", "1", "5")) + encode_frame(b"?"))
    assert next(answers) == REPLY
    assert next(answers) == Message("next_valid_id", {"order_id": 5})
    assert offset_of(lambda: next(answers)) == 0


# Any stream.


@given(pieces=st.lists(st.binary(max_size=40), max_size=8))
def test_any_stream_ends_in_nothing_but_the_one_error(pieces: list[bytes]) -> None:
    frames, hello = FrameReader(), HelloReader()
    client, gateway = ClientSide(Hello(min_version=100, max_version=226)), GatewaySide()
    greeted = GatewaySide()
    list(greeted.receive(Hello(min_version=100, max_version=226).encode()))
    greeted.accept(VersionReply(server_version=203, connection_time=""))
    told = ClientSide(Hello(min_version=100, max_version=226))
    list(told.receive(REPLY.encode()))
    feeds: list[Callable[[bytes], Iterable[object] | None]] = [
        *(frames.feed, hello.feed, client.receive, gateway.receive, greeted.receive, told.receive),
        lambda data: greeted.receive(encode_frame(data or b"?")),
        lambda data: told.receive(encode_frame(data or b"?")),
        lambda data: [parse_version_reply(data)],
    ]
    for piece in pieces:
        for feed in feeds:
            with contextlib.suppress(ProtocolError):
                list(feed(piece) or ())
        assert frames.pending <= MAX_FRAME + 4
