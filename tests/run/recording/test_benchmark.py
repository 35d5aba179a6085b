"""What is measured of a recording passes through its proxy whole."""

from __future__ import annotations

import pytest

from benchmarks import recording


@pytest.mark.slow
@pytest.mark.parametrize("frame", [100, recording.FRAME])
def test_frames_pass_where_their_speed_is_measured(frame: int, monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr(recording, "MEGABYTES", 5)
    assert min(recording.megabytes_a_second(frame)) > 0
