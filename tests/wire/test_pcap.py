"""A transcript as pcap, taken apart again by the layouts that the standards give."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import shake_256

import pytest
from hypothesis import given

from harness.wire.message import Sender
from harness.wire.pcap import as_pcap
from harness.wire.transcript import Change, Chunk, Entry, LeftOut, Transcript
from tests.wire.transcripts import ANY_TRANSCRIPT, BEGAN, chunk, conversation, event, spoken, transcript

CLIENT, GATEWAY = Sender
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
SIDES = {"192.0.2.1": CLIENT, "192.0.2.2": GATEWAY}


@dataclass(frozen=True)
class Packet:
    at: float
    sender: Sender
    ports: tuple[int, int]
    sequence: int
    acknowledged: int
    flags: int
    data: bytes


def sum_of_words(data: bytes) -> int:
    """The ones' complement sum, which is all ones over a header that has its right checksum."""
    total = 0
    for place in range(0, len(data), 2):
        total += int.from_bytes(data[place : place + 2].ljust(2, b"\0"), "big")
        total = (total & 0xFFFF) + (total >> 16)
    return total


def packets(capture: bytes) -> Iterator[Packet]:
    magic, major, minor, zone, accuracy, longest, link = struct.unpack_from("<IHHiIII", capture)
    assert (magic, major, minor, zone, accuracy, link) == (0xA1B2C3D4, 2, 4, 0, 0, 1)
    place = 24
    while place < len(capture):
        seconds, micros, kept, whole = struct.unpack_from("<IIII", capture, place)
        assert kept == whole <= longest
        assert micros < 1_000_000
        yield packet(seconds + micros / 1e6, capture[place + 16 : place + 16 + kept])
        place += 16 + kept
    assert place == len(capture)


def packet(at: float, frame: bytes) -> Packet:
    assert frame[12:14] == b"\x08\0"
    ip, tcp = frame[14:34], frame[34:]
    assert ip[0] == 0x45
    assert sum_of_words(ip) == 0xFFFF
    length, protocol = struct.unpack_from(">H", ip, 2)[0], ip[9]
    assert (length, protocol) == (20 + len(tcp), 6)
    assert len(frame) <= 1514
    assert sum_of_words(ip[12:20] + struct.pack(">BBH", 0, 6, len(tcp)) + tcp) == 0xFFFF
    source, target, sequence, acknowledged, offset, flags = struct.unpack_from(">HHIIBB", tcp)
    sender, receiver = (".".join(map(str, ip[start : start + 4])) for start in (12, 16))
    assert {sender, receiver} == set(SIDES)
    assert frame[:6] != frame[6:12]
    return Packet(at, SIDES[sender], (source, target), sequence, acknowledged, flags, tcp[(offset >> 4) * 4 :])


def follow(capture: bytes) -> dict[Sender, bytes]:
    """Put the streams of one connection together as a receiver does; every packet must be the next one."""
    expected = {CLIENT: 0, GATEWAY: 0}
    streams = {CLIENT: b"", GATEWAY: b""}
    for each in packets(capture):
        other = GATEWAY if each.sender is CLIENT else CLIENT
        assert each.sequence == expected[each.sender]
        assert each.acknowledged == (expected[other] if each.flags & ACK else 0)
        streams[each.sender] += each.data
        expected[each.sender] += len(each.data) + bool(each.flags & (SYN | FIN))
    return streams


def test_an_ordinary_connection() -> None:
    hello, reply, start, accounts = spoken(203)
    ends = event(1.5, Change.HALF_CLOSED, CLIENT), event(1.6, Change.HALF_CLOSED, GATEWAY), event(1.7, Change.CLOSED)
    capture = as_pcap(conversation(203, *ends))
    assert follow(capture) == {CLIENT: hello + start, GATEWAY: reply + accounts}
    seen = list(packets(capture))
    assert [(each.sender, each.flags) for each in seen[:3]] == [(CLIENT, SYN), (GATEWAY, SYN | ACK), (CLIENT, ACK)]
    assert [(each.sender, each.flags) for each in seen[3:5]] == [(CLIENT, PSH | ACK), (GATEWAY, ACK)]
    assert [(each.sender, each.flags) for each in seen[-4:]] == [
        *((CLIENT, FIN | ACK), (GATEWAY, ACK)),
        *((GATEWAY, FIN | ACK), (CLIENT, ACK)),
    ]
    assert {each.ports for each in seen if each.sender is CLIENT} == {(49153, 4002)}
    assert {each.ports for each in seen if each.sender is GATEWAY} == {(4002, 49153)}
    assert seen[0].at == pytest.approx(BEGAN.timestamp() + 0.1, abs=2e-6)
    assert seen[-1].at == pytest.approx(BEGAN.timestamp() + 1.6, abs=2e-6)


@pytest.mark.parametrize("side", Sender)
def test_a_reset(side: Sender) -> None:
    capture = as_pcap(conversation(203, event(1, Change.RESET, side)))
    follow(capture)
    last = list(packets(capture))[-1]
    assert (last.sender, last.flags) == (side, RST | ACK)


def test_a_refusal() -> None:
    seen = list(packets(as_pcap(transcript(event(0.1, Change.REFUSED, GATEWAY, "refused")))))
    assert [(each.sender, each.flags) for each in seen] == [(CLIENT, SYN), (GATEWAY, RST | ACK)]


@pytest.mark.parametrize("data", [shake_256(b"").digest(600_001), b"\xff" * 10_001], ids=["any bytes", "ones"])
def test_a_large_chunk_fits_ethernet_and_is_acknowledged_as_it_goes(data: bytes) -> None:
    capture = as_pcap(transcript(event(0, Change.OPENED), chunk(0.1, GATEWAY, data)))
    assert follow(capture)[GATEWAY] == data
    assert [each.flags & PSH for each in packets(capture) if each.data] == [0] * (len(data) // 1460) + [PSH]


def test_bytes_that_were_not_kept_are_a_gap() -> None:
    rest = LeftOut(at=0.2, connection=1, sender=GATEWAY, count=5000)
    entries: list[Entry] = [event(0, Change.OPENED), chunk(0.1, GATEWAY, b"x" * 10), rest]
    seen = list(packets(as_pcap(transcript(*entries, event(0.3, Change.HALF_CLOSED, GATEWAY)))))
    assert [each.acknowledged for each in seen if each.sender is CLIENT][-2:] == [1 + 10 + 5000, 1 + 10 + 5000 + 1]
    assert [each.sequence for each in seen if each.flags & FIN] == [1 + 10 + 5000]


def test_connections_have_ports_of_their_own() -> None:
    two = transcript(chunk(0.1, CLIENT, b"one", connection=1), chunk(0.2, CLIENT, b"two", connection=2))
    assert {each.ports[0]: each.data for each in packets(as_pcap(two)) if each.data} == {49153: b"one", 49154: b"two"}


@given(ANY_TRANSCRIPT)
def test_any_transcript_gives_right_packets(whole: Transcript) -> None:
    sent = [entry.data for entry in whole.entries if isinstance(entry, Chunk)]
    assert b"".join(each.data for each in packets(as_pcap(whole))) == b"".join(sent)
