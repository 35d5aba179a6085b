"""Eight shards of a run with real libraries, merged: the run that was not split, but for times."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.shared.errors import ExitCode
from tests.rows import VARIABLE, need_row

SHARDS = 8
SELECTED = ("--library", "ib_async==*", "--library", "ib_insync==0.9.86", "--gateway", "gateway-10.4[035]-paper")
"""Rows that pass: why an answer did not come in time is told by how busy the machine was."""

OTHER_EACH_TIME = {
    "run",  # id, times, command line; what it counts is compared apart
    "port",
    "seconds",
    "cpu_seconds",
    "max_rss_bytes",
    "memory_grown_bytes",
    "since_connect",
    "time",
    "epoch_seconds",
    "epoch_millis",
    "refused",  # quotes how long the library waited
    "request_failed_after",
    "told_after",
    "probes",  # compared apart: a merged run has each that differs once
}


def timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: timeless(item) for key, item in value.items() if key not in OTHER_EACH_TIME}
    return [timeless(item) for item in value] if isinstance(value, list) else value


def differing(one: Any, other: Any, at: str = "") -> Iterator[str]:
    """Where two documents differ, and how; a difference of whole documents is too long to be read."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from differing(one.get(key, "nothing"), other.get(key, "nothing"), f"{at}/{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (each, its) in enumerate(zip(one, other, strict=True)):
            yield from differing(each, its, f"{at}/{index}")
    elif one != other:
        yield f"{at}: {one!r}, and {other!r}"


def seen_by_control(document: dict[str, Any]) -> dict[str, set[str]]:
    """What the control saw of each gateway, without times."""
    return {
        name: {json.dumps(timeless(probe)) for probe in gateway["probes"]}
        for name, gateway in document["gateways"].items()
    }


def ran(results: Path, *options: str) -> None:
    code = main(["run", "--environments", os.environ[VARIABLE], "--results", str(results), *SELECTED, *options])
    assert code == ExitCode.AS_EXPECTED


@pytest.fixture
def documents(tmp_path: Path) -> list[dict[str, Any]]:
    """The results of the whole run, and of its shards merged."""
    need_row("ib_async==2.1.0")
    ran(tmp_path / "whole")
    for index in range(1, SHARDS + 1):
        ran(tmp_path / "parts" / str(index), "--shard", f"{index}/{SHARDS}", "--times", str(tmp_path / "whole/latest"))
    parts = sorted(str(part) for part in (tmp_path / "parts").iterdir())
    assert main(["merge", *parts, "--results", str(tmp_path / "merged")]) == ExitCode.AS_EXPECTED
    return [json.loads((tmp_path / name / "latest/results.json").read_text("utf-8")) for name in ("whole", "merged")]


@pytest.mark.slow
def test_eight_shards_merged_are_the_run_that_was_not_split_but_for_times(documents: list[dict[str, Any]]) -> None:
    whole, merged = documents

    assert len(whole["cells"]) >= SHARDS
    assert list(merged["cells"]) == list(whole["cells"])
    assert list(differing(timeless(whole), timeless(merged))) == []
    assert seen_by_control(merged) == seen_by_control(whole)
    assert {key: merged["run"][key] for key in ("counts", "verdicts", "interrupted", "matrix")} == {
        key: whole["run"][key] for key in ("counts", "verdicts", "interrupted", "matrix")
    }
    assert len(merged["run"]["parts"]) == SHARDS
