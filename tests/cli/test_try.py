"""``ib-compat try``: what it prints, and its exit code."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.cli import main, try_program
from harness.programs.answer import Answer, decide
from harness.programs.asked import Notice, Outcome
from harness.programs.program import End, Ran
from harness.run.programs.libraries import installed_beside
from harness.run.programs.trying import Trial
from harness.shared.errors import ExitCode
from harness.views.terminal.asked_page import asked_lines
from harness.views.terminal.program_page import answer_document, draw_answers, draw_ran
from harness.views.terminal.style import Style
from tests.programs.ran import ran, request

POSITIONS = request("req_positions")
NOT_KNOWN = request("message 199", Outcome.NOT_SIMULATED)


def answered(monkeypatch: pytest.MonkeyPatch, today: Ran, then: Ran) -> None:
    """Let a trial come to this."""

    def answers(*_: object, **__: object) -> tuple[Answer, ...]:
        return decide((today, today), (today,)), decide((today, today), (then,))

    monkeypatch.setattr(try_program, "answers_of", answers)
    monkeypatch.setattr(try_program, "installed_beside", lambda _: {"ib_async": "2.1.0"})


@pytest.mark.parametrize(
    ("more", "code"), [((), ExitCode.WRONG_USE), (("--at", "2026-11-27T10:00-05:00"), ExitCode.AS_EXPECTED)]
)
def test_a_program_sees_the_moment_of_its_gateways_only_if_one_is_named(
    monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...], code: ExitCode
) -> None:
    seen = []

    def answers(trial: Trial, **_: object) -> tuple[Answer, ...]:
        seen.append(trial.sees_clock)
        return (decide((ran(POSITIONS), ran(POSITIONS)), (ran(POSITIONS),)),)

    monkeypatch.setattr(try_program, "answers_of", answers)
    assert main(["try", "--clock", "gateway", *more, "--", sys.executable]) == code
    assert seen == [True] * len(more[:1])


@pytest.mark.parametrize(
    ("today", "then", "code"),
    [
        (ran(POSITIONS), ran(POSITIONS), ExitCode.AS_EXPECTED),
        (ran(POSITIONS), ran(), ExitCode.INCOMPATIBLE),
        (ran(spoke=0), ran(spoke=0), ExitCode.HARNESS_FAILED),
        (ran(NOT_KNOWN), ran(NOT_KNOWN), ExitCode.HARNESS_FAILED),
    ],
)
def test_the_exit_code_is_the_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], today: Ran, then: Ran, code: ExitCode
) -> None:
    answered(monkeypatch, today, then)
    assert main(["try", "--", sys.executable]) == code
    assert capsys.readouterr().out


def test_the_page_has_what_differs_what_was_refused_and_nothing_that_moves_the_cursor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    notice = Notice(2172, "It ends on 20261215.")
    today = ran(request("req_positions", Outcome.UNANSWERED), notices=(notice,))
    answered(monkeypatch, today, ran(output="\x1b[31mfailed"))
    main(["try", "--", sys.executable])
    out = capsys.readouterr().out
    assert "ib_async 2.1.0" in out
    assert "req_positions: once → never" in out
    assert "2172" in out
    assert "failed" in out
    assert "\x1b[31m" not in out


def test_it_is_had_as_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    answered(monkeypatch, ran(POSITIONS), ran())
    main(["try", "--json", "--", sys.executable])
    document = json.loads(capsys.readouterr().out)
    assert [each["finding"] for each in document["answers"]] == ["same", "different"]
    assert document["libraries"] == {"ib_async": "2.1.0"}
    assert document["answers"][1]["differences"] == [
        {"kind": "a request", "where": "req_positions", "before": "once", "after": "never"}
    ]
    assert document["runs"][0]["requests"] == [{"name": "req_positions", "outcome": "answered", "count": 1}]


@pytest.mark.parametrize(
    "words",
    [[], ["--then", "10.99", "--", sys.executable], ["--env", "X", "--", sys.executable], ["--", "no-such-one"]],
)
def test_wrong_use_is_said(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["try", *words]) == ExitCode.WRONG_USE
    assert capsys.readouterr().err


def test_the_library_beside_the_program_is_found(tmp_path: Path) -> None:
    script = tmp_path / "bot"
    script.write_text(f"#!{sys.executable}\n", encoding="utf-8")
    assert installed_beside(script) == installed_beside(Path(sys.executable))
    assert installed_beside(Path("/bin/sh")) == {}


def test_what_a_run_left_is_counted_in_words() -> None:
    ran_once = replace(ran(), end=End(code=0, seconds=1.0, left=1))
    assert "left 1 program running" in draw_ran(ran_once, "bot.py")
    assert "left 2 programs running" in draw_ran(replace(ran_once, end=End(code=0, seconds=1.0, left=2)), "bot.py")


def test_what_was_refused_again_and_again_is_said_once() -> None:
    refused = replace(POSITIONS, outcome=Outcome.REFUSED, errors=(Notice(321, "no"),))
    lines = list(asked_lines(ran(refused, refused).asked, 80))
    assert [line.split() for line in lines[1:]] == [["req_positions", "2", "refused"], ["req_positions:", "321", "no"]]


@pytest.mark.parametrize("first_line", [sys.executable, f"/usr/bin/env {sys.executable}"])
@pytest.mark.parametrize("name", ["python_bot.py", "bot"])
def test_a_program_does_not_run_when_its_libraries_are_looked_for(tmp_path: Path, name: str, first_line: str) -> None:
    """There it would have this machine's network, and reach a real Gateway."""
    script, ran_at = tmp_path / name, tmp_path / "ran"
    script.write_text(f"#!{first_line}\nopen({str(ran_at)!r}, 'w')\n", encoding="utf-8")
    script.chmod(0o755)
    assert installed_beside(script) == installed_beside(Path(sys.executable))
    assert not ran_at.exists()


@pytest.mark.parametrize("first_line", ["/bin/sh /opt/python/run", f"{sys.executable} -m bot"])
def test_no_more_than_the_interpreter_of_a_first_line_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first_line: str
) -> None:
    (tmp_path / "bot.py").write_text("open('ran', 'w')", encoding="utf-8")
    script = tmp_path / "start"
    script.write_text(f"#!{first_line}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    installed_beside(script)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("found_by", ["", "."])
def test_a_module_of_the_program_with_a_name_of_the_standard_library_does_not_run_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found_by: str
) -> None:
    for name in ("calendar", "json"):
        (tmp_path / f"{name}.py").write_text("open('ran', 'w')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", found_by)
    installed_beside(Path(sys.executable))
    assert not (tmp_path / "ran").exists()


def test_what_two_runs_differ_in_is_said_of_the_side_that_they_ran_with() -> None:
    today, then = ran(POSITIONS), replace(ran(), side="gateway-10.51")
    answer = decide((today, today, today), (then, replace(then, end=End(code=1, seconds=1.0))))
    page = draw_answers([answer], {}, width=200, style=Style())
    assert "Differs between two runs with gateway-10.51" in page
    assert "two runs with gateway-10.51 differ in how they end" in page
    assert "two runs with gateway-10.37" not in page
    document = answer_document([answer], {})
    assert (document["noise"], len(document["answers"][0]["noise"])) == ([], 1)


def test_a_program_that_connects_too_late_is_told_of_its_time() -> None:
    late = ran(spoke=0, ended_at=5.0)
    page = draw_answers([decide((late, late), (late,))], {}, width=200, style=Style())
    assert "had not connected when it was ended" in page
    assert "--for" in page
