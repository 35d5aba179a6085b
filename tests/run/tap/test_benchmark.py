"""What is measured of a tap goes through it whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import tap
from harness.run.tap.recorder import MOST_GATEWAY_BYTES

if TYPE_CHECKING:
    import pytest


def test_more_than_any_gateway_sends_is_not_cut_off_where_its_speed_is_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tap, "MEGABYTES", MOST_GATEWAY_BYTES // 1_000_000 + 1)
    assert min(tap.megabytes_a_second()) > 0
