"""A row's worker says where its Python finds the data of time zones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.shared.moments import NO_ZONE_DATA, USUAL_ZONE
from tests.rows import need_row

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.worker.conftest import Worker

SEARCHED = "PYTHONTZPATH"
"""The folders in which Python looks for the system's data; empty: in none."""


def test_the_systems_come_first(start: Callable[..., Worker], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path.joinpath(*USUAL_ZONE.split("/"))
    file.parent.mkdir(parents=True)
    file.touch()
    monkeypatch.setenv(SEARCHED, str(tmp_path))
    assert start(need_row("ib_async==2.1.0")).ready["zone_data"] == str(tmp_path)


@pytest.mark.slow
def test_ib_async_brings_them_from_2_1_0_on(start: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SEARCHED, "")
    assert start(need_row("ib_async==2.1.0")).ready["zone_data"] == "tzdata"
    assert start(need_row("ib_async==2.0.1")).ready["zone_data"] == NO_ZONE_DATA
