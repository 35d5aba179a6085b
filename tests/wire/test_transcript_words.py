"""A transcript in words: what can be read is read, the rest is shown as bytes, and accounts are hidden in both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.diagnose.control import probe
from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.server import SimulatedGateway
from harness.run.tap.proxy import Tap
from harness.shared.mask import Masker
from harness.wire.codec import PROTOBUF_OFFSET, RAW_IDS_SINCE, Codec
from harness.wire.framing import encode_frame
from harness.wire.message import Message, Sender
from harness.wire.transcript import Change, Entry, Event, LeftOut, Leg, Transcript
from harness.wire.transcript_words import Line, in_words
from tests.wire.transcripts import ACCOUNT, ANY_TRANSCRIPT, chunk, conversation, event, spoken, transcript

CLIENT, GATEWAY = Sender
VERSIONS = pytest.mark.parametrize("version", [178, 203, 226])


def words(*entries: Entry, version: int = 178) -> list[str]:
    """What is said of entries that follow an ordinary beginning."""
    return [line.text for line in in_words(conversation(version, *entries))[5:]]


@VERSIONS
def test_a_conversation_in_words(version: int) -> None:
    whole = conversation(version, event(0.6, Change.HALF_CLOSED, CLIENT), event(0.7, Change.RESET, GATEWAY))
    assert [str(line) for line in in_words(whole)] == [
        "   0.1000 1 · opened",
        "   0.2000 1 → hello v100..226",
        f"   0.3000 1 ← server version {version} time='20261121 10:00:00 EST'",
        "   0.4000 1 → start api client_id=7",
        "   0.5000 1 ← managed accounts accounts='DU9000001'",
        "   0.6000 1 · half-closed by the client",
        "   0.7000 1 · reset by the gateway",
    ]


def test_a_refusal_has_the_systems_words() -> None:
    refused = transcript(event(0.1, Change.REFUSED, GATEWAY, "Connection refused"))
    assert [line.text for line in in_words(refused)] == ["refused by the gateway: Connection refused"]


def test_what_a_tap_recorded_can_be_read() -> None:
    async def scenario() -> Transcript:
        async with SimulatedGateway(find("gateway-10.45")) as gateway, Tap(gateway.host, gateway.port) as tap:
            for client_id in (7301, 7302):
                assert (await probe(*tap.address, client_id=client_id, timeout=10)).passed
        return tap.transcript

    lines = in_words(asyncio.run(scenario()))
    for connection in (1, 2):
        said = [line.text for line in lines if line.connection == connection]
        assert said[:2] == ["opened", "hello v100..9999"]
        assert said[2].startswith("server version 223 time=")
        assert said[3] == f"start api client_id=730{connection}"
        assert said[4] == "managed accounts accounts='DU9000001'"
        assert said[-1] == "closed"
    assert not [line for line in lines if " bytes (" in line.text]


def test_a_message_is_told_when_its_last_byte_is_there_and_in_how_many_pieces() -> None:
    frame = encode_frame(b"9\x001\x005\0")
    pieces = [chunk(1 + place, GATEWAY, frame[place : place + 1]) for place in range(len(frame))]
    both = chunk(50, GATEWAY, frame + frame[:3]), chunk(51, GATEWAY, frame[3:])
    lines = in_words(conversation(178, *pieces, *both))[5:]
    assert [(line.at, line.text, line.pieces) for line in lines] == [
        (len(frame), "next valid id order_id=5", len(frame)),
        (50, "next valid id order_id=5", 1),
        (51, "next valid id order_id=5", 2),
    ]
    assert str(lines[0]).endswith(f"next valid id order_id=5 (in {len(frame)} pieces)")
    assert str(lines[1]).endswith("order_id=5")


def test_what_a_client_says_before_the_version_reply_is_read_with_it_and_keeps_its_place() -> None:
    hello, reply, start, _ = spoken(178)
    early = transcript(chunk(0.1, CLIENT, hello + start), chunk(0.2, GATEWAY, reply))
    assert [(line.at, line.sender, line.text) for line in in_words(early)] == [
        (0.1, CLIENT, "hello v100..226"),
        (0.1, CLIENT, "start api client_id=7"),
        (0.2, GATEWAY, "server version 178 time='20261121 10:00:00 EST'"),
    ]


def test_a_client_that_is_never_answered_is_shown_as_bytes() -> None:
    hello, _, start, _ = spoken(178)
    silent = transcript(chunk(0.1, CLIENT, hello + start), event(0.3, Change.CLOSED))
    assert [line.text for line in in_words(silent)] == [
        "hello v100..226",
        f"{len(start) - 4} bytes (before any version reply): {start[4:].hex(' ')}",
        "closed",
    ]


def test_a_frame_that_cannot_be_read_is_shown_as_bytes_and_the_next_one_is_read() -> None:
    bad, good = encode_frame(b"?"), encode_frame(b"9\x001\x005\0")
    assert words(chunk(0.6, GATEWAY, bad + good)) == [
        "1 bytes (a message must begin with its id): 3f",
        "next valid id order_id=5",
    ]


def test_another_frame_before_the_version_reply_is_shown_as_bytes() -> None:
    hello, reply, *_ = spoken(178)
    notice = encode_frame(b"4\x002\0-1\x002104\0farm\0")
    late = transcript(chunk(0.1, CLIENT, hello), chunk(0.2, GATEWAY, notice + reply))
    assert [line.text[:40] for line in in_words(late)][1:] == [
        "17 bytes (a version reply must have two ",
        "server version 178 time='20261121 10:00:",
    ]


def test_what_is_no_frame_is_shown_as_bytes_with_all_that_follows() -> None:
    alert: list[Entry] = [
        chunk(0.6, GATEWAY, b"\xff\xff\xff\xff\2\2"),
        chunk(0.7, GATEWAY, b"more"),
        event(0.8, Change.CLOSED),
    ]
    assert words(*alert) == [
        "10 bytes (4294967295 is not a valid frame length): ff ff ff ff 02 02 6d 6f 72 65",
        "closed",
    ]


def test_another_programs_first_bytes_are_shown() -> None:
    web = transcript(chunk(0.1, CLIENT, b"GET / HTTP/1.1\r\n\r\n"))
    (line,) = in_words(web)
    assert line.text.startswith("18 bytes (not a TWS API hello")
    assert line.text.endswith("47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a 0d 0a")


def test_the_beginning_of_a_frame_is_shown_when_its_side_ends() -> None:
    cut: list[Entry] = [chunk(0.6, GATEWAY, b"\0\0\0\x08" + b"9\x001"), event(0.7, Change.HALF_CLOSED, GATEWAY)]
    assert words(*cut, event(0.9, Change.CLOSED)) == [
        "7 bytes (unfinished): 00 00 00 08 39 00 31",
        "half-closed by the gateway",
        "closed",
    ]
    assert words(cut[0]) == ["7 bytes (unfinished): 00 00 00 08 39 00 31"]


def test_long_bytes_are_cut() -> None:
    assert words(chunk(0.6, GATEWAY, b"\xff" * 100), event(0.7, Change.CLOSED))[0].endswith(f"{'ff ' * 64}…")


def test_bytes_that_were_not_kept_are_counted() -> None:
    rest = LeftOut(at=0.7, connection=1, sender=GATEWAY, count=70_000)
    assert words(chunk(0.6, GATEWAY, b"\0\0\0\x08" + b"9\x001"), rest, event(0.8, Change.CLOSED)) == [
        "7 bytes (unfinished): 00 00 00 08 39 00 31",
        "70000 more bytes, which were not kept",
        "closed",
    ]


# Accounts.


def told_accounts(version: int) -> bytes:
    return Codec(version).encode(Message("managed_accounts", {"accounts": f"{ACCOUNT},DU9000002"}))


def unreadable(version: int) -> bytes:
    """A next valid id that is no number."""
    head = b"9\0" if version < RAW_IDS_SINCE else b"\0\0\0\x09"
    return head + f"1\0{ACCOUNT}\0".encode()


def unknown(version: int) -> bytes:
    head = b"999\0" if version < RAW_IDS_SINCE else b"\0\0\x03\xe7"
    return head + b"\x0a\x09" + ACCOUNT.encode()


def length_like_a_digit(version: int) -> bytes:
    """A message that we do not know; its five accounts are 49 bytes, and 49 is a 1 in ASCII."""
    accounts = ",".join([ACCOUNT] * 5).encode()
    return unknown(version)[:4] + b"\x0a" + bytes([len(accounts)]) + accounts


@pytest.mark.parametrize("payload", [told_accounts, unreadable, unknown, length_like_a_digit])
@VERSIONS
def test_accounts_are_hidden_in_words_and_in_bytes(version: int, payload: Callable[[int], bytes]) -> None:
    said = conversation(version, chunk(0.6, GATEWAY, encode_frame(payload(version))))
    assert shows_an_account(in_words(said)[5:])
    assert not shows_an_account(in_words(said, mask=Masker().text))


def test_accounts_are_hidden_in_bytes_that_come_in_pieces() -> None:
    noise = [chunk(0.6, GATEWAY, b"\xff\xff\xff\xff DU90"), chunk(0.7, GATEWAY, b"00001 ")]
    assert shows_an_account(in_words(conversation(178, *noise))[5:])
    assert not shows_an_account(in_words(conversation(178, *noise), mask=Masker().text))


def shows_an_account(lines: tuple[Line, ...]) -> bool:
    text = "\n".join(line.text for line in lines)
    return ACCOUNT in text or ACCOUNT.encode().hex(" ") in text


# Anything.


@given(ANY_TRANSCRIPT)
def test_any_transcript_can_be_said_and_no_event_is_lost(whole: Transcript) -> None:
    lines = in_words(whole, mask=Masker().text)
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    assert all(str(line).isprintable() for line in lines if line.sender is not None)
    assert [line.at for line in lines if line.sender is None] == sorted(
        entry.at for entry in whole.entries if isinstance(entry, Event | Leg)
    )


IDS = st.integers(0, 400)
TEXTS = st.sampled_from(["", "1", "-1", "9" * 30, "1e400", "nan", "x", "\udcff", "20261121 10:00:00", "2.0;3", ACCOUNT])
FIELDS = st.builds(
    lambda number, texts: "".join(f"{each}\0" for each in (number, *texts)).encode(errors="surrogateescape"),
    IDS,
    st.lists(TEXTS, max_size=40),
)
TAGGED = st.builds(lambda tag, data: bytes((tag, len(data))) + data, st.integers(1, 127), st.binary(max_size=12))
BINARY = st.builds(
    lambda number, parts: number.to_bytes(4, "big") + b"".join(parts),
    st.one_of(IDS, IDS.map(PROTOBUF_OFFSET.__add__)),
    st.lists(st.one_of(TAGGED, st.binary(max_size=12)), max_size=8),
)


@VERSIONS
@given(frames=st.lists(st.tuples(st.sampled_from(Sender), st.one_of(FIELDS, BINARY)), min_size=1, max_size=8))
def test_whatever_a_frame_holds_it_is_one_line(version: int, frames: list[tuple[Sender, bytes]]) -> None:
    said = [chunk(1 + place, sender, encode_frame(payload)) for place, (sender, payload) in enumerate(frames)]
    lines = in_words(conversation(version, *said), mask=Masker().text)[5:]
    assert [(line.at, line.sender) for line in lines] == [(entry.at, entry.sender) for entry in said]
    assert all(line.text.isprintable() for line in lines)
