"""Cutting: whole hellos and frames, however the bytes came; what never became whole is counted."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from harness.recordings.cutting import UNFINISHED, Cutter, Cutting
from harness.recordings.recording import Ended, Entry, Framed, Greeted, Omitted, Opened
from harness.recordings.summary import Summary
from harness.wire.framing import encode_frame
from harness.wire.message import Sender
from harness.wire.transcript import Change
from tests.recordings.made import HELLO, START

PAYLOADS = st.lists(st.binary(min_size=1, max_size=50), max_size=8)


def split(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({min(place, len(data)) for place in places} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(ends)]


def cut(data: list[bytes], sender: Sender = Sender.CLIENT) -> list[Entry]:
    cutter = Cutter(1, sender)
    entries = [entry for at, part in enumerate(data) for entry in cutter.feed(float(at), part)]
    return [*entries, *cutter.end(float(len(data)))]


@given(payloads=PAYLOADS, places=st.lists(st.integers(0, 300), max_size=10))
def test_messages_are_whole_however_they_came(payloads: list[bytes], places: list[int]) -> None:
    parts = split(HELLO + b"".join(map(encode_frame, payloads)), places)
    hello, *frames = cut(parts)
    assert isinstance(hello, Greeted)
    assert hello.data == HELLO
    assert [entry.payload for entry in frames if isinstance(entry, Framed)] == payloads
    assert len(frames) == len(payloads)


@given(payloads=PAYLOADS, missing=st.integers(1, 20))
def test_what_never_became_whole_is_omitted(payloads: list[bytes], missing: int) -> None:
    *whole, last = [HELLO, *map(encode_frame, payloads)]
    *_, end = cut([*whole, last[: max(1, len(last) - missing)]])
    assert end == Omitted(
        at=float(len(whole) + 1),
        connection=1,
        sender=Sender.CLIENT,
        size=max(1, len(last) - missing),
        why=UNFINISHED,
    )


def test_what_is_not_the_api_is_omitted_with_all_that_follows() -> None:
    entries = cut([b"GET / HTTP/1.1\r\n", b"Host: x\r\n"])
    assert [(entry.size, entry.count) for entry in entries if isinstance(entry, Omitted)] == [(16, 1), (9, 0)]
    assert len(entries) == 2
    assert "GET" not in str(entries)


def test_after_messages_that_were_passed_over_the_next_is_whole_again() -> None:
    cutting = Cutting()
    list(cutting.event(Opened(at=0.0, connection=1)))
    list(cutting.feed(0.0, 1, Sender.CLIENT, HELLO + b"\0\0\0\5ab"))
    gone = Omitted(at=1.0, connection=1, sender=Sender.CLIENT, size=100, count=3, why="behind")
    assert list(cutting.skip(gone)) == [
        Omitted(at=1.0, connection=1, sender=Sender.CLIENT, size=106, count=4, why="behind")
    ]
    assert list(cutting.feed(2.0, 1, Sender.CLIENT, encode_frame(START))) == [
        Framed(at=2.0, connection=1, sender=Sender.CLIENT, payload=START)
    ]


def test_a_connection_that_is_over_says_nothing_more() -> None:
    cutting, summary = Cutting(), Summary()
    happened = [
        *cutting.feed(0.0, 1, Sender.CLIENT, HELLO),
        *cutting.event(Ended(at=0.0, connection=1, change=Change.CLOSED)),
        *cutting.event(Opened(at=0.0, connection=1)),
        *cutting.feed(1.0, 1, Sender.CLIENT, HELLO + b"\0"),
        *cutting.event(Ended(at=2.0, connection=1, change=Change.HALF_CLOSED, by=Sender.CLIENT)),
        *cutting.event(Ended(at=3.0, connection=1, change=Change.RESET, by=Sender.GATEWAY)),
        *cutting.feed(4.0, 1, Sender.GATEWAY, b"x"),
        *cutting.event(Ended(at=5.0, connection=1, change=Change.CLOSED)),
    ]
    for entry in happened:
        summary.take(entry)
    assert [type(entry).__name__ for entry in happened] == ["Opened", "Greeted", "Omitted", "Ended", "Ended"]
