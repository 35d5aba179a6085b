"""The campaign finds what is not refused with an error of ours, and begins with inputs that are right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from campaigns import fuzz, reading, targets
from campaigns.targets import READERS, Reader, refused

INPUTS = 100
RIGHT = (
    "client",
    "gateway",
    "cleaning",
    "guard",
    "recording",
    "unfinished",
    "hello",
    "transcript",
    "requirements",
    "matrix",
)
"""Targets all of whose starting inputs are read; a run's first need not be one of this version."""


@pytest.mark.parametrize("name", RIGHT)
def test_what_a_campaign_begins_with_is_right(name: str) -> None:
    inputs = READERS[name].start()
    assert inputs
    foreign = sum(refused(READERS[name].read, data) for data in inputs)
    assert foreign == {"hello": 0, "requirements": 1}.get(name, 0)


@pytest.mark.parametrize("name", sorted({*READERS} - {"requirements", "results"}))
def test_changed_inputs_are_read_or_refused(name: str, tmp_path: Path) -> None:
    corpus, findings = tmp_path / "corpus", tmp_path / "findings"
    corpus.mkdir()
    findings.mkdir()
    for number, data in enumerate(READERS[name].start()):
        (corpus / str(number)).write_bytes(data)
    reading.changed(name, INPUTS, 1, corpus, findings)
    assert not list(findings.iterdir())


def test_an_error_that_is_not_ours_is_a_finding_with_the_input_that_met_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, findings = tmp_path / "corpus", tmp_path / "findings"
    corpus.mkdir()
    findings.mkdir()
    (corpus / "1").write_bytes(b"abc")
    met: list[bytes] = []

    def read(data: bytes) -> None:
        met.append(data)
        raise KeyError(data)

    monkeypatch.setitem(targets.READERS, "hello", Reader(read, list))
    with pytest.raises(KeyError):
        reading.changed("hello", INPUTS, 1, corpus, findings)
    (found,) = findings.iterdir()
    assert found.read_bytes() == met[0]


def test_the_same_seed_gives_the_same_inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "1").write_bytes(b"API\0\0\0\0\x09v100..226")
    runs: list[list[bytes]] = []
    for seed in (1, 1, 2):
        met: list[bytes] = []
        monkeypatch.setitem(targets.READERS, "hello", Reader(met.append, list))
        reading.changed("hello", INPUTS, seed, corpus, tmp_path)
        runs.append(met)
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.slow
def test_a_campaign_leaves_its_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["fuzz", "--target", "hello", "--inputs", "50", "--folder", str(tmp_path)])
    assert fuzz.main() == 0
    figures = json.loads((tmp_path / "fuzz.json").read_text("utf-8"))["figures"]
    assert [(each["target"], each["inputs"], each["findings"]) for each in figures] == [("hello", 50, [])]
