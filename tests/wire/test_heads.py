"""The head of a payload says what splitting it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wire.catalogue import catalogue
from harness.wire.codec import Codec
from harness.wire.heads import head_of
from harness.wire.message import Sender
from harness.wire.wire_errors import ProtocolError

VERSIONS = st.sampled_from((157, 200, 201, 223))
AS_TEXT = st.integers(0, 10**12).map(lambda number: b"%d\0" % number)
RAW = st.integers(0, 300).map(lambda number: number.to_bytes(4))
PAYLOADS = st.tuples(st.one_of(AS_TEXT, RAW, st.binary(max_size=12)), st.binary(max_size=8)).map(b"".join)


@given(PAYLOADS, VERSIONS, st.sampled_from(Sender))
def test_a_head_is_that_of_its_payload(payload: bytes, version: int, sender: Sender) -> None:
    try:
        number, encoding, start = Codec(version).split(payload)
    except ProtocolError:
        with pytest.raises(ProtocolError):
            head_of(payload, version, sender)
    else:
        assert head_of(payload, version, sender) == (catalogue().by_id.get((sender, number)), encoding, start)
