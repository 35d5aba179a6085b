"""``ib-compat uses``: what it prints of a program's code, and what it makes of files of any kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.programs.asked import Outcome
from harness.results.results_files import move_latest, write_results
from harness.shared.errors import ExitCode
from harness.shared.status import Status
from harness.views.terminal.asked_page import asked_document
from tests.conftest import Maker
from tests.programs.ran import ran, request
from tests.recordings.simulated import file_of
from tests.results.decide.making import Making

BOT = """
from ib_async import IB
ib = IB()
ib.reqPositions()
ib.reqPnL("DU9000001")
ib.reqFundamentalData(stock, reportType="ReportSnapshot")
"""
CHANGES = {
    "before": {"library": "ib_async==1.0.3"},
    "after": {"library": "ib_async==2.1.0"},
    "changes": [
        {
            "group": "value",
            "what": "reqPositions(): what it returns",
            "before": "a list",
            "after": "a tuple",
            "situations": ["signatures"],
        },
        {"group": "log", "what": "reqIds()", "before": "1", "after": "2", "situations": ["signatures"]},
    ],
}


@pytest.fixture(name="folder")
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "bot.py").write_text(BOT, encoding="utf-8")
    return tmp_path


@pytest.fixture(name="measured")
def run_of_a_small_matrix(folder: Path, make: Maker) -> Path:
    run = Making(make, folder).run(("ib_async==2.0.1", "", "pnl", Status.TIMEOUT))
    place = folder / "results" / run.run.id
    place.mkdir(parents=True)
    write_results(place, run)
    move_latest(place, run)
    return place


def document(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["uses", "bot.py", "--json", *words]) == ExitCode.AS_EXPECTED
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def line_of(out: str, name: str) -> str:
    return next(line for line in out.splitlines() if line.split()[:1] == [name])


@pytest.mark.usefixtures("folder")
def test_nothing_is_called_broken_where_nothing_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["uses", "bot.py"]) == ExitCode.AS_EXPECTED
    out = capsys.readouterr().out
    assert "Nothing was measured" in out
    assert "not measured" in line_of(out, "reqPositions")
    assert not {"red", "broken", "passed"} & set(out.split())


@pytest.mark.usefixtures("measured")
def test_what_a_run_measured_is_joined(capsys: pytest.CaptureFixture[str]) -> None:
    main(["uses", "bot.py"])
    out = capsys.readouterr().out
    assert "6 passed" in line_of(out, "reqPositions"), "three rows at two gateways"
    assert "2 of 6 red" in line_of(out, "reqPnL"), "one row at two gateways"
    assert "not measured" in line_of(out, "reqFundamentalData"), "no check asks it"
    assert "ib_async==2.0.1/py3.11 at gateway-10.37-paper, gateway-10.50-paper: pnl: timeout" in out
    assert "bot.py:4" in out


def test_all_of_it_is_had_as_data(measured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys)
    assert (found["libraries"], found["run"], found["lines"]) == (["ib_async"], measured.name, 6)
    (fundamental,) = (each for each in found["uses"] if each["name"] == "reqFundamentalData")
    assert fundamental == {
        "name": "reqFundamentalData",
        "kind": "method",
        "count": 1,
        "places": [{"file": "bot.py", "line": 6}],
        "arguments": ["reportType"],
        "sends": ["req_fundamental_data"],
        "perhaps": False,
        "measured": "not measured",
    }
    assert found["measured"].keys() == {"req_positions", "req_pnl"}
    assert found["measured"]["req_pnl"]["reds"][0]["check"] == "pnl"


@pytest.mark.usefixtures("measured")
def test_a_run_that_is_named_must_be_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["uses", "bot.py", "--run", "20200101T000000Z-0000"]) == ExitCode.WRONG_USE
    (folder / "broken.json").write_text("{}", encoding="utf-8")
    assert main(["uses", "bot.py", "--run", "broken.json"]) == ExitCode.WRONG_USE
    assert capsys.readouterr().err.count("ib-compat:") == 2


def test_what_was_really_asked_is_added(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = asked_document(ran(request("req_positions"), request("req_fa", Outcome.REFUSED)).asked)
    (folder / "asked.json").write_text(json.dumps(told), encoding="utf-8")
    main(["uses", "bot.py", "--trace", "asked.json"])
    out = capsys.readouterr().out
    assert "1 answered" in line_of(out, "reqPositions")
    assert "never" in line_of(out, "reqPnL")
    assert "no name in the code leads to: req_fa 1 refused" in out


def test_what_a_call_led_to_is_told_in_sums(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "bot.py").write_text(f"{BOT}ib.connect()\n", encoding="utf-8")
    asked = [request("req_positions"), request("req_account_updates"), request("req_executions", Outcome.REFUSED)]
    (folder / "asked.json").write_text(json.dumps(asked_document(ran(*asked).asked)), encoding="utf-8")
    main(["uses", "bot.py", "--trace", "asked.json"])
    assert "2 answered, 1 refused" in line_of(capsys.readouterr().out, "connect")


def test_a_recording_and_a_trial_say_it_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "--trace", str(file_of("gateway-10.45")))
    assert found["asked"]["req_positions"]["answered"] >= 1
    runs = [{"requests": [{"name": "req_positions", "outcome": "answered", "count": 3}]}, {"requests": []}]
    (folder / "tried.json").write_text(json.dumps({"runs": runs}), encoding="utf-8")
    assert document(capsys, "--trace", "tried.json")["asked"] == {"req_positions": {"answered": 3}}


def test_changes_that_concern_the_code_are_added(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "changes.json").write_text(json.dumps(CHANGES), encoding="utf-8")
    main(["uses", "bot.py", "--changes", "changes.json"])
    out = capsys.readouterr().out
    assert "1 change from ib_async==1.0.3 to ib_async==2.1.0 concern" in out
    assert "a list → a tuple; your code: reqPositions (bot.py:4)" in out
    assert line_of(out, "reqPositions").split()[-2:] == ["1", "bot.py:4"]
    assert [each["names"] for each in document(capsys, "--changes", "changes.json")["changes"]] == [["reqPositions"]]


@pytest.mark.parametrize("option", ["--trace", "--changes"])
@pytest.mark.parametrize("text", ["", "[]", "{}", '{"connections": 1}', '{"changes": [{}]}', '{"runs": []}', "nul\0"])
def test_a_file_of_another_kind_is_refused(
    folder: Path, option: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "other").write_text(text, encoding="utf-8")
    assert main(["uses", "bot.py", option, "other"]) == ExitCode.HARNESS_FAILED
    err = capsys.readouterr().err
    assert err.startswith("ib-compat: other: ")
    assert "own" not in err


def test_files_that_cannot_be_read_are_said_and_the_rest_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "old.py").write_text("print 'Python 2'", encoding="utf-8")
    (folder / "latin.py").write_bytes(b"name = '\xe4'")
    assert main(["uses", "."]) == ExitCode.AS_EXPECTED
    out = capsys.readouterr().out
    assert "old.py: not read" in out
    assert "latin.py: not read" in out
    assert "reqPositions" in out


@pytest.mark.parametrize("words", [[], ["nowhere"], ["other.py"], ["bot.py", "--trace", "nowhere"]])
def test_wrong_use_is_said(folder: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "other.py").write_text("import pandas", encoding="utf-8")
    assert main(["uses", *words]) == ExitCode.WRONG_USE
    assert capsys.readouterr().err
