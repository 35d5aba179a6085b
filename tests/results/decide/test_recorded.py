"""Recordings as evidence: named with their day and with what was recorded, and unknown where they have no answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.recordings.origin import Origin
from harness.recordings.recording import Entry, GatewayRecorded
from harness.results.decide.row_judging import Judgement, Required, Standing, judge_row
from harness.results.results_model import Results
from harness.shared import not_recorded
from harness.shared.status import Status
from harness.views.terminal.decision_text import judgement_document, proofs
from tests.recordings.made import HEAD, SESSION, packed
from tests.results.decide.making import Making, making

__all__ = ["making"]

MATRIX = """
[defaults]
pythons = ["3.11"]

[[library]]
adapter = "ib_async"
versions = ["2.1.0"]

[[gateway]]
product = "gateway"
version = "10.45"
kind = "replay"
recording = "made.ibrec"
"""
COLUMN = "gateway-10.45-paper-replay"
REAL = {"program": "gateway"}
NOW = datetime(2026, 12, 3, tzinfo=UTC)


def recorded(folder: Path, gateway: Mapping[str, str], entries: tuple[Entry, ...] = SESSION) -> None:
    told = GatewayRecorded.model_validate({"product": "gateway", **gateway})
    packed(folder, entries, HEAD.model_copy(update={"gateway": told}))


def judged(making: Making, *runs: Results, wanted: Required = Required()) -> Judgement:  # noqa: B008 - frozen
    evidence = making.evidence(*runs)
    (row,) = evidence.rows.values()
    (judgement,) = judge_row(evidence, row, [COLUMN], wanted)
    return judgement


@pytest.mark.parametrize(
    ("gateway", "origin", "words"),
    [
        ({"program": "gateway", "build": "10.45.1c"}, Origin.REAL, "of a real gateway, 10.45.1c, replayed"),
        ({"kind": "docker"}, Origin.REAL, "of a real gateway, replayed"),
        ({"program": "ib-compat"}, Origin.SIMULATED, "of a simulated gateway, replayed"),
        ({"kind": "simulator"}, Origin.SIMULATED, "of a simulated gateway, replayed"),
        ({}, Origin.UNKNOWN, "of a gateway that may be real or simulated, replayed"),
    ],
)
def test_a_recording_is_evidence_of_what_was_recorded_on_its_day(
    gateway: dict[str, str], origin: Origin, words: str, making: Making
) -> None:
    recorded(making.folder, gateway)
    judgement = judged(making, making.run(matrix=MATRIX))
    assert judgement.standing is Standing.WORKS
    (proof,) = proofs([judgement], NOW)
    assert proof.endswith(f", recorded on 2026-11-30 {words}")
    told = judgement_document(judgement)["recorded"]
    assert isinstance(told, dict)
    assert (told["origin"], told["began"]) == (origin, "2026-11-30T14:30:00Z")


def test_what_the_recording_does_not_answer_is_not_known(making: Making) -> None:
    recorded(making.folder, REAL)
    run = making.run(("ib_async", COLUMN, "scanner", Status.SKIPPED), matrix=MATRIX)
    (name, cell), *_ = run.cells.items()
    why = not_recorded.text_of("req_scanner_subscription")
    checks = [replace(each, reason=why) if each.name == "scanner" else each for each in cell.checks]
    lost = replace(run, cells={name: replace(cell, checks=checks)})
    judgement = judged(making, lost)
    assert (judgement.standing, judgement.why) == (Standing.UNKNOWN, "the recording has no answer to scanner")
    assert judged(making, lost, wanted=Required(allowed=frozenset({"scanner"}))).standing is Standing.WORKS
    assert judged(making, run).standing is Standing.WORKS, "as at a real gateway, for which a market may be closed"


def test_another_recording_under_the_same_name_is_another_gateway(making: Making) -> None:
    recorded(making.folder, REAL)
    first = making.run(matrix=MATRIX)
    (making.folder / "made.ibrec").unlink()
    recorded(making.folder, REAL, tuple(replace(each, at=each.at + 1) for each in SESSION))
    second = making.run(("ib_async", COLUMN, "positions", Status.SKIPPED), matrix=MATRIX, days=1)
    assert judged(making, second, first).run == second.run.id
    evidence = making.evidence(replace(second, cells={}), first)
    assert not evidence.cells, "what was asked of the first recording says nothing of the second"
