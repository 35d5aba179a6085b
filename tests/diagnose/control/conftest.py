"""What the tests of the control share."""

from __future__ import annotations

import pytest

from harness.diagnose.control import search


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the control try again at once."""
    monkeypatch.setattr(search, "_PAUSE", 0.0)
