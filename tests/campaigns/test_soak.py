"""The campaign tells what grows from what does not, and leaves nothing behind."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from campaigns import soak
from campaigns.targets import ROOT

MIB = 2**20


def sampled(memory: list[int], files: list[int]) -> soak.Figure:
    return soak.Sampled("it", 0, memory=memory, files=files, threads=[2] * len(memory)).figure()


@pytest.mark.parametrize(
    ("memory", "files", "well"),
    [
        ([10 * MIB] + [50 * MIB] * 99, [9] * 100, True),
        ([50 * MIB + number * MIB // 100 for number in range(100)], [9] * 100, True),
        ([50 * MIB + number * MIB for number in range(100)], [9] * 100, False),
        ([50 * MIB] * 100, [9 + number // 10 for number in range(100)], False),
    ],
    ids=["warms up", "is noise", "grows", "opens more files"],
)
def test_what_grows_is_told_from_what_does_not(memory: list[int], files: list[int], *, well: bool) -> None:
    assert sampled(memory, files).well is well


@pytest.mark.slow
def test_a_short_one_measures_both_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    others = set(psutil.Process().children())  # of tests before this one, which share theirs
    monkeypatch.setattr(sys, "argv", ["soak", "--minutes", "0.05", "--folder", str(tmp_path)])
    soak.main()
    document = json.loads((tmp_path / "soak.json").read_text("utf-8"))
    assert [each["process"] for each in document["figures"]] == ["simulate", "doctor --watch"]
    assert all(each["samples"] and each["mib"] for each in document["figures"])
    assert document["clients"] > 0
    assert set(psutil.Process().children()) <= others


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without a word")
def test_one_that_is_terminated_leaves_nothing_either(tmp_path: Path) -> None:
    words = (sys.executable, "-m", "campaigns.soak", "--folder", str(tmp_path))
    with subprocess.Popen(words, cwd=ROOT) as campaign:
        began = psutil.Process(campaign.pid)
        while len(programs := began.children()) < 2:
            assert campaign.poll() is None
            time.sleep(0.05)
        campaign.terminate()
    assert not psutil.wait_procs(programs, timeout=10)[1]
