"""The same conversation, captured in every way in which tcpdump, Wireshark and this project capture."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.recordings.imports.capture import Capture
from harness.recordings.recording import Ended, Opened
from harness.shared.errors import InputError, ResultsError
from harness.wire.message import Sender
from harness.wire.pcap import as_pcap
from harness.wire.transcript import Change, Event
from tests.recordings.imports.capturing import (
    BEGUN,
    LINKS,
    SECTION_BODY,
    Packet,
    begun,
    block,
    blocks,
    classic,
    entries_of,
    ethernet,
    ipv4,
    payload,
    said,
    timeless,
)
from tests.wire.transcripts import conversation, spoken

WIRE = begun().ends(Sender.CLIENT).ends(Sender.GATEWAY)
ORDERS = pytest.mark.parametrize("order", ["<", ">"])


@pytest.mark.parametrize("link", LINKS)
def test_packets_of_every_link_type_are_read(link: str, tmp_path: Path) -> None:
    assert said(entries_of(tmp_path, classic(WIRE.packets, link=link))) == BEGUN


@ORDERS
@pytest.mark.parametrize("digits", [6, 9])
def test_classic_files_have_either_byte_order_and_unit_of_time(order: str, digits: int, tmp_path: Path) -> None:
    entries = entries_of(tmp_path, classic(WIRE.packets, order=order, nano=digits == 9))
    assert said(entries) == BEGUN
    assert entries[-1].at == pytest.approx(WIRE.packets[-1].at - WIRE.packets[0].at, abs=2e-6)


def test_a_link_type_may_say_how_long_check_sequences_are(tmp_path: Path) -> None:
    data = bytearray(classic(WIRE.packets))
    data[23] = 0x24
    assert said(entries_of(tmp_path, bytes(data))) == BEGUN


@ORDERS
@pytest.mark.parametrize("link", ["ethernet", "cooked 2", "null, IPv6 of macOS"])
def test_files_of_blocks_have_either_byte_order(order: str, link: str, tmp_path: Path) -> None:
    assert said(entries_of(tmp_path, blocks(WIRE.packets, order=order, link=link))) == BEGUN


@pytest.mark.parametrize("resolution", [6, 9, 0x80 | 20])
@pytest.mark.parametrize("offset", [None, 1_700_000_000])
def test_times_are_in_the_unit_of_their_interface(resolution: int, offset: int | None, tmp_path: Path) -> None:
    file = tmp_path / "some.pcapng"
    file.write_bytes(blocks(WIRE.packets, resolution=resolution, offset=offset))
    capture = Capture(file)
    assert capture.began.isoformat(timespec="milliseconds").startswith("2026-11-21T10:00:00.250")
    assert list(capture.entries())[-1].at == pytest.approx(WIRE.packets[-1].at - WIRE.packets[0].at, abs=2e-6)


@pytest.mark.parametrize("kind", [2, 3])
def test_older_blocks_of_packets_are_read(kind: int, tmp_path: Path) -> None:
    assert said(entries_of(tmp_path, blocks(WIRE.packets, kind=kind))) == BEGUN


def test_sections_follow_each_other_in_their_own_byte_orders(tmp_path: Path) -> None:
    data = blocks(WIRE.packets[:5], order="<") + blocks(WIRE.packets[5:], order=">")
    assert said(entries_of(tmp_path, data)) == BEGUN


def test_what_this_project_writes_comes_back(tmp_path: Path) -> None:
    hello, reply, start, accounts = spoken(178)
    end = Event(at=0.6, connection=1, change=Change.HALF_CLOSED, by=Sender.GATEWAY)
    entries = entries_of(tmp_path, as_pcap(conversation(178, end)))
    assert said(entries) == [
        (Sender.CLIENT, hello),
        (Sender.GATEWAY, payload(reply)),
        (Sender.CLIENT, payload(start)),
        (Sender.GATEWAY, payload(accounts)),
    ]
    assert timeless(entries)[-2:] == [
        Ended(at=0, connection=1, change=Change.HALF_CLOSED, by=Sender.GATEWAY),
        Ended(at=0, connection=1, change=Change.CLOSED),
    ]


@pytest.mark.parametrize("make", [classic, blocks])
def test_a_capture_that_was_cut_off_has_what_came_before(make: Callable[[list[Packet]], bytes], tmp_path: Path) -> None:
    half = len(WIRE.packets) - 4
    whole = make(WIRE.packets[:half])
    cut_off = make(WIRE.packets)[: len(whole) + 40]
    assert said(entries_of(tmp_path, cut_off)) == said(entries_of(tmp_path, whole)) == BEGUN[:3]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"API\0 no capture", "not a capture"),
        (b"\x1f\x8b\x08\0 packed", "compressed"),
        (b"\xd4\xc3\xb2\xa1\2\0", "cut off"),
        (struct.pack("<IHHiIII", 0xA1B2C3D4, 3, 0, 0, 0, 0, 1), "version 3.0"),
        (classic(WIRE.packets[:2]) + struct.pack("<IIII", 0, 0, 2**31, 2**31), "after packet 2 .* 2,147,483,648 bytes"),
        (blocks([]) + struct.pack("<II", 6, 8) + bytes(8), "block that claims to have 8 bytes"),
        (blocks([]) + struct.pack("<II", 6, 2**30) + bytes(8), "block that claims to have 1,073,741,824 bytes"),
        (blocks([]) + struct.pack("<IIII", 1, 20, 0, 0) + bytes(4), "two lengths"),
        (blocks([]) + block("<", 6, struct.pack("<IIIII", 7, 0, 0, 0, 0)), "interface 7"),
        (blocks([]) + block("<", 6, struct.pack("<IIIII", 0, 0, 0, 90, 90)), "90 bytes, in a block of 0"),
        (blocks([]) + block("<", 6, bytes(4)), "too short"),
        (block("<", 0x0A0D0D0A, struct.pack("<IHHq", SECTION_BODY[0], 2, 0, -1)), "version 2.0"),
        (struct.pack("<III", 0x0A0D0D0A, 28, 7) + bytes(16), "byte order"),
        (blocks([], resolution=99), "unit"),
    ],
)
def test_what_is_no_capture_is_refused_with_its_name_and_the_reason(data: bytes, why: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"some\.pcap: .*{why}"):
        entries_of(tmp_path, data)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"none\.pcap: is not there"):
        Capture(tmp_path / "none.pcap")


def test_packets_of_other_protocols_are_passed_over(tmp_path: Path) -> None:
    fragment = bytearray(ethernet(ipv4(replace(WIRE.packets[3], data=b"API\0 or not"))))
    fragment[20:22] = b"\x20\x00"
    noise: list[bytes] = [
        bytes(3),
        bytes(12) + b"\x08\x06" + bytes(28),  # ARP
        bytes(12) + b"\x08\x00\x45" + bytes(10),  # half of a head
        bytes(12) + b"\x08\x00\x45" + bytes(8) + b"\x11" + bytes(30),  # UDP
        bytes(fragment),
        bytes(12) + b"\x81\x00\x00\x01" * 90,  # VLANs without an end
        bytes(12) + b"\x86\xdd\x60\0\0\0\xff\xff\0\0" + bytes(70_000),  # extensions without an end
    ]
    head, packets = classic(WIRE.packets)[:24], classic(WIRE.packets)[24:]
    more = b"".join(struct.pack("<IIII", 1_795_255_200, 0, len(each), len(each)) + each for each in noise)
    assert said(entries_of(tmp_path, head + more + packets)) == BEGUN


def test_link_types_that_are_not_read_are_named(tmp_path: Path) -> None:
    data = bytearray(classic(WIRE.packets))
    data[20] = 105  # IEEE 802.11
    file = tmp_path / "wireless.pcap"
    file.write_bytes(data)
    capture = Capture(file)
    assert not list(capture.entries())
    assert capture.seen.links == {105}


def test_the_entries_begin_with_the_connection(tmp_path: Path) -> None:
    assert isinstance(entries_of(tmp_path, classic(WIRE.packets))[0], Opened)
