r"""Text outside ASCII is sent as ``\uXXXX`` from server version 153 on, and as it is before and as protobuf."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wire.codec import Codec
from harness.wire.message import Message, Sender
from harness.wire.text import escape, unescape
from tests.wire.against import Family

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))

ESCAPED = [
    ("plain", "plain"),
    ("Société", r"Soci\u00e9t\u00e9"),
    ("\u6f22", r"\u6f22"),
    ("\U0001f600", r"\ud83d\ude00"),
    ("a\\b", r"a\\b"),
    (r"\u00e9", r"\\u00e9"),
]


@pytest.mark.parametrize(("text", "sent"), ESCAPED)
def test_characters_outside_ascii_are_escaped(text: str, sent: str) -> None:
    assert escape(text) == sent
    assert unescape(sent) == text


@pytest.mark.parametrize("text", [r"C:\new", r"\u12", r"\ud83d", r"\ude00\ud83d", r"\u0000", r"\U0001f600", "\\", "é"])
def test_what_is_no_escape_stays_as_it_came(text: str) -> None:
    assert unescape(text) == text


@given(text=texts)
def test_what_was_escaped_is_ascii_and_read_as_it_was(text: str) -> None:
    assert escape(text).isascii()
    assert unescape(escape(text)) == text


@pytest.mark.parametrize(
    ("version", "sent"), [(152, "é".encode()), (153, rb"\u00e9"), (200, rb"\u00e9"), (201, "é".encode())]
)
def test_the_text_of_an_error_is_escaped_as_text_from_153_on(version: int, sent: bytes) -> None:
    payload = Codec(version).encode(Message("error", {"text": "é"}))
    assert sent in payload
    message = Codec(version).decode(payload, Sender.GATEWAY)
    assert isinstance(message, Message)
    assert message["text"] == "é"


ERRORS = Family(
    callbacks={"error": ("error", ("<arguments>",))},
    objects={"<arguments>": lambda name: "errorString" if name == "text" else ""},
    fixed={"error": {"text": r"Société 漢 C:\new"}},
    lost={"error": {"req_id", "code", "advanced_order_reject", "time_ms"}},
)

KEEP_ESCAPES = ("ib_async", "ib_insync")
"""These undo the escapes of a contract's long name, and leave those of an error."""


def test_the_text_of_an_error_arrives_in_every_library_of_ibkr(row: str) -> None:
    problems = {said.partition(": ")[2] for said in ERRORS.misread(row)}
    kept = r"""error.text is 'Soci\\u00e9t\\u00e9 \\u6f22 C:\\\\new', not 'Société 漢 C:\\new'"""
    assert problems == ({kept} if row.startswith(KEEP_ESCAPES) else set())
