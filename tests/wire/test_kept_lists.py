"""A list that is kept is written once, and as any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from harness.wire import binary, text
from harness.wire.codec import Codec
from harness.wire.message import Kept, Message, Value

BAR: Mapping[str, Value] = {
    "date": "20261120",
    "open": 1.5,
    "high": 2.5,
    "low": 0.5,
    "close": 2.0,
    "volume": "10",
    "wap": "1.25",
    "bar_count": 3,
}
BARS = [BAR, BAR]


@pytest.mark.parametrize("version", [163, 176, 203, 208, 226])
def test_it_is_written_as_any_other_list(version: int) -> None:
    codec = Codec(version)
    kept = Kept(BARS)
    for req_id in (1, 2):
        plain = codec.encode(Message("historical_data", {"req_id": req_id, "bars": tuple(BARS)}))
        assert codec.encode(Message("historical_data", {"req_id": req_id, "bars": kept})) == plain


@pytest.mark.parametrize(("version", "module"), [(176, text), (208, binary)])
def test_it_is_written_once_for_each_form(version: int, module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept(BARS)
    first = Codec(version).encode(Message("historical_data", {"bars": kept}))
    monkeypatch.setattr(module, "complete_items", None)  # what looks at each item
    assert Codec(version).encode(Message("historical_data", {"bars": kept})) == first
