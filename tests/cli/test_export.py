"""``ib-compat export``: a run as other programs read it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from junitparser import JUnitXml

from harness.cli import main
from harness.results.results_files import write_results
from harness.results.run_folder import create_run_folder, point_latest
from harness.shared.errors import ExitCode
from tests.results.program_cells import KINDS, program_of, with_programs

if TYPE_CHECKING:
    from tests.conftest import Maker

RUN = "20261120T101112Z-ab12"


@pytest.fixture(autouse=True)
def folder(make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_results(create_run_folder(Path("results"), RUN), make.results())
    point_latest(Path("results"), RUN)
    return tmp_path


@pytest.mark.parametrize("form", ["junit", "ctrf", "markdown", "badge"])
def test_a_file_has_what_standard_output_would(form: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["export", "--format", form]) == ExitCode.AS_EXPECTED
    written = capfdbinary.readouterr().out

    assert main(["export", RUN, "--format", form, "--output", "out"]) == ExitCode.AS_EXPECTED

    assert Path("out").read_bytes() == written
    assert written


def test_each_format_is_what_it_says() -> None:
    for form in ("junit", "ctrf", "markdown", "badge"):
        main(["export", "--format", form, "--output", form])

    assert [suite.tests for suite in JUnitXml.fromfile("junit")] == [1]
    assert json.loads(Path("ctrf").read_text("utf-8"))["reportFormat"] == "CTRF"
    assert Path("markdown").read_text("utf-8").startswith("# ib-compat: ✓ every cell is as expected")
    assert json.loads(Path("badge").read_text("utf-8"))["message"] == "1 pass"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--format", "html"], "'html' is not one of"),
        ([], "Missing option '--format'"),
        (["nothing", "--format", "badge"], "no run 'nothing'"),
        (["--format", "badge", "--output", "no/such/folder/badge.json"], "cannot be written"),
    ],
)
def test_wrong_use_is_told(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", *arguments]) == ExitCode.WRONG_USE
    assert says in capsys.readouterr().err


def test_an_issue_of_a_program_knows_since_which_of_the_runs_that_are_there(make: Maker) -> None:
    """Runs of another matrix file, and steps of bisections, say nothing of it."""
    other, step = {"matrix": "other.toml"}, {"command": ["ib-compat", "bisect", "ib_async"]}
    days: list[tuple[int, str, dict[str, Any]]] = [
        *((16, "same", {}), (17, "different", {}), (18, "same", other), (19, "same", step), (20, "different", {})),
    ]
    for day, kind, more in days:
        results = with_programs(make.results(), bot=program_of({"then": KINDS[kind]}))
        run = f"202611{day}T101112Z-cd34"
        started = results.run.started.replace(day=day)
        named = replace(results, run=replace(results.run, id=run, started=started, **more))
        write_results(create_run_folder(Path("results"), run), named)
        Path("results", run, "plan.json").touch()
        point_latest(Path("results"), run)

    assert main(["export", "--format", "issues", "--output", "issues.json"]) == ExitCode.AS_EXPECTED

    (issue,) = json.loads(Path("issues.json").read_text("utf-8"))["broken"]
    assert "since 2026-11-17 (run 20261117T101112Z-cd34)" in issue["body"]
