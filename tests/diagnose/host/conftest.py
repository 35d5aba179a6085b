"""A home folder of its own for every test: what this machine's user really has is not looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

USER = "canaryuser"
"""Must never come out."""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / USER
    folder.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(folder))
    for name in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(name, USER)
    for name in ("TWS_SETTINGS_PATH", "LOG_PATH"):
        monkeypatch.delenv(name, raising=False)
    return folder
