"""``ib-compat show``: what a run saw of a cell, with what its library logged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.cli import main
from harness.results.results_files import write_results
from harness.results.run_folder import create_run_folder, point_latest
from harness.shared.errors import ExitCode
from harness.shared.evidence import CellOutcome, CheckNotice, CheckRecord, Notice, RunOutcome
from harness.shared.status import Status
from tests.conftest import ACCOUNT

if TYPE_CHECKING:
    from harness.results.results_model import Results
    from tests.conftest import Maker

RUN = "20261120T101112Z-ab12"
ID = "ib_async==2.1.0/py3.10/gateway-10.45-paper"
SECOND = '[[gateway]]\nproduct = "tws"\nversion = "10.37"\nkind = "simulator"\n'
EXPECT = (
    "[[expect]]\ncheck = 'executions'\nstatus = 'degraded'\nreason = 'known'\nsince = 2026-01-01\nreview = 2027-01-01\n"
)
LOG = [
    {"event": "log", "logger": "ib_async.client", "level": "INFO", "message": "Logged on to server version 178"},
    {"event": "log", "logger": "ib_async.client", "level": "DEBUG", "message": "x" * 300},
    {"event": "log", "logger": "ib_async.ib", "level": "ERROR", "message": "Traceback\n  in positions" + " y" * 99},
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def store(results: Results, *lines: dict[str, Any], run: str = RUN) -> None:
    """A run whose first cell has this evidence."""
    place = create_run_folder(Path("results"), run)
    write_results(place, results)
    evidence = place.joinpath("cells", *ID.split("/"), "evidence.jsonl")
    evidence.parent.mkdir(parents=True)
    evidence.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    point_latest(Path("results"), run)


def red(make: Maker) -> Results:
    """A cell that is degraded twice, once as expected, beside one that was not reached."""
    plan = make.plan(SECOND + EXPECT)
    cell = plan.cells[0]
    checks = make.checks(
        cell,
        positions=CheckRecord(
            name="positions",
            status=Status.DEGRADED,
            seconds=0.25,
            reason="not the truth: AAPL: size: expected 100, got 10 (and 1 more difference)",
            detail={
                "differences": ["AAPL: size: expected 100, got 10", "ES: expected a record, got none"],
                "against": "both",
            },
        ),
        executions=CheckRecord(name="executions", status=Status.DEGRADED, reason="an hour off"),
        completed_orders=CheckRecord(
            name="completed_orders", status=Status.UNSUPPORTED, reason="needs server version 197, negotiated 178"
        ),
    )
    notices = (Notice(code=2104, message="farm is OK"), Notice(code=321, message="no \x1b[31mred", req_id=5))
    heard = tuple(CheckNotice(notice=each) for each in notices)
    outcome = make.outcome(cell, checks=checks, exit_code=1, notices=heard)
    return make.results(plan, RunOutcome(outcomes=(outcome,), gateways=(make.gateway(),)))


def show(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["show", *arguments]) == ExitCode.AS_EXPECTED
    return capsys.readouterr().out


def test_every_check_is_shown_with_seconds_status_and_why(make: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    store(red(make))

    page = show(capsys, "gateway-10.45")

    assert page.startswith(f"{ID}\nrun        {RUN} of")
    text = " ".join(page.split())
    verdict = "the library misreads the answer, at fault: library, certain [library-reads-it-wrongly]"
    assert f"result degraded at positions {verdict} The transcript shows" in text
    assert " ✓ tcp 0.010 s pass " in text
    assert (
        " ≈ positions 0.250 s degraded not the truth: AAPL: size: expected 100, got 10 (and 1 more difference) "
        "ES: expected a record, got none "
    ) in text
    assert " (≈) executions 0.000 s degraded an hour off " in text
    assert " as expected by [[expect]] 1: known " in text
    assert " ∅ completed_orders 0.000 s unsupported needs server version 197, negotiated 178 " in text


def test_versions_process_callbacks_files_and_rerun_are_shown(make: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    store(red(make))

    page = show(capsys, ID)

    assert "library    asked for ib_async==2.1.0 on Python 3.10\n" in page
    assert "           installed ib_async 2.1.0, on Python 3.10.7\n           with numpy 2.3\n" in page
    assert "gateway    gateway-10.45-paper, simulator at 127.0.0.1:40001\n" in page
    assert "           server version: the client speaks 157 to 178, the gateway up to 223\n" in page
    assert "           negotiated 178, predicted 178\n" in page
    assert "process    client id 7300, 0.12 s, 0.03 s of CPU time, 29 MiB, exit code 1\n" in page
    assert "notices    2104 farm is OK\n           321 (request 5) no \ufffd[31mred\n" in page
    assert f"files      results/{RUN}/cells/{ID}/evidence.jsonl\n" in page
    assert 'rerun      nox -s "compat(' in page


def test_log_records_have_their_level_and_those_that_warn_are_whole(
    make: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    store(red(make), *LOG)

    page = show(capsys, ID)

    assert "log        INFO ib_async.client: Logged on to server version 178\n" in page
    assert "xxx…\n           ERROR ib_async.ib: Traceback\n" in page
    assert page.count(" y") == 99
    free = ("nox -s", "evidence.jsonl", "mine.toml")
    assert all(len(line) <= 80 for line in page.splitlines() if not any(word in line for word in free))


def test_json_has_all_of_it(make: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    results = red(make)
    store(results, *LOG)

    said = json.loads(show(capsys, ID, "--json"))

    assert (said["run"], said["cell"], said["status"], said["unsupported"]) == (
        RUN,
        ID,
        "degraded",
        ["completed_orders"],
    )
    assert [check["name"] for check in said["checks"]] == [check.name for check in results.cells[ID].checks]
    assert [(record["level"], len(record["message"])) for record in said["log"]] == [
        ("INFO", 31),
        ("DEBUG", 300),
        ("ERROR", 222),
    ]


def test_no_account_is_shown_even_where_libraries_quote_what_they_send(
    make: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = "Family.Trust"
    ready = {"event": "check", "name": "ready", "status": "pass", "detail": {"accounts": [ACCOUNT, odd]}}
    sent = str(b"\x12\t" + ACCOUNT.encode() + b"\x00")
    lines = [{"event": "log", "logger": "x", "level": "ERROR", "message": f"{text} {odd}"} for text in (ACCOUNT, sent)]
    store(make.results(), ready, *lines)

    for said in (show(capsys, ID), show(capsys, ID, "--json")):
        assert ACCOUNT not in said
        assert odd not in said
        assert said.count("Fam***st") == 2


def test_a_cell_that_was_not_reached_says_so(make: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    store(red(make))

    page = show(capsys, "tws")

    assert "result     not-run\n           the run ended before this cell did\n           at fault: harness\n" in page
    assert "           nothing was installed\n" in page
    assert "the client speaks an unknown range, the gateway up to\n           unknown\n" in page
    assert "files      no evidence was left\n" in page
    assert "checks" not in page


def test_what_the_library_calls_itself_is_told_where_it_is_something_else(
    make: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    results = make.results()
    cell = results.cells[ID]
    assert cell.resolved is not None
    odd = replace(cell, resolved=replace(cell.resolved, module_version="2.0"))
    store(replace(results, cells={ID: odd}))

    assert "installed ib_async 2.1.0, which reports version 2.0, on Python 3.10.7" in show(capsys, ID)


def test_another_run_can_be_named(make: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    plan = make.plan()
    gone = RunOutcome(outcomes=(CellOutcome(cell=ID, worker_error="gone"),), gateways=(make.gateway(),))
    store(make.results(plan, gone), run="20261119T101112Z-0001")
    store(make.results())

    assert "result     pass\n" in show(capsys, ID)
    assert "result     error at install\n" in show(capsys, ID, "--run", "20261119T101112Z-0001")
    assert "gone" in show(capsys, ID, "--run", "results/20261119T101112Z-0001")


def test_a_cell_that_the_run_left_out_says_why(make: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    plan = make.plan(SECOND + "[[exclude]]\ngateway = 'tws-*'\nreason = 'not today'\n")
    store(make.results(plan))

    assert main(["show", "tws"]) == ExitCode.WRONG_USE

    left_out = "has no result of ib_async==2.1.0/py3.10/tws-10.37-paper: excluded by [[exclude]] 1: not today"
    assert left_out in capsys.readouterr().err


LATEST, NEWER, NEWEST = (f"2026112{day}T101112Z-ab12" for day in range(3))


def keep(results: Results, run: str) -> None:
    """A run that is not the latest."""
    folder = create_run_folder(Path("results"), run)
    write_results(folder, results)
    (folder / "plan.json").touch()


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, str]:
    """The run that a cell is shown of, and what is said beside."""
    assert main(["show", "--json", *arguments]) == ExitCode.AS_EXPECTED
    out, err = capsys.readouterr()
    return json.loads(out)["run"], err


def of_run(results: Results, run: str) -> Results:
    return replace(results, run=replace(results.run, id=run))


def test_a_newer_run_of_a_selection_is_shown_where_it_asked_the_cell(
    make: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    store(of_run(make.results(), LATEST), run=LATEST)
    keep(of_run(make.results(), NEWER), NEWER)
    run, beside = told(capsys, ID)
    assert run == NEWER
    assert NEWER in beside
    assert LATEST in beside
    assert told(capsys, ID, "--run", "latest") == (LATEST, "")


def test_one_that_did_not_come_to_the_cell_is_not(make: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    store(of_run(red(make), LATEST), run=LATEST)
    keep(of_run(red(make), NEWER), NEWER)
    assert told(capsys, "tws") == (LATEST, ""), "neither asked it"
    assert told(capsys, ID)[0] == NEWER


def test_nor_is_a_copy_that_somebody_has_named(make: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    store(of_run(make.results(), LATEST), run=LATEST)
    keep(of_run(make.results(), LATEST), "kept")
    assert told(capsys, ID) == (LATEST, "")


def test_nor_is_one_that_cannot_be_read(make: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    store(of_run(make.results(), LATEST), run=LATEST)
    keep(make.results(), NEWER)
    Path("results", NEWER, "results.json").write_text("{", encoding="utf-8")
    assert told(capsys, ID) == (LATEST, "")


@pytest.mark.parametrize("word", ["2.0.1", "ib_async==2.0.1/py3.10/gateway-10.45-paper"])
def test_a_cell_that_the_latest_lacks_is_shown_of_the_newest_that_has_it(
    word: str, make: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    other = make.results(make.plan(version="2.0.1"))
    for run in (LATEST, NEWER):
        keep(of_run(other, run), run)
    store(of_run(make.results(), NEWEST), run=NEWEST)
    run, beside = told(capsys, word)
    assert run == NEWER
    assert NEWEST in beside


def test_a_word_that_means_several_cells_of_the_latest_is_not_an_older_ones(
    make: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(of_run(make.results(), LATEST), LATEST)
    store(of_run(red(make), NEWER), run=NEWER)
    assert main(["show", "ib_async"]) == ExitCode.WRONG_USE
    assert "matches 2 cells" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ib_async"], "'ib_async' matches 2 cells"),
        (["gateway-10.54-paper"], "Nearest: gateway-10.45-paper"),
        ([ID, "--run", "20261120T101112Z-ab13"], f"Nearest: {RUN}."),
    ],
)
def test_what_is_not_there_ends_with_2_and_a_hint(
    arguments: list[str], words: str, make: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    store(red(make))
    create_run_folder(Path("results"), "other").joinpath("plan.json").touch()
    Path("results", RUN, "plan.json").touch()

    assert main(["show", *arguments]) == ExitCode.WRONG_USE

    assert words in capsys.readouterr().err
