"""What the tests of hostile input share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.wire.codec import Codec, in_words
from harness.wire.message import Sender
from harness.wire.wire_errors import ProtocolError


def offset_of(act: Callable[[], Any]) -> int:
    """Return where an action says that it failed."""
    with pytest.raises(ProtocolError) as caught:
        act()
    assert f" at byte {caught.value.offset}" in str(caught.value)
    assert len(caught.value.excerpt) <= 32
    return caught.value.offset


def fields(*texts: str | bytes) -> bytes:
    return b"".join((text.encode() if isinstance(text, str) else text) + b"\0" for text in texts)


def assert_read_or_refused(codec: Codec, payload: bytes, sender: Sender) -> None:
    try:
        message = codec.decode(payload, sender)
    except ProtocolError as error:
        assert 0 <= error.offset <= len(payload)  # noqa: PT017 - either outcome is right
    else:
        assert in_words(message)
