"""The commands that answer questions: plan, report, profiles, schema, simulate."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.cli import main
from harness.known.scenarios import ORDINARY, Door, load
from harness.results.results_files import write_results
from harness.results.results_json import json_text, results_schema
from harness.results.run_folder import create_run_folder, point_latest
from harness.shared.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.plan.matrix.load import Matrix
    from harness.results.results_model import Results
    from tests.conftest import Maker

RUN = "20261120T101112Z-ab12"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.fixture
def stored(make: Maker) -> Results:
    results = make.results()
    write_results(create_run_folder(Path("results"), RUN), results)
    point_latest(Path("results"), RUN)
    return results


@pytest.mark.parametrize("named", [[], [RUN], ["latest"], [f"results/{RUN}"]])
def test_report_draws_a_stored_run_again(named: list[str], stored: Results, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", *named]) == ExitCode.AS_EXPECTED

    shown = capsys.readouterr().out
    assert "✓ 178" in shown
    assert f"Results: results/{RUN}" in shown
    assert stored.run.id == RUN


def test_report_answers_as_json(stored: Results, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--json"]) == ExitCode.AS_EXPECTED

    assert json.loads(capsys.readouterr().out) == json.loads(json_text(stored))


def test_report_without_a_run_says_how_to_make_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report"]) == ExitCode.WRONG_USE

    assert capsys.readouterr().err == "ib-compat: results: contains no run\nib-compat run makes one.\n"


@pytest.mark.usefixtures("stored")
def test_report_of_a_newer_schema_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    file = Path("results", RUN, "results.json")
    newer = file.read_text(encoding="utf-8").replace('"schema_version":"1.', '"schema_version":"2.')
    file.write_text(newer, encoding="utf-8")

    assert main(["report"]) == ExitCode.WRONG_USE

    assert "schema version 2." in capsys.readouterr().err


def test_the_plan_shows_every_cell_and_why_others_are_absent(
    matrix: Callable[..., Matrix], capsys: pytest.CaptureFixture[str]
) -> None:
    matrix("\n[[exclude]]\nversions = '<2'\nreason = 'too old'\n")

    assert main(["plan", "--matrix", "mine.toml"]) == ExitCode.AS_EXPECTED

    assert capsys.readouterr().out == (
        "mine.toml: 1 cell: 1 row against 2 gateways; 1 more skipped; 2 absent.\n"
        "  ib_async==2.1.0/py3.10/gateway-10.45-paper\n"
        "  ib_async==2.1.0/py3.10/tws-10.37-live  "
        "(skipped: it is live, and live is asked only with --allow-live)\n"
        "Absent, excluded by [[exclude]] 1: too old:\n"
        "  ib_async==1.0.3/py3.10/gateway-10.45-paper\n"
        "  ib_async==1.0.3/py3.10/tws-10.37-live\n"
    )


def test_the_plan_shows_what_is_expected_and_answers_as_json(
    matrix: Callable[..., Matrix], capsys: pytest.CaptureFixture[str]
) -> None:
    matrix(
        "\n[[expect]]\nversions = '<2'\ncheck = 'ready'\nstatus = ['fail', 'timeout']\nreason = 'known'\n"
        "since = 2026-01-01\nreview = 2026-07-01\n"
    )
    select = ["plan", "--matrix", "mine.toml", "--gateway", "gateway-*"]

    main(select)
    assert "(expected: fail or timeout at ready; known)" in capsys.readouterr().out
    main([*select, "--json"])
    plan = json.loads(capsys.readouterr().out)

    assert [(cell["cell"], cell["expected"], cell["client_id"]) for cell in plan["cells"]] == [
        ("ib_async==2.1.0/py3.10/gateway-10.45-paper", [], 7300),
        (
            "ib_async==1.0.3/py3.10/gateway-10.45-paper",
            [{"rule": 1, "check": ["ready"], "status": ["fail", "timeout"]}],
            7302,
        ),
    ]
    assert {absent["reason"] for absent in plan["absent"]} == {"not selected by --gateway"}


def test_the_plan_names_expectations_past_their_review(
    matrix: Callable[..., Matrix], capsys: pytest.CaptureFixture[str]
) -> None:
    rule = "\n[[expect]]\nstatus = 'fail'\nreason = 'known'\nsince = 2020-01-01\nreview = {}\n"
    matrix(rule.format("2020-07-01") + rule.format("9999-12-31"))

    main(["plan", "--matrix", "mine.toml"])
    shown = capsys.readouterr().out
    main(["plan", "--matrix", "mine.toml", "--json"])
    plan = json.loads(capsys.readouterr().out)

    assert shown.endswith("\n[[expect]] 1 was due for review by 2020-07-01: known\n")
    assert [rule["overdue"] for rule in plan["expectations"]] == [True, False]


def test_the_plan_has_checks_that_send_orders_only_with_the_option(
    matrix: Callable[..., Matrix], capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(matrix().file)
    asked = {}
    for options in ((), ("--orders",)):
        assert main(["plan", "--matrix", file, "--json", *options]) == ExitCode.AS_EXPECTED
        cells = json.loads(capsys.readouterr().out)["cells"]
        asked[options] = {cell["gateway"] for cell in cells if "limit_order" in cell["checks"]}
    assert asked == {(): set(), ("--orders",): {"gateway-10.45-paper"}}


def test_the_default_matrix_is_planned_where_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan"]) == ExitCode.AS_EXPECTED

    assert "264 cells: 12 rows against 22 gateways." in capsys.readouterr().out


def test_profiles_are_listed_with_how_their_version_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profiles"]) == ExitCode.AS_EXPECTED
    shown = capsys.readouterr().out
    assert main(["profiles", "--json"]) == ExitCode.AS_EXPECTED
    profiles = json.loads(capsys.readouterr().out)

    assert max(map(len, shown.splitlines())) <= 80
    assert profiles["gateway-10.37"]["server_version"] == 203
    assert profiles["gateway-10.37"]["evidence"] == "measured"
    assert all(name in shown for name in profiles)


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == ExitCode.AS_EXPECTED

    assert json.loads(capsys.readouterr().out) == results_schema()


def test_simulate_serves_what_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(
        "harness.gateways.simulator.standalone.run", lambda gateway, **options: served.append((gateway, options))
    )

    assert main(["simulate", "--gateway", "10.45", "--port", "0", "--mode", "live", "--quiet"]) == 0

    ((gateway, options),) = served
    assert gateway == "10.45"
    assert callable(options.pop("announce"))
    assert callable(options.pop("overhear"))
    assert options == {
        "until": None,
        "mode": "live",
        "host": "127.0.0.1",
        "port": 0,
        "quiet": True,
        "scenario": None,
        "behaviour": ORDINARY,
        "seed": 1,
        "fresh": False,
        "timing": None,
        "day": None,
        "state": None,
    }


def test_simulate_takes_a_clock_and_a_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[dict[str, Any]] = []
    monkeypatch.setattr("harness.gateways.simulator.standalone.run", lambda _gateway, **options: served.append(options))
    at = dt.datetime(2026, 11, 27, 20, 59, 50, tzinfo=dt.UTC).timestamp()

    assert main(["simulate", "--at", "2026-11-27T15:59:50-05:00", "--speed", "60", "--seed", "7"]) == 0
    assert main(["simulate", "--market", "still", "--account", "empty"]) == 0

    moving, still = served
    assert moving["seed"] == 7
    assert at <= moving["timing"].now() < at + 600
    assert still["seed"] is None
    assert [options["fresh"] for options in served] == [False, True]


def test_simulate_plays_a_scenario_with_other_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[dict[str, Any]] = []
    monkeypatch.setattr("harness.gateways.simulator.standalone.run", lambda _gateway, **options: served.append(options))
    settings = ["bytes_per_second=5", "never_sent=['position_end']", "banner=2.0", "server_version=76", "door=deaf"]

    assert main(["simulate", "--scenario", "trickle", *(word for each in settings for word in ("--set", each))]) == 0

    (options,) = served
    assert options["scenario"] == "trickle"
    assert options["behaviour"].given == {
        "bytes_per_second": 5,
        "never_sent": ("position_end",),
        "banner": "2.0",
        "server_version": 76,
        "door": Door.DEAF,
    }


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--scenario", "trikle"], "'trikle'; did you mean 'trickle'?\nib-compat scenarios"),
        (["--at", "tomorrow"], "'tomorrow' is no moment"),
        (["--at", "2026-11-27T15:59:50"], "'2026-11-27T15:59:50' has no zone"),
        (["--speed", "0"], "0.01<=x<=100000"),
        (["--set", "bytes_per_secnd=5"], "unknown key 'bytes_per_secnd'; did you mean 'bytes_per_second'?"),
        (["--set", "bytes_per_second"], "--set bytes_per_second: expected KEY=VALUE"),
        (["--set", "bytes_per_second=fast"], "--set bytes_per_second: 'fast': expected a number"),
        (["--set", "bytes_per_second=true"], "--set bytes_per_second: True: expected a number"),
        (["--set", "bytes_per_second=0"], "--set bytes_per_second: 0: expected greater than 0"),
        (["--set", "held_client_ids=[7]"], "--set held_client_ids: [7]: expected a list of [first, last]"),
        (["--set", "version_payload=abc"], "--set version_payload: 'abc': expected bytes in hex, two digits each"),
        (["--set", "door=ajar"], "--set door: 'ajar': expected one of serves, refuses, never-accepts"),
        (["--set", "never_sent=position_end"], "--set never_sent: 'position_end': expected a list: […]"),
    ],
)
def test_what_simulate_cannot_play_is_said_in_one_line(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", "--port", "0", *arguments]) == ExitCode.WRONG_USE

    assert complaint in capsys.readouterr().err


def test_scenarios_are_listed_with_what_they_do_and_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios"]) == ExitCode.AS_EXPECTED
    shown = capsys.readouterr().out
    assert main(["scenarios", "--json"]) == ExitCode.AS_EXPECTED
    listed = {each["scenario"]: each for each in json.loads(capsys.readouterr().out)}

    assert list(listed) == list(load())
    assert all(name in shown for name in listed)
    assert listed["trickle"] == {
        "scenario": "trickle",
        "says": load()["trickle"].says,
        "behaviour": {"bytes_per_second": 20},
        "checks": [],
    }
    assert listed["client-id-in-use"]["behaviour"] == {"held_client_ids": [[0, 2147483647]]}
    assert listed["drops"]["checks"] == ["dropped_connection"]
    assert "bytes_per_second =" in shown
    assert load()["drops"].says.split()[0] in shown


def test_simulating_what_nobody_knows_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--gateway", "10.54", "--port", "0"]) == ExitCode.WRONG_USE

    assert "gateway-10." in capsys.readouterr().err
