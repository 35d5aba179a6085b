"""A transcript is kept, read back and told in words, whatever was sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.protocol.framing import encode_frame
from harness.protocol.hello import Hello, VersionReply
from harness.protocol.message import Message
from harness.protocol.side import ClientSide, GatewaySide
from harness.results.mask import Masker
from harness.tap import Entry, Transcript, in_words, read_transcript
from harness.tap.transcript import FILE, From


def conversation(version: int) -> list[Entry]:
    client, gateway = ClientSide(Hello(min_version=100, max_version=226)), GatewaySide()
    hello = client.greet()
    list(gateway.receive(hello))
    reply = gateway.accept(VersionReply(server_version=version, connection_time="20261121 10:00:00 EST"))
    list(client.receive(reply))
    start = client.send(Message("start_api", {"client_id": 7}))
    accounts = gateway.send(Message("managed_accounts", {"accounts": "DU9000001"}))
    return [
        Entry(0.1, 1, From.CLIENT, hello),
        Entry(0.2, 1, From.GATEWAY, reply),
        Entry(0.3, 1, From.CLIENT, start),
        Entry(0.4, 1, From.GATEWAY, accounts),
        Entry(0.5, 1, From.GATEWAY, event="ended"),
    ]


@pytest.mark.parametrize("version", [178, 203, 226])
def test_a_conversation_is_told_in_words(version: int) -> None:
    assert [line.strip() for line in in_words(conversation(version))] == [
        "0.1000 1 → hello v100..226",
        f"0.2000 1 ← server version {version} time='20261121 10:00:00 EST'",
        "0.3000 1 → start api client_id=7",
        "0.4000 1 ← managed accounts accounts='DU9000001'",
        "0.5000 1 ← gateway ended",
    ]


def test_accounts_are_hidden_where_that_is_asked() -> None:
    shown = "\n".join(in_words(conversation(178), mask=lambda line: line.replace("DU9000001", "DU9***01")))
    assert "DU9***01" in shown
    assert "DU9000001" not in shown


def test_what_cannot_be_read_is_shown_as_bytes_and_so_is_the_rest() -> None:
    alert = Entry(0.4, 1, From.GATEWAY, b"\x15\x03\x01\0\2\2\x28")
    *_, unread, rest = in_words([*conversation(178)[:3], alert, Entry(0.5, 1, From.GATEWAY, b"more")])
    assert "cannot be read" in unread
    assert unread.endswith("15 03 01 00 02 02 28")
    assert rest.endswith("6d 6f 72 65")


@given(st.lists(st.tuples(st.sampled_from(From), st.integers(1, 2), st.binary(max_size=60)), max_size=8))
def test_no_bytes_at_all_are_an_error(said: list[tuple[From, int, bytes]]) -> None:
    entries = [*conversation(203)[:2], *(Entry(1.0, number, sender, data) for sender, number, data in said)]
    assert all(isinstance(line, str) for line in in_words(entries))


def test_it_is_kept_and_read_back(tmp_path: Path) -> None:
    transcript = Transcript(("127.0.0.1", 4002))
    transcript.note(1, From.CLIENT, "opened")
    transcript.take(1, From.CLIENT, b"API\0")
    transcript.take(1, From.GATEWAY, encode_frame(b"203\0x\0"))
    transcript.write(tmp_path / FILE)
    kept = read_transcript(tmp_path / FILE)
    assert [(entry.connection, entry.sender, entry.data, entry.event) for entry in kept] == [
        (1, From.CLIENT, b"", "opened"),
        (1, From.CLIENT, b"API\0", ""),
        (1, From.GATEWAY, encode_frame(b"203\0x\0"), ""),
    ]


def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    transcript = Transcript(("127.0.0.1", 4002))
    transcript.take(1, From.CLIENT, b"API\0")
    transcript.take(1, From.GATEWAY, b"reply")
    transcript.write(tmp_path / FILE)
    whole = (tmp_path / FILE).read_text("utf-8")
    (tmp_path / FILE).write_text(whole[:-5], "utf-8")
    assert [entry.data for entry in read_transcript(tmp_path / FILE)] == [b"API\0"]


def test_pieces_that_come_together_are_one_entry_that_counts_them() -> None:
    transcript = Transcript(("127.0.0.1", 4002))
    reply = encode_frame(b"203\0now\0")
    for byte in reply:
        transcript.take(1, From.GATEWAY, bytes([byte]))
    (entry,) = transcript.entries
    assert (entry.data, entry.pieces) == (reply, len(reply))
    assert next(iter(in_words([entry]))).endswith(f"(in {len(reply)} pieces)")


def test_accounts_are_hidden_in_bytes_that_cannot_be_read_too() -> None:
    entries = [*conversation(178)[:3], Entry(0.4, 1, From.GATEWAY, b"\0\0\0\0no frame, DU9000001")]
    *_, shown = in_words(entries, mask=Masker().text)
    assert b"DU9000001".hex(" ") not in shown
    assert b"DU9***01".hex(" ") in shown
