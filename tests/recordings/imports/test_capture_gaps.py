"""Captures in which packets are missing, late, twice, or of other connections."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.recordings.imports import capture as capture_module
from harness.recordings.imports.capture import Capture
from harness.recordings.imports.captured_connection import BEFORE
from harness.recordings.imports.lossy_cutter import IN_A_ROW, LOST
from harness.recordings.imports.reassembly import PATIENT_PACKETS
from harness.recordings.recording import Ended, Entry, Framed, Omitted, Opened
from harness.recordings.summary import Summary
from harness.shared.errors import InputError
from harness.wire.framing import encode_frame
from harness.wire.message import Message, Sender
from harness.wire.pcap import Flag
from harness.wire.transcript import Change
from tests.recordings.imports.capturing import (
    ACCOUNTS,
    ASKS_TIME,
    BEGUN,
    HELLO,
    REPLY,
    START,
    TIME,
    Packet,
    Wire,
    begun,
    blocks,
    classic,
    entries_of,
    frame,
    payload,
    said,
    timeless,
)

CLIENT, GATEWAY = Sender


def omitted(entries: list[Entry]) -> list[tuple[Sender, int, str]]:
    return [(each.sender, each.size, each.why) for each in entries if isinstance(each, Omitted)]


def bulletin(text: str) -> bytes:
    return frame(Message("news_bulletin", {"news_id": 1, "news_type": 1, "text": text, "exchange": "NYSE"}))


def news(number: int) -> bytes:
    return bulletin(f"bulletin {number} " * 150)


def long_talk() -> Wire:
    wire = begun()
    for number in range(6):
        wire.says(CLIENT, ASKS_TIME).says(GATEWAY, TIME + news(number), 700)
    return wire.ends(CLIENT).ends(GATEWAY)


TALK = long_talk()
FRAME = {0, 1, 2, len(TALK.packets) - 2, len(TALK.packets) - 1}
"""The packets that open the connection, and that end it."""


def whole(folder: Path) -> list[Entry]:
    return entries_of(folder, classic(TALK.packets))


def spoken(entries: list[Entry], but: bytes = b"") -> dict[Sender, list[bytes]]:
    """What each side said, without one message."""
    return {side: [words for by, words in said(entries) if by is side and words != but] for side in Sender}


def without(packets: list[Packet], *gone: Packet) -> list[Packet]:
    return [each for each in packets if each not in gone]


def data_of(packets: list[Packet], sender: Sender) -> list[Packet]:
    return [each for each in packets if each.sender is sender and each.data]


@given(data=st.data())
def test_the_order_of_packets_and_copies_of_them_change_nothing(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("reordered")
    packets = list(TALK.packets)
    reach = data.draw(st.integers(1, 12), label="how far a packet goes")
    keys = [place + data.draw(st.integers(0, reach)) for place in range(len(packets))]
    moved = [packet for _, packet in sorted(zip(keys, packets, strict=True), key=lambda each: each[0])]
    again = data.draw(st.lists(st.integers(0, len(moved) - 1), max_size=8), label="copies")
    for place in sorted(again, reverse=True):
        moved.insert(data.draw(st.integers(place, min(place + 20, len(moved)))), moved[place])
    times = sorted(packet.at for packet in moved)
    moved = [replace(packet, at=at) for packet, at in zip(moved, times, strict=True)]
    assert by_side(entries_of(folder, classic(moved))) == by_side(whole(folder))


def by_side(entries: list[Entry]) -> tuple[list[Entry], list[Entry], list[Entry]]:
    """Each side's words, and what became of the connection."""
    there = timeless(entries)
    sides: list[list[Entry]] = [
        [each for each in there if isinstance(each, Framed) and each.sender is side] for side in Sender
    ]
    return sides[0], sides[1], sorted((each for each in there if not isinstance(each, Framed)), key=str)


