"""The campaign measures a look at a hostile server, and says where it took too much."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from campaigns import hostile


def test_a_look_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("--server", "20,000 accounts", "--command", "doctor", "--folder", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["hostile", *words])
    hostile.main()
    (figure,) = json.loads((tmp_path / "hostile.json").read_text("utf-8"))["figures"]
    assert (figure["server"], figure["command"]) == ("20,000 accounts", "doctor")
    assert figure["seconds"] > 0
    assert 10 < figure["memory"] < hostile.MOST_MIB


@pytest.mark.parametrize(
    ("took", "well"),
    [({}, True), ({"seconds": 15.1}, False), ({"memory": 65.0}, False), ({"written": 16.1}, False)],
)
def test_what_took_too_much_is_over_its_limit(took: dict[str, float], *, well: bool) -> None:
    figure = {"seconds": 15.0, "memory": 64.0, "written": 16.0, **took}
    assert hostile.Figure(server="it", command="run", **figure).well is well
