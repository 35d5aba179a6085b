"""The feed tells all that passes. What does not fit into its memory it passes over, whole messages, and counts."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.recordings.cutting import Cutting
from harness.recordings.recording import Ended, Entry, Framed, Greeted, Omitted, Opened
from harness.recordings.summary import Summary
from harness.run.recording.feed import BEHIND, Feed
from harness.run.recording.guard import Held
from harness.run.recording.pipe import Decoder, Skipped, Told, encode
from harness.wire.framing import encode_frame
from harness.wire.message import Sender
from harness.wire.transcript import Change, Chunk
from tests.recordings.made import HELLO, REPLY, recorded
from tests.recordings.test_cutting import split


@dataclass
class Process:
    """Takes what it is told only when the test says so."""

    untaken: bytearray = field(default_factory=bytearray)
    taken: bytearray = field(default_factory=bytearray)
    most: int = 0

    def write(self, data: bytes) -> None:
        self.untaken += data
        self.most = max(self.most, len(self.untaken))

    def waiting(self) -> int:
        return len(self.untaken)

    def take(self) -> None:
        self.taken += self.untaken
        self.untaken.clear()

    def entries(self) -> list[Entry]:
        self.take()
        cutting, entries = Cutting(), list[Entry]()
        for told in Decoder().feed(bytes(self.taken)):
            entries += cut(told, cutting)
        return entries


def cut(told: Told, cutting: Cutting) -> Iterable[Entry]:
    match told:
        case Chunk():
            return cutting.feed(told.at, told.connection, told.sender, told.data)
        case Skipped(entry=Omitted() as gone):
            return cutting.skip(gone)
        case Opened() | Ended() | Omitted():
            return cutting.event(told)
        case _:
            raise AssertionError(told)


def feeding(most: int) -> tuple[Process, Feed]:
    process = Process()
    return process, Feed(process.write, process.waiting, time.monotonic(), most)


@given(
    sizes=st.lists(st.integers(1, 200), min_size=1, max_size=30),
    places=st.lists(st.integers(0, 3000), max_size=20),
    takes=st.sets(st.integers(0, 20)),
    most=st.integers(0, 1500),
)
def test_what_is_kept_is_whole_and_what_is_not_is_counted(
    sizes: list[int], places: list[int], takes: set[int], most: int
) -> None:
    payloads = [REPLY, *(bytes([number]) * size for number, size in enumerate(sizes))]
    stream = b"".join(map(encode_frame, payloads))
    process, feed = feeding(most)
    feed.change(1, Change.OPENED)
    for number, part in enumerate(split(stream, places)):
        if number in takes:
            process.take()
        feed.chunk(1, Sender.GATEWAY, part)
    feed.change(1, Change.CLOSED)
    entries, summary = process.entries(), Summary()
    for entry in entries:
        summary.take(entry)
    kept = [entry.payload for entry in entries if isinstance(entry, Framed)]
    gone = [entry for entry in entries if isinstance(entry, Omitted)]
    assert [payload for payload in payloads if payload in kept] == kept
    assert len(kept) + sum(entry.count for entry in gone) == len(payloads)
    assert sum(len(encode_frame(each)) for each in kept) + sum(entry.size for entry in gone) == len(stream)
    assert {entry.why for entry in gone} <= {BEHIND}
    assert feed.counts.frames[Sender.GATEWAY] == len(payloads)
    assert process.most <= most + 1000, "what happened to the connection is told in any case; bytes are not"


def test_a_chunk_that_begins_within_a_message_that_was_passed_over_counts_only_from_the_next_on() -> None:
    frames = [encode_frame(bytes([number]) * 40) for number in range(1, 4)]
    process, feed = feeding(400)
    feed.change(1, Change.OPENED)
    feed.chunk(1, Sender.GATEWAY, encode_frame(REPLY))
    process.write(bytes(400))
    feed.chunk(1, Sender.GATEWAY, frames[0] + frames[1][:10])
    del process.untaken[-400:]
    process.take()
    feed.chunk(1, Sender.GATEWAY, frames[1][10:] + frames[2])
    gone = [each for each in process.entries() if isinstance(each, Omitted)]
    assert [(each.size, each.count) for each in gone] == [(len(frames[0] + frames[1]), 2)]


def test_with_room_nothing_is_passed_over() -> None:
    process, feed = feeding(10_000)
    feed.change(1, Change.OPENED)
    feed.chunk(1, Sender.CLIENT, HELLO)
    feed.chunk(1, Sender.GATEWAY, encode_frame(REPLY))
    feed.held(1, Held(size=9, kind=3, why="no orders"))
    feed.change(1, Change.HALF_CLOSED, by=Sender.CLIENT)
    feed.change(1, Change.RESET, by=Sender.GATEWAY)
    feed.change(1, Change.CLOSED)
    feed.chunk(1, Sender.CLIENT, b"late")
    kinds = [type(entry) for entry in process.entries()]
    assert kinds == [Opened, Greeted, Framed, Omitted, Ended, Ended]
    assert (feed.counts.clients, feed.counts.now, feed.counts.held) == (1, 0, 1)


def test_a_gateway_that_refuses_is_told() -> None:
    process, feed = feeding(10_000)
    feed.change(1, Change.REFUSED, by=Sender.GATEWAY, reason="Connection refused")
    assert [type(entry) for entry in process.entries()] == [Opened, Ended]
    assert (feed.counts.clients, feed.counts.refused) == (0, 1)


def test_what_is_more_than_a_recording_may_have_is_counted_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.run.recording.feed.MOST_CONNECTIONS", 1)
    process, feed = feeding(10_000)
    for number in (1, 2):
        feed.change(number, Change.OPENED)
        feed.chunk(number, Sender.CLIENT, HELLO)
        feed.change(number, Change.CLOSED)
    assert {each.connection for each in process.entries()} == {1}
    assert (feed.counts.clients, feed.counts.now) == (2, 0)


def test_why_a_connection_was_ended_is_told_once() -> None:
    process, feed = feeding(10_000)
    for number in (1, 2):
        feed.change(number, Change.OPENED)
        feed.change(number, Change.HELD_BACK, reason="it is live")
    assert feed.counts.ended == ["it is live"]
    assert len(process.entries()) == 4


@given(entries=recorded(), chunk=st.binary(max_size=100), places=st.lists(st.integers(0, 4000), max_size=10))
def test_what_is_told_is_understood_in_any_pieces(entries: tuple[Entry, ...], chunk: bytes, places: list[int]) -> None:
    told: list[Told] = [Chunk(at=0.25, connection=2**31, sender=Sender.GATEWAY, data=chunk), *entries]
    told += [Skipped(entry) for entry in entries]
    decoder = Decoder()
    heard = [each for part in split(b"".join(map(encode, told)), places) for each in decoder.feed(part)]
    assert heard == told


@pytest.mark.parametrize("change", [Change.HALF_CLOSED, Change.CLOSED])
def test_what_became_of_a_connection_that_nobody_knows_is_not_told(change: Change) -> None:
    process, feed = feeding(10_000)
    feed.change(7, change, by=Sender.CLIENT)
    assert not process.entries()