@given(sizes=st.lists(st.integers(1, 900), min_size=1), overlap=st.integers(0, 50))
def test_the_sizes_of_packets_change_nothing(
    sizes: list[int], overlap: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("resized")
    packets = list[Packet]()
    turn = 0
    for packet in TALK.packets:
        at = 0
        while packet.data and at < len(packet.data):
            start = max(0, at - overlap)
            end = at + sizes[turn % len(sizes)]
            turn += 1
            sequence = (packet.sequence + start) % 2**32
            packets.append(replace(packet, sequence=sequence, data=packet.data[start:end]))
            at = end
        if not packet.data:
            packets.append(packet)
    assert timeless(entries_of(folder, classic(packets))) == timeless(whole(folder))


@given(data=st.data())
def test_what_is_there_of_a_capture_with_gaps_is_what_was_said(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("gaps")
    lost = data.draw(st.sets(st.integers(0, len(TALK.packets) - 1), max_size=12))
    shortened = data.draw(st.dictionaries(st.integers(0, len(TALK.packets) - 1), st.integers(0, 400), max_size=4))
    packets = [
        replace(packet, cut=shortened[place]) if shortened.get(place, 10**6) < len(packet.data) else packet
        for place, packet in enumerate(TALK.packets)
        if place not in lost
    ]
    entries = entries_of(folder, classic(packets), port=4002)
    summary = Summary()
    for entry in entries:
        summary.take(entry)
    for sender in Sender:
        true, kept = spoken(whole(folder))[sender], spoken(entries)[sender]
        rest = iter(true)
        assert all(words in rest for words in kept)
        if lost.isdisjoint(FRAME):
            told = sum(size for by, size, _ in omitted(entries) if by is sender)
            assert told == length(true) - length(kept)


def length(words: list[bytes]) -> int:
    return sum(len(each) if each == HELLO else len(each) + 4 for each in words)


def test_a_message_that_is_missing_takes_no_other_with_it(tmp_path: Path) -> None:
    lost = next(each for each in TALK.packets if each.data == ACCOUNTS)
    entries = entries_of(tmp_path, classic(without(TALK.packets, lost)))
    assert spoken(entries) == spoken(whole(tmp_path), payload(ACCOUNTS))
    assert omitted(entries) == [(GATEWAY, len(ACCOUNTS), LOST)]


def test_what_is_behind_a_gap_is_left_out_until_a_message_begins_a_packet(tmp_path: Path) -> None:
    second = next(place for place, each in enumerate(TALK.packets) if each.data.startswith(TIME)) + 1
    entries = entries_of(tmp_path, classic(without(TALK.packets, TALK.packets[second])))
    assert spoken(entries) == spoken(whole(tmp_path), payload(news(0)))
    assert omitted(entries) == [(GATEWAY, len(news(0)), LOST)]


def test_behind_a_gap_nothing_is_believed_that_is_not_a_row_of_messages(tmp_path: Path) -> None:
    """Inside of the bulletin something looks like a message, but not a row of them."""
    looks_like = TIME * (IN_A_ROW - 1)
    text = bulletin("b" * 1460)
    inside = text[:1460] + looks_like + b"e" * 900
    wire = begun().says(GATEWAY, inside, 1460).ends(GATEWAY).ends(CLIENT)
    lost = next(each for each in wire.packets if each.data.startswith(text[:100]))
    entries = entries_of(tmp_path, classic(without(wire.packets, lost)))
    assert said(entries) == BEGUN
    assert omitted(entries) == [(GATEWAY, len(inside), LOST)]


def test_a_gap_before_the_version_reply_leaves_all_out_that_the_gateway_said(tmp_path: Path) -> None:
    lost = next(each for each in TALK.packets if each.data == REPLY)
    entries = entries_of(tmp_path, classic(without(TALK.packets, lost)))
    assert [by for by, _ in said(entries)] == [CLIENT] * 8
    assert omitted(entries) == [(GATEWAY, length(spoken(whole(tmp_path))[GATEWAY]), LOST)]


def test_packets_that_were_cut_are_gaps(tmp_path: Path) -> None:
    packets = [replace(each, cut=40) if len(each.data) > 40 else each for each in TALK.packets]
    entries = entries_of(tmp_path, classic(packets))
    assert omitted(entries)
    assert payload(ACCOUNTS) in [words for _, words in said(entries)]
    assert all(words in [each for _, each in said(whole(tmp_path))] for _, words in said(entries))


def test_bytes_that_were_acknowledged_are_waited_for_a_while(tmp_path: Path) -> None:
    """A capture of a day goes on after a gap, and does not keep the day in memory."""
    wire = begun().says(GATEWAY, TIME)
    lost = wire.packets[-2]
    for _ in range(2 * PATIENT_PACKETS):
        wire.says(GATEWAY, TIME)
    entries = entries_of(tmp_path, classic(without(wire.packets, lost)))
    place = next(place for place, each in enumerate(entries) if isinstance(each, Omitted))
    assert place < PATIENT_PACKETS
    assert len(said(entries)) == len(BEGUN) + 2 * PATIENT_PACKETS


def test_in_a_quiet_connection_bytes_that_were_acknowledged_are_not_waited_for_long(tmp_path: Path) -> None:
    wire = begun().says(GATEWAY, TIME)
    lost = wire.packets[-2]
    for _ in range(4):
        wire.says(GATEWAY, TIME)
    packets = [replace(each, at=place * 1.0) for place, each in enumerate(without(wire.packets, lost))]
    entries = entries_of(tmp_path, classic(packets))
    assert next(each.at for each in entries if isinstance(each, Omitted)) < packets[-1].at


def test_what_comes_after_the_end_of_the_other_side_does_not_wait(tmp_path: Path) -> None:
    wire = begun().ends(CLIENT).says(GATEWAY, TIME).says(GATEWAY, TIME)
    entries = entries_of(tmp_path, classic([replace(each, at=place * 0.1) for place, each in enumerate(wire.packets)]))
    times = [each.at for each in entries if isinstance(each, Framed)][-2:]
    assert times == pytest.approx([(len(wire.packets) - 4) * 0.1, (len(wire.packets) - 2) * 0.1])


def test_a_packet_that_was_lost_on_the_way_comes_again(tmp_path: Path) -> None:
    """The receiver did not have it, so however long it takes, nothing is missing."""
    wire = begun()
    wire.says(GATEWAY, TIME, acknowledged=False)
    packets = list(wire.packets)
    lost = packets.pop()
    for _ in range(2 * PATIENT_PACKETS):
        wire.says(GATEWAY, TIME, acknowledged=False)
    packets += [replace(each, at=each.at + 10) for each in wire.packets[len(packets) + 1 :]]
    packets.append(replace(lost, at=packets[-1].at))
    entries = entries_of(tmp_path, classic(packets))
    assert not omitted(entries)
    assert len(said(entries)) == len(BEGUN) + 2 * PATIENT_PACKETS + 1


def test_a_connection_that_was_open_before_is_counted_if_the_port_says_whose_it_is(tmp_path: Path) -> None:
    late = classic(TALK.packets[12:])
    size = {side: sum(len(each.data) for each in data_of(TALK.packets[12:], side)) for side in Sender}
    assert not entries_of(tmp_path, late)
    entries = entries_of(tmp_path, late, port=4002)
    assert isinstance(entries[0], Opened)
    assert omitted(entries) == [(CLIENT, size[CLIENT], BEFORE), (GATEWAY, size[GATEWAY], BEFORE)]
    assert not said(entries)


def test_the_beginning_of_a_connection_is_not_looked_for_in_much_of_it(tmp_path: Path) -> None:
    much = Wire((5, 2**31)).says(GATEWAY, bytes(200_000), 60_000)
    assert not said(entries_of(tmp_path, classic([*much.packets, *begun().packets[3:]], link="raw IPv4")))


def test_a_capture_may_begin_between_the_connection_and_its_hello(tmp_path: Path) -> None:
    for begins in (1, 2, 3):
        assert said(entries_of(tmp_path, classic(TALK.packets[begins:]))) == said(whole(tmp_path))


def test_other_connections_are_not_in_the_recording(tmp_path: Path) -> None:
    web = Wire((5, 6), ports=(50_001, 80)).opens().says(CLIENT, b"GET / HTTP/1.1\r\n\r\n").ends(CLIENT).ends(GATEWAY)
    shell = Wire((7, 8), ports=(50_002, 22)).opens().says(GATEWAY, b"SSH-2.0-server\r\n")
    other = begun(Wire((9, 10), ports=(50_003, 7497)))
    packets = [*web.packets, *shell.packets, *other.packets, *TALK.packets]
    file = tmp_path / "some.pcap"
    file.write_bytes(classic(packets))
    capture = Capture(file)
    entries = list(capture.entries())
    assert said(entries, 1) == BEGUN
    assert timeless(each for each in entries if each.connection == 2) == [
        replace(each, connection=2) for each in timeless(whole(tmp_path))
    ]
    assert {each.connection for each in entries} == {1, 2}
    assert capture.seen.others == 2
    assert timeless(entries_of(tmp_path, classic(packets), port=4002)) == timeless(whole(tmp_path))


def test_the_same_ports_may_be_of_another_connection_later(tmp_path: Path) -> None:
    again = begun(Wire((70_000, 90_000)))
    entries = entries_of(tmp_path, classic([*TALK.packets, *again.packets]))
    assert said(entries, 2) == BEGUN
    entries = entries_of(tmp_path, classic([*TALK.packets[40:], *again.packets]))
    assert said(entries) == BEGUN
    entries = entries_of(tmp_path, classic([*TALK.packets[:20], *again.packets]))
    assert said(entries, 2) == BEGUN


def test_a_reset_ends_a_connection(tmp_path: Path) -> None:
    entries = entries_of(tmp_path, classic(begun().ends(GATEWAY, Flag.RST).packets))
    assert timeless(entries)[-1] == Ended(at=0, connection=1, change=Change.RESET, by=GATEWAY)
    refused = Wire().opens().packets[:1] + Wire().ends(GATEWAY, Flag.RST).packets
    assert not entries_of(tmp_path, classic(refused))
    assert timeless(entries_of(tmp_path, classic(refused), port=4002)) == [
        Opened(at=0, connection=1),
        Ended(at=0, connection=1, change=Change.REFUSED),
    ]


def test_a_message_that_never_ends_is_left_out(tmp_path: Path) -> None:
    entries = entries_of(tmp_path, classic(begun().says(GATEWAY, news(1)[:-1]).packets))
    assert [size for _, size, _ in omitted(entries)] == [len(news(1)) - 1]


def test_clocks_that_go_back_stand_still(tmp_path: Path) -> None:
    packets = [replace(each, at=-place * 5.0) for place, each in enumerate(TALK.packets)]
    packets[3] = replace(packets[3], at=2.0**32)
    entries = entries_of(tmp_path, blocks(packets))
    assert said(entries) == said(whole(tmp_path))
    assert all(each.at == 0 for each in entries)


def test_more_connections_than_can_be_followed_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_module, "MOST_CONNECTIONS", 3)
    ended = [Wire(ports=(port, 80)).opens().ends(CLIENT).ends(GATEWAY).packets for port in range(1000, 1010)]
    opened = [Wire(ports=(port, 80)).opens().packets for port in range(2000, 2010)]
    assert not entries_of(tmp_path, classic(chain(*ended)))
    with pytest.raises(InputError, match=r"some\.pcap: has more than 3 connections"):
        entries_of(tmp_path, classic(chain(*opened)))


def test_what_waits_in_all_connections_together_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_module, "MOST_HELD", 20_000)
    opened = [begun(Wire(ports=(port, 4002))) for port in range(1000, 1010)]
    late = [wire.says(GATEWAY, news(1), acknowledged=False).packets[-1] for wire in opened]
    begins = [packet for wire in opened for packet in wire.packets[:12]]
    apart = [replace(each, sequence=each.sequence + 9000, data=bytes(1400)) for each in late]
    assert entries_of(tmp_path, classic([*begins, *apart]))
    with pytest.raises(InputError, match=r"some\.pcap: has more than"):
        entries_of(
            tmp_path, classic([*begins, *apart, *(replace(each, sequence=each.sequence + 1400) for each in apart)])
        )


