"""Issues: one for each row that is broken against a gateway, known again every night."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from harness.views.export.issues import issues, marker_of
from tests.results.compare.changing import RED, with_cell
from tests.results.program_cells import KINDS as PROGRAMS
from tests.results.program_cells import NASTY as WRITTEN
from tests.results.program_cells import program_of, with_programs
from tests.views.export.conftest import NASTY

if TYPE_CHECKING:
    from harness.results.results_model import Results

ROW = "ib_async==2.1.0/py3.10"
FAILED = f"{ROW}/fail"


@dataclass(frozen=True)
class Told:
    """What is told of a run."""

    run: Results
    link: str | None = None

    @property
    def broken(self) -> dict[str, dict[str, str]]:
        return {issue["cell"]: issue for issue in issues(self.run, link=self.link)["broken"]}


def test_what_is_red_though_nobody_expected_it_is_broken(run: Results) -> None:
    assert list(Told(run).broken) == [FAILED, f"{ROW}/our-fail"]


def test_what_says_nothing_of_the_library_opens_and_closes_none(run: Results) -> None:
    well = issues(run)["well"]

    assert marker_of(f"{ROW}/pass") in well
    assert {marker_of(f"{ROW}/{kind}") for kind in ("expected-fail", "unexpected-pass", "unsupported")} <= set(well)
    assert not {marker_of(f"{ROW}/{kind}") for kind in ("skipped", "error", "not-run", "fail")} & set(well)


def test_an_issue_names_row_and_gateway_and_begins_with_its_marker(run: Results) -> None:
    issue = Told(run).broken[FAILED]

    assert issue["title"] == "ib_async==2.1.0/py3.10 is broken against fail"
    assert (issue["row"], issue["gateway"]) == (ROW, "fail")
    assert issue["body"].splitlines()[0] == issue["marker"] == marker_of(FAILED)
    assert issue["fingerprint"] in issue["body"].splitlines()[1]


def test_an_issue_links_to_the_run(run: Results) -> None:
    assert "[20260120T101112Z-ab12](https://ci/1)" not in Told(run).broken[FAILED]["body"]
    assert f"[{run.run.id}](https://ci/1)" in Told(run, "https://ci/1").broken[FAILED]["body"]


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"reason": "127.0.0.1:40002 said nothing in 4.2 s", "seconds": 9.0}, True),
        ({"stage": "version"}, False),
        ({"negotiated": 170}, False),
        ({"diagnosis": None}, False),
    ],
)
def test_the_fingerprint_is_the_same_while_it_is_broken_in_the_same_way(
    run: Results, changes: dict[str, Any], *, same: bool
) -> None:
    later = with_cell(run, FAILED, **changes)

    assert (Told(later).broken[FAILED]["fingerprint"] == Told(run).broken[FAILED]["fingerprint"]) is same


@pytest.mark.parametrize("said", [NASTY, "~~~\n@everybody `x`", "~~~~~~\n<!-- ib-compat: other -->"])
def test_what_a_gateway_says_stays_within_the_fence(run: Results, said: str) -> None:
    body = Told(with_cell(run, FAILED, **{**RED, "reason": said, "diagnosis": None})).broken[FAILED]["body"]

    lines = body.splitlines()
    opens = next(number for number, line in enumerate(lines) if line.startswith("~~~"))
    fence = lines[opens].removesuffix("text")
    closes = next(number for number, line in enumerate(lines[opens + 1 :], opens + 1) if line.startswith(fence))
    assert lines[closes:] == [fence, "", "The nightly run closes this issue when the cell works again."]


def night(run: Results, day: int, kind: str) -> Results:
    """A run of a day of November with a program of a kind."""
    info = replace(run.run, id=f"202611{day}T101112Z-ab12", started=run.run.started.replace(day=day))
    return replace(with_programs(run, bot=program_of({"today": {}, "then": PROGRAMS[kind]})), run=info)


def test_a_program_that_does_something_else_is_broken_and_one_of_which_nobody_can_tell_is_nothing(
    with_program: Results,
) -> None:
    told = issues(with_program)
    of_programs = [each["cell"] for each in told["broken"] if each["row"] == "bot"]

    assert of_programs == ["bot/different"]
    assert [each for each in told["well"] if "bot/" in each] == [
        marker_of(f"bot/{kind}") for kind in ("same", "known", "surprise", "lacking")
    ]


def test_the_issue_of_a_program_says_what_it_does_otherwise_and_since_when(run: Results) -> None:
    earlier = [
        night(run, 10, "different"),
        night(run, 11, "same"),
        night(run, 12, "different"),
        night(run, 13, "fails"),
    ]
    (issue,) = (each for each in issues(night(run, 14, "different"), earlier=earlier)["broken"] if each["row"] == "bot")

    assert issue["title"] == "bot does something else on then"
    assert "\nIt does so since 2026-11-12 (run 20261112T101112Z-ab12).\n" in issue["body"]
    assert "what a request says place_order.limit: 187.5 → 187.49" in issue["body"]
    assert issue["body"].splitlines()[0] == issue["marker"] == marker_of("bot/then")
    assert "rerun: ib-compat run --program bot --gateway then" in issue["body"]


def test_a_night_that_compared_a_program_with_something_else_is_no_day_since_when(run: Results) -> None:
    step = program_of({"then": {"compared_with": "bot/then"}})
    earlier = [night(run, 11, "different"), with_programs(night(run, 12, "same"), bot=step)]
    found = issues(night(run, 13, "different"), earlier=earlier)["broken"]
    assert ["since 2026-11-11" in each["body"] for each in found if each["row"] == "bot"] == [True]


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"reason": "other words", "seconds": 9.0, "output": WRITTEN * 2}, True),
        ({"differences": (replace(PROGRAMS["different"]["differences"][0], before="1", after="2"),)}, True),
        ({"differences": (replace(PROGRAMS["different"]["differences"][0], where="place_order.action"),)}, False),
        ({"server_versions": (187,)}, False),
    ],
)
def test_the_fingerprint_of_a_program_is_the_same_while_it_does_the_same(
    run: Results, changes: dict[str, Any], *, same: bool
) -> None:
    told = [
        Told(with_programs(run, bot=program_of({"then": {**PROGRAMS["different"], **more}}))).broken["bot/then"]
        for more in ({}, changes)
    ]

    assert (told[0]["fingerprint"] == told[1]["fingerprint"]) is same
