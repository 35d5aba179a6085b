"""``ib-compat why``: all there is to say of a cell, planned or not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.cli import main
from harness.plan.build_plan import build_plan
from harness.plan.matrix.environments import MARKER
from harness.plan.selection import Selection
from harness.results.results_files import write_results
from harness.results.run_folder import create_run_folder, point_latest
from harness.shared.errors import ExitCode
from harness.shared.evidence import CheckRecord, RunOutcome
from harness.shared.status import Status
from harness.views.terminal.style import Style
from harness.views.terminal.why_page import document, draw_why, explain

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.plan.matrix.load import Matrix
    from harness.plan.plan_model import Plan
    from harness.results.results_model import Results
    from tests.conftest import Maker

    MatrixMaker = Callable[..., Matrix]

RUN = "20261120T101112Z-ab12"
NEW, OLD = "ib_async==2.1.0/py3.10/gateway-10.45-paper", "ib_async==1.0.3/py3.10/gateway-10.45-paper"
LIVE = "ib_async==2.1.0/py3.10/tws-10.37-live"
EXPECT = """
[[expect]]
versions = ">=2"
check = ["positions", "executions"]
status = ["fail", "timeout"]
reason = "known since spring"
link = "https://example.org/a/long/address/that/is/not/to/be/broken/over/several/lines/since/people/copy/it"
since = 2020-01-01
review = 2020-07-01
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def store(results: Results) -> None:
    folder = create_run_folder(Path("results"), RUN)
    write_results(folder, results)
    for file in (folder / name for cell in results.cells.values() for name in cell.artifacts):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    point_latest(Path("results"), RUN)


def run_of(make: Maker, plan: Plan, **changed: CheckRecord) -> Results:
    outcomes = tuple(make.outcome(cell, checks=make.checks(cell, **changed), exit_code=1) for cell in plan.asked)
    met = tuple(make.gateway(gateway.name) for gateway in plan.gateways)
    return make.results(plan, RunOutcome(outcomes=outcomes, gateways=met))


def why(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["why", "--matrix", "mine.toml", *arguments]) == ExitCode.AS_EXPECTED
    return capsys.readouterr().out


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(why(capsys, *arguments, "--json"))
    return said


