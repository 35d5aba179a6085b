"""Frames, hellos and version replies that are none end in one error that says where, with bounded memory."""

from __future__ import annotations

import struct
import sys

import pytest

from harness.wire.framing import MAX_FRAME, FrameReader, encode_frame
from harness.wire.hello import MAX_HELLO, Hello, HelloReader, VersionReply, parse_version_reply
from tests.wire.hostile import offset_of

START = encode_frame(b"71\x002\x007\0\0")


# Frames.


@pytest.mark.parametrize("length", [0, MAX_FRAME + 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF])
def test_an_impossible_frame_length_is_refused_where_it_stands(length: int) -> None:
    reader = FrameReader()
    taken = reader.feed(encode_frame(b"good") + struct.pack(">I", length) + b"x" * 100_000)
    assert next(taken) == b"good"
    assert offset_of(lambda: next(taken)) == 8
    assert reader.pending <= 16


def test_a_stream_that_was_bad_stays_bad_and_keeps_nothing() -> None:
    reader = FrameReader(offset=5)
    for _ in range(3):
        assert offset_of(lambda: list(reader.feed(b"\0\0\0\0" + encode_frame(b"x") * 9))) == 5
        assert reader.pending <= 16


def test_the_longest_frame_is_read_and_a_longer_one_is_not_written() -> None:
    longest = bytes(MAX_FRAME)
    assert list(FrameReader().feed(encode_frame(longest))) == [longest]
    assert offset_of(lambda: encode_frame(longest + b"x")) == 0


def test_an_unfinished_frame_holds_no_more_than_its_bytes() -> None:
    reader = FrameReader()
    assert list(reader.feed(struct.pack(">I", MAX_FRAME))) == []
    assert reader.pending == 4
    for _ in range(64):
        assert list(reader.feed(bytes(1024))) == []
    assert reader.pending == 4 + 65536
    assert sys.getsizeof(reader._buffer) < 2 * reader.pending


def test_many_frames_in_one_piece_are_all_read() -> None:
    assert sum(1 for _ in FrameReader().feed(START * 100_000)) == 100_000


# Hellos.


@pytest.mark.parametrize(
    ("start", "offset"),
    [
        (b"GET / HTTP/1.1\r\n", 0),
        (b"63\0", 0),
        (b"\x16\x03\x01\x02\0", 0),
        (b"APX", 2),
        (b"API=9.72\0", 3),
        (b"API\0\0\0\0\0", 4),
        (b"API\0\xff\xff\xff\xff", 4),
        (b"API\0" + struct.pack(">I", MAX_HELLO + 1), 4),
    ],
)
def test_a_wrong_hello_is_refused_at_its_first_wrong_byte_however_it_is_split(start: bytes, offset: int) -> None:
    assert offset_of(lambda: HelloReader().feed(start)) == offset
    reader = HelloReader()
    for byte in start[: offset if offset < 4 else len(start) - 1]:
        assert reader.feed(bytes([byte])) is None


@pytest.mark.parametrize(
    "text",
    [
        *(
            b"",
            b"\0",
            b"v",
            b"v178..",
            b"v..178",
            b"178..203",
            b"v157...178",
            b"v-1..178",
            b"v157..178x",
            b" v157..178",
        ),
        *(
            b"v203..157",
            b"v" + b"9" * 4000,
            b"v100.." + b"9" * 4000,
            b"v1e2..178",
            b"v\xb2..178",
            "v\u0661\u0665\u0667..\u0661\u0667\u0668".encode(),
        ),
    ],
)
def test_a_hello_without_a_version_range_is_refused(text: bytes) -> None:
    wire = b"API\0" + struct.pack(">I", len(text)) + text
    assert offset_of(lambda: HelloReader().feed(wire)) == (8 if text else 4)


def test_a_hello_of_a_million_digits_is_refused_by_its_length() -> None:
    assert offset_of(lambda: HelloReader().feed(b"API\0" + encode_frame(b"v" + b"1" * 1_000_000))) == 4


@pytest.mark.parametrize("wire", [b"GET /", b"API\0\xff\xff\xff\xff", b"API\0" + encode_frame(b"?" * MAX_HELLO)])
def test_a_hello_that_was_bad_stays_bad_and_keeps_little(wire: bytes) -> None:
    reader = HelloReader()
    offset = offset_of(lambda: reader.feed(wire))
    for _ in range(3):
        assert offset_of(lambda: reader.feed(b"x" * 100_000)) == offset
        assert len(reader._buffer) <= MAX_HELLO + 8


@pytest.mark.parametrize(
    "hello",
    [
        Hello(min_version=203, max_version=157),
        Hello(min_version=-1, max_version=157),
        Hello(min_version=100, max_version=10**9),
        Hello(min_version=100, max_version=178, options="é"),
        Hello(min_version=100, max_version=178, options="x\0"),
        Hello(min_version=100, max_version=178, options="x" * MAX_HELLO),
    ],
)
def test_a_hello_that_nobody_could_read_is_not_written(hello: Hello) -> None:
    assert offset_of(hello.encode) == 0


# Version replies.


@pytest.mark.parametrize(
    "payload",
    [
        *(
            b"",
            b"178",
            b"178\0",
            b"178\0time",
            b"178\0time\0more\0",
            b"\0\0",
            b"x\0time\0",
            b" 178\0time\0",
            b"1_7\0time\0",
        ),
        *(b"9" * 5000 + b"\0time\0", b"+178\0time\0", "\u0661\u0667\u0668\0time\0".encode(), b"1.5\0time\0"),
    ],
)
def test_a_version_reply_that_is_none_is_refused(payload: bytes) -> None:
    assert offset_of(lambda: parse_version_reply(payload)) == 0


@pytest.mark.parametrize("time", ["a\0b", "\ud800"])
def test_a_version_reply_that_nobody_could_read_is_not_written(time: str) -> None:
    assert offset_of(VersionReply(server_version=178, connection_time=time).encode) == 0
