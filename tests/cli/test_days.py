"""``ib-compat days``: what is built in, what happens in a day, and what is wrong in a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import main
from harness.shared.errors import ExitCode


def test_it_lists_the_days_that_are_built_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["days"]) == ExitCode.AS_EXPECTED

    names = [line.split(" ")[0] for line in capsys.readouterr().out.splitlines()]
    assert [name for name in names if name] == ["day", "bad-night", "sunday", "takeover", "weekday"]


def test_it_shows_what_happens_when_and_how_sure_that_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["days", "sunday"]) == ExitCode.AS_EXPECTED

    out = capsys.readouterr().out
    assert "Times are those of US/Eastern" in out
    assert [word for line in out.splitlines() if "weekly-login" in line for word in line.split()] == [
        *("sun", "01:00:00", "weekly-login", "until", "=", '"17:15:00"', "documented"),
    ]
    assert "+58800 s" in out


def test_both_are_had_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["days", "--json"]) == ExitCode.AS_EXPECTED
    assert {day["day"] for day in json.loads(capsys.readouterr().out)} == {"bad-night", "sunday", "takeover", "weekday"}

    assert main(["days", "sunday", "--json"]) == ExitCode.AS_EXPECTED
    events = json.loads(capsys.readouterr().out)["events"]
    assert events[0]["until"] == "17:15:00"
    assert events[2]["date"] == "2026-12-15"


def test_a_mistake_in_a_file_ends_with_2_and_says_where_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('says = "x"\n[[event]]\nat = "1"\nwhat = "restart"\n')

    assert main(["days", str(file)]) == ExitCode.WRONG_USE
    assert f"ib-compat: {file}: [[event]] 1: at: '1': expected a time of a day" in capsys.readouterr().err
    assert main(["simulate", "--day", str(file)]) == ExitCode.WRONG_USE
    assert "[[event]] 1: at: '1'" in capsys.readouterr().err


def test_a_day_and_a_port_that_never_accepts_do_not_go_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--day", "weekday", "--scenario", "refuses", "--port", "0"]) == ExitCode.WRONG_USE
    assert "a day needs a gateway that listens" in capsys.readouterr().err
