"""The script that opens, updates and closes issues, with a stand-in for GitHub's command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.views.export.issues import SINCE
from tests.nightly.tracker import Tracker

SCRIPT = Path(__file__).parents[2] / ".github" / "scripts" / "issues.py"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the job that runs it is on Linux")


@pytest.fixture
def tracker(tmp_path: Path) -> Tracker:
    return Tracker(tmp_path)


def broken(name: str, fingerprint: str = "one") -> dict[str, str]:
    marker = f"<!-- ib-compat: {name} -->"
    return {
        "title": f"{name} is broken",
        "body": f"{marker}\n<!-- fingerprint: {fingerprint} -->\nsaid",
        "marker": marker,
        "fingerprint": fingerprint,
    }


def night(tracker: Tracker, *issues: dict[str, str], well: tuple[str, ...] = ()) -> str:
    document: dict[str, Any] = {
        "run": "20261121T101112Z-cd34",
        "broken": list(issues),
        "well": [f"<!-- ib-compat: {name} -->" for name in well],
    }
    file = tracker.folder / "issues.json"
    file.write_text(json.dumps(document), "utf-8")
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(file)], env=tracker.environment(), check=True, capture_output=True, text=True
    )
    return done.stdout


def test_each_broken_row_and_gateway_gets_an_issue_once(tracker: Tracker) -> None:
    night(tracker, broken("a"), broken("b"))
    night(tracker, broken("a"), broken("b"))

    assert [issue["title"] for issue in tracker.issues] == ["a is broken", "b is broken"]
    assert {issue["state"] for issue in tracker.issues} == {"open"}
    assert not any(issue["comments"] for issue in tracker.issues)


def test_an_issue_that_is_broken_in_another_way_gets_the_new_text_and_a_comment(tracker: Tracker) -> None:
    night(tracker, broken("a"))
    night(tracker, broken("a", "two"))

    (issue,) = tracker.issues
    assert "fingerprint: two" in issue["body"]
    assert len(issue["comments"]) == 1


@pytest.mark.slow
def test_an_issue_is_closed_when_its_cell_is_well_and_a_new_one_opened_when_it_breaks_again(tracker: Tracker) -> None:
    night(tracker, broken("a"), broken("b"))
    night(tracker, broken("b"), well=("a", "c"))
    assert [issue["state"] for issue in tracker.issues] == ["closed", "open"]
    assert tracker.issues[0]["comments"] == ["Works again in run 20261121T101112Z-cd34."]

    night(tracker, broken("a"), broken("b"))
    assert [issue["state"] for issue in tracker.issues] == ["closed", "open", "open"]


def test_what_a_run_says_nothing_of_stays_as_it_is(tracker: Tracker) -> None:
    night(tracker, broken("a"))
    night(tracker)

    assert [issue["state"] for issue in tracker.issues] == ["open"]


def test_issues_of_others_are_left_alone(tracker: Tracker) -> None:
    tracker.add("help", "how do I\n<!-- ib-compat: a -->", labels=["ib-compat"])
    tracker.add("mine", "<!-- ib-compat: a -->", labels=[])

    night(tracker, well=("a",))

    assert [issue["state"] for issue in tracker.issues] == ["open", "open"]


@pytest.mark.slow
def test_one_night_opens_no_more_than_fifty(tracker: Tracker) -> None:
    all_of_them = [broken(str(number)) for number in range(52)]

    assert night(tracker, *all_of_them).startswith("2 more")
    assert len(tracker.issues) == 50
    night(tracker, *all_of_them)
    assert len(tracker.issues) == 52


def test_the_day_since_when_a_program_does_something_else_stays_in_its_issue(tracker: Tracker) -> None:
    first, later = ({**broken("bot/then", day), "body": body_since(day)} for day in ("1", "2"))
    night(tracker, first)
    night(tracker, later)

    (issue,) = tracker.issues
    assert issue["body"] == body_since("2").replace("run 2", "run 1")


def body_since(day: str) -> str:
    return f"{broken('bot/then', day)['body']}\n{SINCE}2026-11-20 (run {day}).\n\nRun {day} saw:\n"
