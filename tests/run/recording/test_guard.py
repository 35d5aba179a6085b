"""No order passes the proxy of a recording unless it is allowed and all accounts are paper; all else passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.run.recording.guard import CHANGING, NOT_VALID, UNREADABLE, Guard, Held, Permits
from harness.run.recording.guard import LIVE as LIVE_ENDED
from harness.wire.catalogue import catalogue
from harness.wire.codec import Codec
from harness.wire.framing import FrameReader, encode_frame
from harness.wire.hello import Hello, VersionReply
from harness.wire.message import Message, Sender
from tests.recordings.made import HELLO
from tests.recordings.test_cutting import split

VERSIONS = (157, 178, 200, 203, 223)
PAPER, LIVE = "DU9000001,DF9000002", "DU9000001,U9000003"
ORDERS = Permits(orders=True)


def ignore(_held: Held) -> None:
    pass


def encoded(name: str, version: int) -> bytes:
    fields = catalogue().by_name[name].defaults
    given = {"order_id": 7} if "order_id" in fields else {"req_id": 7} if "req_id" in fields else {}
    return encode_frame(Codec(version).encode(Message(name, given)))


def says(version: int, accounts: str | None) -> bytes:
    reply = VersionReply(server_version=version, connection_time="20261130 14:30:00 UTC").encode()
    if accounts is None:
        return reply
    return reply + encode_frame(Codec(version).encode(Message("managed_accounts", {"accounts": accounts})))


def guarded(version: int, accounts: str | None = PAPER, permits: Permits | None = None) -> tuple[Guard, list[Held]]:
    held: list[Held] = []
    guard = Guard(permits or Permits(), held.append)
    assert guard.client(HELLO) == HELLO
    said = says(version, accounts)
    assert guard.gateway(said) == said
    return guard, held


def refusals(data: bytes, version: int) -> list[tuple[object, object]]:
    said = [Codec(version).decode(payload, Sender.GATEWAY) for payload in FrameReader().feed(data)]
    return [(each["req_id"], each["code"]) for each in said if isinstance(each, Message)]


@pytest.mark.parametrize(
    ("name", "version"),
    [(name, version) for name in sorted(CHANGING) for version in VERSIONS if name != "update_config" or version > 220],
)
def test_what_changes_something_is_answered_and_does_not_pass(name: str, version: int) -> None:
    guard, held = guarded(version)
    assert guard.client(encoded(name, version)) == b""
    assert [(each.kind, "--orders" in each.why) for each in held] == [(catalogue().by_name[name].id, True)]
    numbered = {"order_id", "req_id"} & set(catalogue().by_name[name].defaults)
    assert refusals(guard.answers(), version) == [(7 if numbered else -1, NOT_VALID)]
    assert guard.answers() == b""


@pytest.mark.parametrize("version", VERSIONS)
def test_what_only_reads_passes(version: int) -> None:
    guard, held = guarded(version)
    names = {kind.name for kind in catalogue().by_id.values() if kind.sender is Sender.CLIENT} - CHANGING
    data = b"".join(encoded(name, version) for name in sorted(names))
    assert guard.client(data) == data
    assert not held
    assert guard.why_ended is None


@pytest.mark.parametrize("name", sorted(CHANGING))
def test_what_changes_something_passes_if_it_is_allowed_and_all_accounts_are_paper(name: str) -> None:
    order = encoded(name, 178)
    assert guarded(178, PAPER, ORDERS)[0].client(order) == order


@pytest.mark.parametrize("accounts", [None, LIVE, "U9000003", "", "DUX1", "X"])
@pytest.mark.parametrize("version", VERSIONS)
def test_no_order_passes_unless_every_account_is_known_to_be_paper(accounts: str | None, version: int) -> None:
    guard, held = guarded(version, accounts, Permits(orders=True, live=True))
    assert guard.client(encoded("place_order", version)) == b""
    assert "paper" in held[0].why


@pytest.mark.parametrize("live", [False, True])
def test_a_live_account_ends_the_connection_unless_it_is_allowed(live: bool) -> None:  # noqa: FBT001 - a case
    guard = Guard(Permits(live=live), ignore)
    guard.gateway(says(178, LIVE))
    assert (guard.why_ended is None) == live
    assert live or "--allow-live" in str(guard.why_ended)
    assert "U9000003" not in str(guard.why_ended)


def test_accounts_that_come_after_an_empty_list_count() -> None:
    later = says(178, LIVE)[len(says(178, None)) :]
    guard, _ = guarded(178, "", ORDERS)
    guard.gateway(later)
    assert guard.why_ended == LIVE_ENDED
    guard, _ = guarded(178, ",", ORDERS)
    guard.gateway(later.replace(b"U9000003", b"DU900000"))
    assert guard.client(encoded("place_order", 178)) == encoded("place_order", 178)


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize(
    "said", [encode_frame(b"hello"), says(178, None) + b"\0\0\0\0", says(203, None) + b"\0\0\0\1\0"]
)
def test_a_gateway_whose_accounts_cannot_be_read_is_not_used_as_if_it_were_paper(said: bytes, live: bool) -> None:  # noqa: FBT001
    guard = Guard(Permits(live=live, orders=True), ignore)
    guard.client(HELLO)
    guard.gateway(said)
    assert guard.why_ended == (None if live else UNREADABLE)
    guard.gateway(says(178, PAPER))
    assert guard.client(encoded("place_order", 178)) == b""


@pytest.mark.parametrize(
    "payload",
    [
        *(b"4_9\0", b" 49\0", b"+49\0", b"49\n\0", b"1" * 5000),
        *(b"3\0", b"03\0", b"+3\0", b" 3\0", b"3", b"\0\0\0\3", b"\0\0\0\xcb", b"\0\0\0\xcb\x08\7"),
        *(b"999\0", b"\0\0\3\xe7", b"x\0", b"\0", b"\0\0\3", b"\xff\xff\xff\xff", "٣\0".encode()),
    ],
)
def test_whatever_may_be_an_order_does_not_pass(payload: bytes) -> None:
    guard, held = guarded(178)
    assert guard.client(encode_frame(payload)) == b""
    assert len(held) == 1


@pytest.mark.parametrize("data", [b"63\0", b"GET / HTTP/1.1\r\n", HELLO + b"\0\0\0\0" + encode_frame(b"3\0")])
def test_a_client_that_does_not_speak_the_api_is_not_listened_to(data: bytes) -> None:
    guard = Guard(ORDERS, ignore)
    guard.client(data)
    assert guard.why_ended is not None
    assert guard.client_rest() == b""


@given(places=st.lists(st.integers(0, 200), max_size=8))
def test_messages_pass_whole_in_whatever_pieces_they_come(places: list[int]) -> None:
    read = encoded("req_current_time", 178)
    data = HELLO + read + encoded("place_order", 178) + read + b"\0\0"
    guard = Guard(Permits(), ignore)
    passed = b"".join(guard.client(part) for part in split(data, places)) + guard.client_rest()
    assert passed == HELLO + read + read + b"\0\0"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("permits", [Permits(), ORDERS])
def test_an_order_that_never_becomes_whole_does_not_pass_either(version: int, permits: Permits) -> None:
    order = encoded("place_order", version)
    for accounts in (PAPER, None):
        guard, held = guarded(version, accounts, permits)
        assert guard.client(order[:-1]) == b""
        may = permits.orders and accounts is not None
        assert guard.client_rest() == (order[:-1] if may else b"")
        assert len(held) == (0 if may else 1)


@given(places=st.lists(st.integers(0, 200), max_size=8), when=st.integers(0, 8))
def test_answers_come_between_the_frames_of_the_gateway(places: list[int], when: int) -> None:
    frames = [encode_frame(Codec(178).encode(Message("current_time", {"time": time}))) for time in range(5)]
    guard, _ = guarded(178)
    heard = bytearray()
    for number, part in enumerate(split(b"".join(frames), places)):
        if number == when:
            guard.client(encoded("place_order", 178))
            heard += guard.answers()
        heard += guard.gateway(part)
    heard += guard.answers()
    payloads = [encode_frame(payload) for payload in FrameReader().feed(bytes(heard))]
    assert [payload for payload in payloads if payload in frames] == frames
    assert len(payloads) - len(frames) <= 1


def test_a_client_of_any_range_is_understood() -> None:
    guard = Guard(Permits(), ignore)
    for hello in (Hello(min_version=100, max_version=223, options="+PACEAPI"), Hello(min_version=176, max_version=176)):
        guard = Guard(Permits(), ignore)
        assert guard.client(hello.encode()) == hello.encode()