@given(data=st.data())
def test_a_damaged_capture_is_an_error_or_a_recording_and_never_a_hang(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    made = bytearray(data.draw(st.sampled_from([classic(TALK.packets), blocks(TALK.packets)])))
    for place in data.draw(st.lists(st.integers(0, len(made) - 1), max_size=20)):
        made[place] = data.draw(st.integers(0, 255))
    summary = Summary()
    with suppress(InputError):
        for entry in entries_of(folder, bytes(made), port=data.draw(st.sampled_from([None, 4002]))):
            summary.take(entry)


@given(
    packets=st.lists(
        st.builds(
            Packet,
            at=st.floats(0, 100),
            sender=st.sampled_from(Sender),
            sequence=st.integers(0, 30) | st.integers(2**32 - 30, 2**32 - 1) | st.integers(0, 2**32 - 1),
            acknowledged=st.integers(0, 30) | st.integers(0, 2**32 - 1),
            flags=st.sampled_from(
                [Flag.ACK, Flag.ACK, Flag.SYN, Flag.SYN | Flag.ACK, Flag.FIN | Flag.ACK, Flag.RST, Flag.FIN]
            ),
            data=st.sampled_from([b"", HELLO, HELLO + START, REPLY, ACCOUNTS + TIME, b"API", b"A", encode_frame(b"x")]),
        ),
        max_size=40,
    )
)
def test_impossible_packets_make_a_recording_all_the_same(
    packets: list[Packet], tmp_path_factory: pytest.TempPathFactory
) -> None:
    summary = Summary()
    for entry in entries_of(tmp_path_factory.mktemp("odd"), classic(packets), port=4002):
        summary.take(entry)
