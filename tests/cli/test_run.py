"""``ib-compat run``, with a scheduler that does as it is told."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.cli import main, performing
from harness.shared import confine
from harness.shared.errors import ExitCode
from harness.shared.evidence import RunOutcome
from harness.views.terminal.live_board import Board
from tests.cli.two_rows import MATRIX, NEW, OLD, Asked, build

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("two_rows")


def latest() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(Path("results", "latest", "results.json").read_text(encoding="utf-8"))
    return document


def ib_compat(*arguments: str) -> int:
    return main(["run", "--matrix", "mine.toml", *arguments])


def test_a_run_leaves_plan_results_grid_and_latest(
    scheduler: Callable[..., Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    scheduler()

    assert ib_compat() == ExitCode.AS_EXPECTED

    shown = capsys.readouterr()
    assert "2 cells in" in shown.out
    assert "✓ 178" in shown.out
    assert "[2/2] ✓ ib_async==1.0.3/py3.10/gateway-10.45-paper 178" in shown.err
    left = {"plan.json", "journal.jsonl", ".journal.lock", "results.json", "grid.md", "index.html"}
    assert {path.name for path in Path("results", "latest").iterdir()} == left
    assert "/index.html" in shown.out.rpartition("Page: ")[2]
    assert list(latest()["cells"]) == [f"{NEW}/gateway-10.45-paper", f"{OLD}/gateway-10.45-paper"]


def test_an_unexpected_red_ends_with_1_and_the_rest_is_kept(
    scheduler: Callable[..., Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    scheduler(red=OLD)

    assert ib_compat() == ExitCode.INCOMPATIBLE

    assert "✗ ib_async==1.0.3/py3.10: fail at install\n  no such version" in capsys.readouterr().out
    assert latest()["run"]["counts"] == {"pass": 1, "fail": 1}


def test_an_interrupted_run_keeps_what_is_finished(scheduler: Callable[..., Asked]) -> None:
    scheduler(interrupt=True)

    assert ib_compat() == ExitCode.INTERRUPTED

    assert latest()["run"]["counts"] == {"pass": 1, "not-run": 1}
    assert latest()["run"]["interrupted"]


@pytest.mark.parametrize("step", [timedelta(hours=-5), timedelta(hours=5)])
def test_a_clock_that_is_set_meanwhile_is_no_time_that_a_run_takes(
    scheduler: Callable[..., Asked], monkeypatch: pytest.MonkeyPatch, step: timedelta
) -> None:
    read: list[datetime] = []

    class Stepped:
        @staticmethod
        def now(zone: timezone) -> datetime:
            read.append(datetime.now(zone) + (step if read else timedelta()))
            return read[-1]

    scheduler()
    monkeypatch.setattr(performing, "datetime", Stepped)

    assert ib_compat() == ExitCode.AS_EXPECTED

    run = latest()["run"]
    assert 0 <= run["seconds"] < timedelta(hours=1).total_seconds()
    assert (datetime.fromisoformat(run["started"]), datetime.fromisoformat(run["ended"])) == tuple(read)
    assert abs(read[1] - read[0] - step) < timedelta(hours=1)


def test_a_second_interruption_still_leaves_results(scheduler: Callable[..., Asked]) -> None:
    scheduler(raises=KeyboardInterrupt())

    assert ib_compat() == ExitCode.INTERRUPTED

    assert latest()["run"]["counts"] == {"not-run": 2}


@pytest.mark.parametrize(("lacking", "told"), [("no Landlock here", True), (None, False)])
def test_a_run_says_where_its_libraries_can_read_a_login(
    scheduler: Callable[..., Asked],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    lacking: str | None,
    *,
    told: bool,
) -> None:
    scheduler()
    monkeypatch.setenv("TWS_PASSWORD", "canary")
    monkeypatch.setattr(confine, "lacking", lambda: lacking)

    ib_compat()

    said = capsys.readouterr().err
    assert ("TWS_PASSWORD: no Landlock here" in said) is told
    assert "canary" not in said


def test_json_goes_alone_to_standard_output(
    scheduler: Callable[..., Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    scheduler()

    ib_compat("--json")

    assert json.loads(capsys.readouterr().out) == latest()


def test_output_that_is_no_terminal_has_no_colour(
    scheduler: Callable[..., Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    scheduler(red=OLD)

    ib_compat()

    shown = capsys.readouterr()
    assert "\x1b" not in shown.out + shown.err


def test_options_reach_the_plan_and_the_scheduler(scheduler: Callable[..., Asked], two_rows: Path) -> None:
    asked = scheduler()
    build(NEW)

    ib_compat("--row", NEW, "--concurrency", "3", "--isolation", "fresh", "--results", "elsewhere")

    ((plan, environments, run_folder),) = asked
    assert [cell.row.id for cell in plan.cells] == [NEW]
    assert (plan.concurrency, plan.isolation) == (3, "fresh")
    assert environments == Path(".nox")
    assert run_folder.parent == Path("elsewhere")
    assert (two_rows / "elsewhere" / "latest").exists()


def test_a_selection_that_matches_nothing_is_told_before_anything_is_built() -> None:
    assert ib_compat("--gateway", "gatway*", "--environments", "none") == ExitCode.WRONG_USE
    assert not Path("none").exists()


def test_a_row_without_an_interpreter_is_skipped_with_the_reason(
    scheduler: Callable[..., Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = scheduler()
    build(OLD, python=None, installed=False)

    assert ib_compat("--no-build") == ExitCode.AS_EXPECTED

    assert [cell.row.id for cell in asked[0][0].asked] == [NEW]
    assert latest()["cells"][f"{OLD}/gateway-10.45-paper"]["reason"] == "no Python 3.10 on this machine"
    assert "1 skipped" in capsys.readouterr().out


def test_live_gateways_are_asked_only_when_allowed(scheduler: Callable[..., Asked]) -> None:
    asked = scheduler()
    live = "\n[[gateway]]\nproduct = 'tws'\nversion = '1'\nmode = 'live'\nkind = 'address'\nport = 7496\n"
    Path("mine.toml").write_text(MATRIX + live, encoding="utf-8")

    ib_compat()
    ib_compat("--allow-live")

    assert [len(plan.asked) for plan, _, _ in asked] == [2, 4]


def test_without_any_environment_the_next_step_is_told(
    scheduler: Callable[..., Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    scheduler()

    assert ib_compat("--environments", "none", "--no-build") == ExitCode.WRONG_USE

    assert "--no-build" in capsys.readouterr().err
    assert not Path("results").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--library", "ib_insync"], ["--library 'ib_insync' matches nothing", "ib_async"]),
        (["--gateway", "gateway-10.54"], ["--gateway 'gateway-10.54' matches nothing", "gateway-10.45-paper"]),
        (["--matrix", "none.toml"], ["none.toml: no such matrix file", "--matrix FILE"]),
    ],
)
def test_what_is_not_there_ends_with_2_and_a_hint(
    arguments: list[str], words: list[str], scheduler: Callable[..., Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    scheduler()

    assert ib_compat(*arguments) == ExitCode.WRONG_USE

    shown = capsys.readouterr().err
    assert all(word in shown for word in words)


def test_a_matrix_with_a_mistake_ends_with_2_and_names_it(
    scheduler: Callable[..., Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    scheduler()
    Path("mine.toml").write_text(MATRIX.replace("versions", "verisons"), encoding="utf-8")

    assert ib_compat() == ExitCode.WRONG_USE

    assert "mine.toml: unknown key 'verisons' in [[library]] 1; did you mean 'versions'?" in capsys.readouterr().err


def test_a_results_folder_that_cannot_be_written_ends_with_2(
    scheduler: Callable[..., Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = scheduler()
    Path("results").write_text("a file", encoding="utf-8")

    assert ib_compat() == ExitCode.WRONG_USE

    assert "cannot be written" in capsys.readouterr().err
    assert asked == [], "nothing is run whose results would be lost"


def test_a_terminal_gets_a_board(scheduler: Callable[..., Asked], monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler()
    shown: list[Board] = []
    enter = Board.__enter__

    def entered(board: Board) -> Board:
        shown.append(board)
        return enter(board)

    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr(Board, "__enter__", entered)

    ib_compat("--no-board")
    assert shown == []
    ib_compat()
    assert len(shown) == 1


@pytest.mark.parametrize(("option", "builds"), [("--build", True), ("--no-build", False)])
def test_environments_are_built_or_left_as_they_are(
    monkeypatch: pytest.MonkeyPatch, *, option: str, builds: bool
) -> None:
    asked: list[object] = []

    def execute(*_: object, build: object, **__: object) -> RunOutcome:
        asked.append(build)
        return RunOutcome(outcomes=(), gateways=(), interrupted=True)

    monkeypatch.setattr(performing, "execute", execute)
    assert ib_compat(option) == ExitCode.INTERRUPTED
    assert [build is not None for build in asked] == [builds]
