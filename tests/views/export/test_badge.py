"""A badge whose colour is the exit code of the run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from harness.plan.build_plan import build_plan
from harness.views.export.badge import badge
from tests.results.compare.changing import EXPECTED_RED, RED, with_cell
from tests.results.program_cells import KINDS as PROGRAMS
from tests.results.program_cells import program_of, with_programs
from tests.views.export.conftest import KINDS, counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.plan.matrix.load import Matrix
    from tests.conftest import Maker

SCHEMA = Draft202012Validator(json.loads(Path(__file__).with_name("badge.schema.json").read_text("utf-8")))


@pytest.mark.parametrize(
    ("changes", "message", "colour"),
    [
        ({}, "4 pass", "brightgreen"),
        (EXPECTED_RED, "3 pass, 1 as expected", "brightgreen"),
        (RED, "1 of 4 not as expected", "red"),
        (KINDS["unexpected-pass"], "1 of 4 not as expected", "red"),
        (KINDS["error"], "1 of 4 without an answer", "orange"),
    ],
)
def test_the_badge_says_what_the_run_came_to(
    make: Maker, matrix: Callable[..., Matrix], changes: dict[str, Any], message: str, colour: str
) -> None:
    drawn = badge(counted(with_cell(make.results(build_plan(matrix(), allow_live=True)), **changes)))

    SCHEMA.validate(drawn)
    assert (drawn["message"], drawn["color"], drawn["isError"]) == (message, colour, colour == "orange")


def test_an_interrupted_run_has_no_colour(make: Maker) -> None:
    results = make.results()
    interrupted = replace(results, run=replace(results.run, interrupted=True))

    assert (badge(interrupted)["message"], badge(interrupted)["color"]) == ("interrupted", "lightgrey")


def test_the_schema_tells_right_from_wrong(make: Maker) -> None:
    assert not SCHEMA.is_valid({**badge(make.results()), "message": ""})


@pytest.mark.parametrize(
    ("kinds", "message"),
    [
        ("same", "2 pass"),
        ("same known", "2 pass, 1 as expected"),
        ("same lacking", "2 pass, 1 as expected"),
        ("same different", "1 of 3 not as expected"),
        ("same surprise", "1 of 3 not as expected"),
        ("same fails lacking", "1 of 4 without an answer"),
        ("error error", "2 of 3 without an answer"),
    ],
)
def test_the_cells_of_programs_count(make: Maker, kinds: str, message: str) -> None:
    cells = {f"{number}": PROGRAMS[kind] for number, kind in enumerate(kinds.split())}

    assert badge(with_programs(make.results(), bot=program_of(cells)))["message"] == message
