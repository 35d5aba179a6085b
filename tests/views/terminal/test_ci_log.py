"""Whatever a library or gateway says, no line of our output is a command to the system that keeps a job's log."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.cli import main
from harness.results.results_files import write_results
from harness.results.results_json import json_text, record_of
from harness.results.results_model import Results
from harness.results.run_folder import create_run_folder, point_latest
from harness.views.terminal.ci_log import Guard
from tests.results.compare.changing import red_at_ready, with_cell
from tests.views.page.making import leave_evidence, with_files

if TYPE_CHECKING:
    from tests.conftest import Maker

RUN = "20261120T101112Z-ab12"
CELL = "ib_async==2.1.0/py3.10/gateway-10.45-paper"
SAID = "::error file=x::owned\n  ::set-env name=x::y\r::add-mask::z " + "::stop-commands::x " * 9 + "##[error]x"
COMMAND = re.compile(r"##(vso|teamcity)?\[")

PIECES = (":", "::", "\n", "\r", " ", "\t", "\u3000", "\u00a0", "#", "##", "[", "vso", "a")
texts = st.lists(st.sampled_from(PIECES)).map("".join)


def commands(text: str) -> list[str]:
    return [line for line in re.split(r"[\n\r]", text) if line.strip().startswith("::") or COMMAND.search(line)]


@given(texts, st.lists(st.integers(1, 7)))
@example("##[\u3000", [1, 1, 1, 1])
@example("##[" + "a" * 20, [3, 1, 1, 1])
def test_in_whatever_pieces_it_comes_there_is_no_command(text: str, sizes: list[int]) -> None:
    below = io.BytesIO()
    guard, data = Guard(below), text.encode()
    for size in sizes:
        guard.write(data[:size])
        data = data[size:]
    guard.write(data)
    assert commands(below.getvalue().decode()) == []


@given(texts)
def test_what_is_no_command_is_as_it_was(text: str) -> None:
    below = io.BytesIO()
    Guard(below).write(text.encode())
    unchanged = below.getvalue() == text.encode()
    assert unchanged or commands(text) or text.endswith(":")


@pytest.fixture
def run(make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Results:
    """A run in which everything that others say begins with a command."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "40")
    results = with_files(with_cell(red_at_ready(make.results(), CELL), CELL, reason=SAID), CELL)
    document = json.loads(json_text(results))
    cell = document["cells"][CELL]
    cell["notices"] = [{"code": 2104, "message": SAID, "req_id": -1}]
    cell["checks"][4]["reason"] = SAID
    cell["checks"][4]["status"] = "fail"
    gateway = next(iter(document["gateways"].values()))
    gateway["error"] = SAID
    results = record_of(Results, document)
    folder = create_run_folder(Path("results"), RUN)
    write_results(folder, results)
    leave_evidence(folder, CELL, log=[SAID])
    point_latest(Path("results"), RUN)
    return results


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize(
    "words",
    [
        ("report",),
        ("report", "--json"),
        ("show", CELL),
        ("show", CELL, "--json"),
        ("history", "*"),
        ("compare", RUN, "--all"),
        ("show", f"no such cell\n{SAID}"),
        *(("export", "--format", form) for form in ("markdown", "junit", "ctrf", "issues", "badge")),
    ],
)
def test_no_command_of_ours_writes_one_of_theirs(words: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    main(words)
    out, err = capfd.readouterr()
    assert commands(out) == commands(err) == []
    if "--json" in words:
        assert "##[error]x" in json.dumps(json.loads(out))


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("form", ["markdown", "junit", "ctrf", "issues"])
def test_files_for_others_have_none_and_mean_the_same(form: str) -> None:
    assert main(["export", "--format", form, "--output", "it"]) == 0
    text = Path("it").read_text("utf-8")
    if form == "markdown":
        assert commands(text) == []
    elif form == "junit":
        assert commands(text) == []
        assert "::error file=x::owned" in "".join(ET.fromstring(text).itertext())  # noqa: S314 - our own
    else:
        assert "::error file=x::owned" in json.dumps(json.loads(text))
