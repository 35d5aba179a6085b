"""CTRF documents that readers of CTRF take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from harness.views.export.test_reports import ctrf

if TYPE_CHECKING:
    from harness.results.results_model import Results

SCHEMA = Draft202012Validator(json.loads(Path(__file__).with_name("ctrf.schema.json").read_text("utf-8")))
EXPECTED = {
    "pass": "passed",
    "fail": "failed",
    "expected-fail": "skipped",
    "unexpected-pass": "failed",
    "skipped": "skipped",
    "unsupported": "skipped",
    "error": "failed",
    "not-run": "failed",
    "our-fail": "failed",
}
PROGRAMS = {
    "same": "passed",
    "different": "failed",
    "known": "skipped",
    "surprise": "failed",
    "fails": "skipped",
    "lacking": "skipped",
    "error": "failed",
    "not-run": "failed",
}


def test_it_obeys_the_schema(run: Results) -> None:
    SCHEMA.validate(json.loads(json.dumps(ctrf(run))))


@pytest.mark.parametrize(
    "damage",
    [
        lambda document: document.pop("reportFormat"),
        lambda document: document["results"]["summary"].pop("pending"),
        lambda document: document["results"]["tests"][0].update(status="error"),
        lambda document: document["results"]["tests"][0].update(suite="ib_async"),
        lambda document: document["results"]["tests"][0].update(duration=0.5),
    ],
    ids=["format", "count", "status", "suite", "duration"],
)
def test_the_schema_tells_right_from_wrong(run: Results, damage: Any) -> None:
    document = ctrf(run)
    damage(document)

    assert not SCHEMA.is_valid(document)


def test_each_cell_is_a_test_and_nothing_red_looks_green(run: Results) -> None:
    tests = ctrf(run)["results"]["tests"]
    first_row = {test["tags"][1]: test for test in tests if test["suite"] == ["ib_async==2.1.0/py3.10"]}

    assert {kind: test["status"] for kind, test in first_row.items()} == EXPECTED
    assert (first_row["error"]["rawStatus"], first_row["our-fail"]["rawStatus"]) == ("error", "fail")
    assert first_row["expected-fail"]["message"].startswith("fail at ready")
    assert "message" not in first_row["pass"]


def test_nothing_that_was_said_leaves_control_characters(run: Results) -> None:
    (failed,) = (
        test for test in ctrf(run)["results"]["tests"] if test["rawStatus"] == "fail" and test["extra"]["verdict"]
    )

    assert "in Zürich" in failed["trace"]
    assert failed["message"].isprintable()
    assert failed["trace"].replace("\n", "").isprintable()


def test_the_numbers_add_up_and_the_times_are_milliseconds(run: Results) -> None:
    document = ctrf(run)
    summary = document["results"]["summary"]

    assert (summary["tests"], summary["passed"], summary["failed"], summary["skipped"]) == (18, 10, 5, 3)
    assert summary["stop"] - summary["start"] == 7_400
    assert document["results"]["environment"]["healthy"] is False


def test_the_same_run_gives_the_same_report(run: Results) -> None:
    assert ctrf(run) == ctrf(run)


def test_the_cells_of_programs_are_tests_and_counted(with_program: Results) -> None:
    document = json.loads(json.dumps(ctrf(with_program)))
    SCHEMA.validate(document)
    tests = {test["tags"][1]: test for test in document["results"]["tests"] if test["suite"] == ["bot"]}

    assert {kind: test["status"] for kind, test in tests.items()} == PROGRAMS
    assert (tests["error"]["rawStatus"], tests["not-run"]["rawStatus"]) == ("error", "not-run")
    assert tests["fails"]["message"] == "nobody can tell: it fails there and today: Unknown: it ends with exit code 3."
    assert tests["different"]["extra"]["changed"] == ["gateway"]
    assert tests["same"]["duration"] == 1_250
    summary = document["results"]["summary"]
    assert (summary["tests"], summary["passed"], summary["failed"], summary["skipped"]) == (26, 11, 9, 6)
    assert summary["suites"] == 3


def test_what_a_program_wrote_leaves_no_control_characters(with_program: Results) -> None:
    (trace,) = (test["trace"] for test in ctrf(with_program)["results"]["tests"] if test["name"] == "bot/different")

    assert "wrote" in trace
    assert trace.replace("\n", "").isprintable()
