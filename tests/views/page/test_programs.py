"""The programs of a run on its page: what stands in it without a script, and that hostile texts stay texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.results.program_results import ProgramDifference
from harness.results.results_model import Results
from harness.views.page import render
from tests.conftest import Maker
from tests.results.program_cells import DIFFERENCE, KINDS, program_of, with_programs
from tests.views.page.making import HOSTILE, alone, earlier, results, stored
from tests.views.page.test_page import Reader


def page_of(run: Results, folder: Path) -> Reader:
    return Reader(render(run, folder / "none"))


@pytest.fixture
def run(make: Maker) -> Results:
    return with_programs(results(make), bot=program_of(KINDS))


def test_each_program_is_a_row_with_a_square_for_each_gateway(run: Results, tmp_path: Path) -> None:
    rows = [" ".join(row.split()) for row in page_of(run, tmp_path).rows]
    assert (
        "bot 178 same, today 178 different 178 different, expected 178 same 178 nobody can tell (fails)"
        " 178 nobody can tell (lacking), expected could not be run was not run"
    ) in rows
    assert "program same different known surprise fails lacking error not-run" in rows


def test_what_it_asked_is_told_of_each_gateway_with_its_files(run: Results, tmp_path: Path) -> None:
    page = page_of(run, tmp_path)
    rows = [" ".join(row.split()) for row in page.rows]
    told = "does not do the same (other than today: gateway) exit code 0, 1.2 s 2 req_positions: answered nothing"
    assert f"different {told} output.txt asked.json" in rows
    assert "not-run was not run none nothing none" in rows
    assert "programs/bot/different/output.txt" in [each.get("href") for each in page.all("a")]


def test_what_to_be_careful_about_and_what_it_took_stand_beside_what_it_asked(run: Results, tmp_path: Path) -> None:
    took = {"cpu_seconds": 0.314, "peak_bytes": 42 * 2**20, "cautions": ("Error 110 ends no order.",)}
    rows = page_of(with_programs(run, bot=program_of({"then": took})), tmp_path).rows
    (row,) = [" ".join(each.split()) for each in rows if "CPU time" in each]
    assert all(each in row for each in ("1.2 s", "0.31 s of CPU time", "42 MiB"))
    assert "2 req_positions: answered Error 110 ends no order. output.txt" in row


def test_what_it_does_otherwise_stands_below(run: Results, tmp_path: Path) -> None:
    text = render(run, tmp_path)
    assert "bot at different: does not do the same (other than today: gateway)</h3>" in text
    assert "<li>what a request says place_order.limit: 187.5 → 187.49</li>" in text
    assert "1 program, 8 cells: 2 pass, 2 fail, 1 error, 2 skipped, 1 not-run." in text
    assert "<code>ib-compat run --program bot --gateway different</code>" in text


def test_many_differences_are_counted(run: Results, tmp_path: Path) -> None:
    many = tuple(
        ProgramDifference(kind="a request", where=f"req_{number}", before="once", after="never") for number in range(60)
    )
    changed = program_of({"then": {**KINDS["different"], "differences": many}})
    text = render(with_programs(run, bot=changed), tmp_path)
    assert text.count("<li>a request req_") == 50
    assert "And 10 more; results.json beside this page has all." in text


@pytest.mark.parametrize("where", ["reason", "output", "end", "rerun"])
def test_hostile_texts_of_a_program_stay_texts(run: Results, tmp_path: Path, where: str) -> None:
    usual, poisoned = (
        with_programs(run, bot=program_of({"then": {**KINDS["different"], where: text}}))
        for text in ("words", HOSTILE.replace("\r", ""))
    )
    assert page_of(poisoned, tmp_path).marked_up == page_of(usual, tmp_path).marked_up


@pytest.mark.parametrize(
    "changes",
    [
        {"differences": (ProgramDifference(kind="a request", where=HOSTILE, before=HOSTILE, after=HOSTILE),)},
        {"cautions": (HOSTILE,)},
        {"artifacts": ("//evil.example/x", "javascript:window.hit=1")},
    ],
)
def test_hostile_differences_and_files_lead_nowhere(run: Results, tmp_path: Path, changes: dict[str, Any]) -> None:
    usual = {**KINDS["different"], "differences": (DIFFERENCE,), "cautions": ("words",)}
    one, other = (
        page_of(with_programs(run, bot=program_of({"then": each})), tmp_path) for each in (usual, {**usual, **changes})
    )
    assert one.marked_up == other.marked_up
    links = [each.get("href") or "" for each in other.all("a")]
    assert not [each for each in links if each.startswith("/") or ":" in each]


def test_a_run_without_programs_has_no_section_of_them(make: Maker, tmp_path: Path) -> None:
    text = render(results(make), tmp_path)
    assert "Your programs" not in text
    assert 'class="programs"' not in text


def test_a_run_with_programs_alone_shows_nothing_of_cells(run: Results, tmp_path: Path) -> None:
    page = page_of(alone(run), tmp_path)
    hidden = [attributes for attributes in page.all("section") if "hidden" in attributes]
    assert {each.get("aria-label") or each.get("aria-labelledby") for each in hidden} == {
        *("The grid", "compared-title", "times-title"),
    }
    assert [each.get("id") for each in page.all("div") if "hidden" in each] == ["filters"]
    text = render(alone(run), tmp_path)
    assert "<h1>What your programs do with which gateway</h1>" in text
    assert "0 cells" not in text


def test_what_became_of_each_since_an_earlier_run_is_in_the_data(run: Results, tmp_path: Path) -> None:
    before = {"same": {}, "different": {}, "gone": {}, "known": KINDS["known"]}
    after = {"same": {}, "different": KINDS["different"], "known": KINDS["known"], "new": {}}
    folder = stored(with_programs(run, bot=program_of(after)), tmp_path)
    stored(with_programs(earlier(run), bot=program_of(before)), tmp_path)
    data = Reader(render(with_programs(run, bot=program_of(after)), folder)).data
    (found,) = data["earlier"]
    told = [
        [data["strings"][cell], kind, better, data["strings"][what[-1]]]
        for cell, kind, better, what in found["programs"]
    ]
    assert told == [
        ["bot/different", "changed", -1, "new: what a request says place_order.limit: 187.5 → 187.49"],
        ["bot/new", "added", 0, "not in that run"],
        ["bot/gone", "gone", 0, "was same"],
    ]
    assert found["programs_unchanged"] == 2