def test_a_planned_cell_says_what_is_asked_expected_and_seen(
    make: Maker, matrix: MatrixMaker, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = CheckRecord(name="positions", status=Status.FAIL, reason="none came")
    store(run_of(make, build_plan(matrix(EXPECT)), positions=failed))

    page = why(capsys, "2.1.0/py3.10/gateway")

    assert page.startswith(f"{NEW}\nplan       asked by mine.toml, as client id 7300\nchecks     install, import, tcp,")
    assert "expected   [[expect]] 1: fail or timeout at positions and executions\n" in page
    assert "           known since spring\n" in page
    assert "           since 2020-01-01, was due for review by 2020-07-01\n" in page
    assert "           https://example.org/a/long/address/that/is/not/to/be/broken/over/several/lines/" in page
    assert "seen       fail at positions, as expected by [[expect]] 1: known since spring\n" in page
    verdict = "nobody saw whether the gateway answered, at fault: unknown, possible [nobody-saw]"
    words = " ".join(page.split())
    assert " none came also pass at executions," in words
    assert words.count(verdict) == 1
    assert "           also pass at executions, though [[expect]] 1 says fail or timeout at\n" in page
    assert f"           results/{RUN}/cells/{NEW}/evidence.jsonl\n" in page
    assert f'rerun      nox -s "compat({NEW.rpartition("/")[0]})" -- --gateway gateway-10.45-paper --matrix' in page
    free = ("https:", "results/", "nox -s", "mine.toml:")
    assert all(len(line) <= 80 for line in page.splitlines() if not any(word in line for word in free))


def test_the_same_as_json(make: Maker, matrix: MatrixMaker, capsys: pytest.CaptureFixture[str]) -> None:
    failed = CheckRecord(name="positions", status=Status.FAIL, reason="none came")
    store(run_of(make, build_plan(matrix(EXPECT)), positions=failed))

    said = answer(capsys, NEW)

    assert (said["cell"], said["planned"], said["client_id"], said["absent"]) == (NEW, True, 7300, None)
    assert [(rule["rule"], rule["check"], rule["overdue"]) for rule in said["expected"]] == [
        (1, ["positions", "executions"], True)
    ]
    assert (said["seen"]["status"], said["seen"]["stage"], said["seen"]["fault"]) == ("fail", "positions", "unknown")
    assert said["seen"]["expected"] == {"verdict": "unexpected-pass", "rules": [1]}
    assert said["seen"]["evidence"] == [f"results/{RUN}/cells/{NEW}/evidence.jsonl"]
    assert said["rerun"].startswith("nox -s")


def test_without_a_run_the_plan_is_told(matrix: MatrixMaker, capsys: pytest.CaptureFixture[str]) -> None:
    matrix()

    page = why(capsys, OLD)

    assert "expected   everything passes\n" in page
    assert "seen       results: contains no run\n" in page
    assert answer(capsys, OLD)["not_seen"] == "results: contains no run"


def test_results_that_cannot_be_read_are_told(matrix: MatrixMaker, capsys: pytest.CaptureFixture[str]) -> None:
    matrix()
    create_run_folder(Path("results"), RUN).joinpath("results.json").write_text("{", encoding="utf-8")
    point_latest(Path("results"), RUN)

    assert "results.json: is not JSON" in answer(capsys, OLD)["not_seen"]


def test_an_excluded_cell_names_the_rule(matrix: MatrixMaker, capsys: pytest.CaptureFixture[str]) -> None:
    matrix("\n[[exclude]]\nversions = '<2'\nreason = 'too old'\n")

    page = why(capsys, OLD)

    assert "plan       not in the plan of mine.toml: excluded by [[exclude]] 1: too old\n" in page
    assert "checks" not in page
    assert "rerun" not in page
    assert answer(capsys, OLD)["planned"] is False


def test_a_cell_of_a_matrix_that_excludes_everything_is_explained(
    matrix: MatrixMaker, capsys: pytest.CaptureFixture[str]
) -> None:
    matrix("\n[[exclude]]\nreason = 'not today'\n")

    assert "excluded by [[exclude]] 1: not today" in why(capsys, OLD)


def test_a_cell_that_an_include_took_back_names_both_rules(
    matrix: MatrixMaker, capsys: pytest.CaptureFixture[str]
) -> None:
    matrix(
        "\n[[exclude]]\nversions = '>=2'\nreason = 'too new'\n[[include]]\ngateway = 'gate*'\nreason = 'still used'\n"
    )

    assert (
        "plan       asked by mine.toml, as client id 7300\n"
        "           taken back by [[include]] 1 (still used) from [[exclude]] 1 (too new)\n"
    ) in why(capsys, NEW)


def test_options_that_leave_a_cell_out_are_named(matrix: MatrixMaker, capsys: pytest.CaptureFixture[str]) -> None:
    matrix()

    assert "not selected by --library" in why(capsys, OLD, "--library", "ib_async==2*")


def test_a_live_cell_and_one_without_an_interpreter_say_what_they_want(
    matrix: MatrixMaker, capsys: pytest.CaptureFixture[str]
) -> None:
    matrix()
    marker: dict[str, Any] = {"row": OLD.rpartition("/")[0], "requirements": [], "python": None, "installed": False}
    Path(".nox", "env").mkdir(parents=True)
    Path(".nox", "env", MARKER).write_text(json.dumps(marker), encoding="utf-8")

    assert "planned by mine.toml, and skipped: it is live, and live is asked only\n" in why(capsys, LIVE)
    assert "asked by mine.toml" in why(capsys, LIVE, "--allow-live")
    assert "skipped: no Python 3.10 on this machine" in why(capsys, OLD)


def test_a_run_that_left_the_cell_out_says_why(
    make: Maker, matrix: MatrixMaker, capsys: pytest.CaptureFixture[str]
) -> None:
    store(run_of(make, build_plan(matrix(), Selection(rows=(NEW.rpartition("/")[0],)))))

    assert answer(capsys, OLD)["not_seen"] == f"results/{RUN} has no such cell: not selected by --row"


def test_a_run_that_came_after_the_latest_says_what_it_saw(
    make: Maker, matrix: MatrixMaker, capsys: pytest.CaptureFixture[str]
) -> None:
    store(run_of(make, build_plan(matrix(), Selection(rows=(NEW.rpartition("/")[0],)))))
    selected = run_of(make, build_plan(matrix(), Selection(rows=(OLD.rpartition("/")[0],))))
    later = "20261121T101112Z-ab12"
    renamed = replace(selected, run=replace(selected.run, id=later))
    folder = create_run_folder(Path("results"), later)
    write_results(folder, renamed)
    (folder / "plan.json").touch()

    assert answer(capsys, OLD)["seen"]["run"] == later
    assert answer(capsys, NEW)["seen"]["run"] != later


def test_a_run_of_another_matrix_is_named(make: Maker, matrix: MatrixMaker, capsys: pytest.CaptureFixture[str]) -> None:
    matrix()
    store(make.results(replace(make.plan(version="9.9"), matrix=Path("other.toml"))))
    matrix()

    assert answer(capsys, OLD)["not_seen"] == f"results/{RUN} has no such cell: it ran other.toml"


def test_checks_that_are_not_asked_say_why(matrix: MatrixMaker) -> None:
    plan = build_plan(matrix("\n[defaults]\nchecks = ['positions']\n"))
    cell = replace(plan.cells[0], left_out={"market_order": "orders are sent only with --orders"})

    explained = explain(replace(plan, cells=(cell,)), cell.id, Path("results"), today=date(2026, 11, 20))

    assert explained.not_asked["executions"] == "the matrix file does not list it"
    assert document(explained)["not_asked"]["market_order"] == "orders are sent only with --orders"
    page = draw_why(explained, width=80, style=Style())
    assert "checks     install, import, tcp, version, ready, positions, close\n" in page
    assert "not asked  " in page
    assert "           market_order: orders are sent only with --orders\n" in page


def test_what_could_not_be_asked_is_named(make: Maker, matrix: MatrixMaker, capsys: pytest.CaptureFixture[str]) -> None:
    gated = CheckRecord(name="positions", status=Status.UNSUPPORTED, reason="needs server version 197, negotiated 178")
    store(run_of(make, build_plan(matrix()), positions=gated))

    page = why(capsys, OLD)

    assert "seen       pass\n           negotiated server version 178\n           unsupported: positions\n" in page
    assert answer(capsys, OLD)["seen"]["unsupported"] == ["positions"]


def test_several_cells_are_listed_and_none_is_answered_with_the_nearest(
    matrix: MatrixMaker, capsys: pytest.CaptureFixture[str]
) -> None:
    matrix()

    assert main(["why", "--matrix", "mine.toml", "gateway"]) == ExitCode.WRONG_USE
    assert capsys.readouterr().err == f"ib-compat: 'gateway' matches 2 cells\nName one of:\n  {NEW}\n  {OLD}\n"
    assert main(["why", "--matrix", "mine.toml", "gateway-10.54-paper"]) == ExitCode.WRONG_USE
    assert "Nearest: gateway-10.45-paper" in capsys.readouterr().err
