"""The page of a run in a browser: filters, squares, comparison, colours, paper."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from harness.views.page import write_page
from tests.views.page.making import EARLIER, RED, WELL, earlier, results, stored, with_two_verdicts

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from tests.browser.conftest import Shown
    from tests.conftest import Maker

ALL = 15


def seen(page: Page) -> int:
    """Count the squares that can be seen."""
    return page.locator("#grid tbody td:not(.out) button:visible").count()


def choose(page: Page, menu: str, *words: str) -> None:
    page.get_by_role("group").filter(has=page.locator("summary", has_text=menu)).locator("summary").click()
    for word in words:
        page.get_by_role("checkbox", name=word).click()
    page.keyboard.press("Escape")


def square(page: Page, row: int, column: int) -> Locator:
    return page.locator(f"#grid tbody tr:nth-child({row}) td:nth-child({column + 2}) button")


def words(locator: Locator) -> Sequence[str]:
    return locator.inner_text().split()


def test_all_squares_are_there(shown: Shown, file: Path) -> None:
    page = shown.open(file)
    assert seen(page) == ALL
    assert page.locator("#found").inner_text() == f"{ALL} cells"
    shown.screenshot("grid", whole=True)


@pytest.mark.parametrize(
    ("menu", "values", "left"),
    [
        ("Library", ["ib_insync"], 3),
        ("Version", ["ib_async 2.1.0"], 6),
        ("Python", ["3.12"], 6),
        ("Gateway", ["gateway-10.45-paper"], 5),
        ("Gateway", ["gateway-10.45-paper", "tws-10.37-paper"], 10),
        ("Status", ["timeout"], 1),
        ("Status", ["timeout", "degraded"], 2),
        ("At fault", ["nobody"], 13),
        ("Expected", ["unexpected-fail"], 1),
    ],
)
def test_a_filter_leaves_what_it_asks_for(menu: str, values: list[str], left: int, shown: Shown, file: Path) -> None:
    page = shown.open(file)
    choose(page, menu, *values)
    assert seen(page) == left
    assert page.locator("#found").inner_text() == f"{left} of {ALL} cells"
    page.get_by_role("button", name="Show all").click()
    assert seen(page) == ALL


def test_rows_and_columns_without_a_square_go(shown: Shown, file: Path) -> None:
    page = shown.open(file)
    choose(page, "Status", "timeout")
    assert page.locator("#grid tbody tr:visible").count() == 1
    assert page.locator("#grid thead th:visible").count() == 3


def test_the_address_keeps_what_is_shown(shown: Shown, file: Path) -> None:
    page = shown.open(file)
    choose(page, "Library", "ib_async")
    choose(page, "Status", "pass")
    page.get_by_role("button", name="Colours").click()
    page.wait_for_url("**theme=light")
    address = page.url
    page.reload()
    assert page.url == address
    assert seen(page) == 11
    assert page.get_by_role("button", name="Colours").inner_text() == "Colours: light"
    page.goto("about:blank")
    page.goto(address)
    assert seen(page) == 11


def test_a_square_opens_and_closes_by_keys_and_the_focus_comes_back(shown: Shown, file: Path) -> None:
    page = shown.open(file)
    square(page, 1, 1).focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    assert square(page, 3, 3).evaluate("element => element === document.activeElement")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    assert dialog.get_by_role("heading", level=2).inner_text() == "ib_async 1.0.3 on Python 3.10, tws-10.37-paper"
    page.keyboard.press("Escape")
    assert dialog.count() == 0
    assert square(page, 3, 3).evaluate("element => element === document.activeElement")
    page.wait_for_url(lambda url: "cell=" not in url)


@pytest.mark.parametrize(
    ("keys", "row", "column"),
    [
        (["End"], 1, 3),
        (["Control+End"], 5, 3),
        (["Control+End", "Home"], 5, 1),
        (["Control+End", "Control+Home"], 1, 1),
        (["Control+ArrowDown"], 5, 1),
        (["ArrowLeft"], 1, 1),
    ],
)
def test_keys_move_in_the_grid(keys: list[str], row: int, column: int, shown: Shown, file: Path) -> None:
    page = shown.open(file)
    square(page, 1, 1).focus()
    for key in keys:
        page.keyboard.press(key)
    assert square(page, row, column).evaluate("element => element === document.activeElement")
    assert page.locator("#grid button[tabindex='0']").count() == 1


def test_keys_pass_over_what_is_filtered_out(shown: Shown, file: Path) -> None:
    page = shown.open(file)
    choose(page, "Python", "3.12")
    page.locator("#grid button:visible").first.focus()
    page.keyboard.press("ArrowDown")
    assert square(page, 4, 1).evaluate("element => element === document.activeElement")


def test_a_red_square_shows_all_that_is_known(shown: Shown, file: Path) -> None:
    page = shown.open(file)
    square(page, 3, 3).click()
    dialog = page.get_by_role("dialog")
    text = dialog.inner_text()
    for title in (
        "Verdict",
        "Run it again",
        "Stages",
        "Expected and observed",
        "What the library logged",
        "Transcript",
    ):
        assert title in text
    assert "timeout at version" in text
    assert 'nox -s "compat(ib_async==1.0.3/py3.10)" -- --gateway tws-10.37-paper' in text
    assert "Connecting to 127.0.0.1:40001 with clientId 7300" in text
    assert "68 65 6c 6c 6f" in text
    stage = dialog.get_by_role("row").filter(has=page.get_by_role("rowheader", name="version", exact=True)).first
    assert "4.00 s" in stage.inner_text()
    shown.screenshot("square")


def test_the_verdict_on_another_check_stands_apart(shown: Shown, make: Maker, tmp_path: Path) -> None:
    run = results(make)
    page = shown.open(write_page(with_two_verdicts(run), stored(with_two_verdicts(run), tmp_path)))
    square(page, 3, 3).click()
    text = page.get_by_role("dialog").inner_text()
    assert f"Verdict on {run.cells[RED].checks[0].name}" in text
    assert "something else is wrong, too" in text


def test_where_the_truth_was_missed_both_are_told(shown: Shown, file: Path) -> None:
    page = shown.open(file)
    square(page, 5, 3).click()
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="exec_id 01: time"))
    assert "'2026-11-20T20:30:59+00:00'" in row.inner_text()
    assert "'2026-11-20T15:30:59+00:00'" in row.inner_text()
    link = page.get_by_role("dialog").get_by_role("link", name="https://example.org/issues/1")
    assert link.get_attribute("href") == "https://example.org/issues/1"


def test_a_link_to_a_square_opens_it(shown: Shown, file: Path) -> None:
    page = shown.open(file, "#cell=ib_async%3D%3D1.0.3%2Fpy3.10%2Ftws-10.37-paper")
    assert page.get_by_role("dialog").is_visible()
    page.get_by_role("button", name="the previous cell").click()
    assert "gateway-10.37-paper" in page.get_by_role("dialog").get_by_role("heading", level=2).inner_text()
    page.evaluate("location.hash = ''")
    page.wait_for_selector("dialog", state="hidden")


def test_earlier_runs_that_cannot_be_shown_are_named_and_not_to_be_chosen(
    shown: Shown, make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = results(make)
    broken, large = stored(earlier(run), tmp_path) / "results.json", tmp_path / "20261101T000000Z-cd34"
    size = broken.write_text("{}", encoding="utf-8")
    shutil.copytree(broken.parent, large)
    monkeypatch.setattr("harness.views.page.page_data.BYTES", size)
    page = shown.open(write_page(run, stored(run, tmp_path)))
    options = page.locator("#with option[disabled]")
    assert [broken.parent.name in options.nth(0).inner_text(), options.count()] == [True, 2]


def test_a_comparison_marks_what_was_added_is_gone_and_changed(shown: Shown, file: Path) -> None:
    page = shown.open(file)
    page.get_by_label("Compare with").select_option(EARLIER)
    assert words(square(page, 1, 1))[-4:] == ["was", "timeout", "at", "version"]
    assert "better" in square(page, 1, 1).inner_text()
    assert words(square(page, 2, 2))[-1] == "added"
    told = page.locator("#compared").inner_text()
    assert "1 changed, 1 added, 1 gone, 13 unchanged (=)." in told
    assert "ib_async==0.9.0/py3.10/tws-10.37-paper" in told
    shown.screenshot("comparison")
    page.get_by_label("only changed cells").check()
    assert seen(page) == 2
    page.wait_for_url("**moved=1*")
    page.reload()
    assert seen(page) == 2
    page.get_by_label("Compare with").select_option("")
    assert seen(page) == ALL
    assert page.locator("#grid .mark").count() == 0


def test_a_square_tells_how_it_stood_before(shown: Shown, file: Path) -> None:
    page = shown.open(file, f"#cell={WELL.replace('==', '%3D%3D')}")
    row = page.get_by_role("dialog").get_by_role("row").filter(has_text=EARLIER)
    assert "timeout at version" in row.inner_text()


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (datetime(2026, 11, 21, 12, tzinfo=UTC), "Desupported in 24 days (2026-12-15)"),
        (datetime(2026, 12, 14, 12, tzinfo=UTC), "Desupported in 1 day (2026-12-15)"),
        (datetime(2026, 12, 15, 12, tzinfo=UTC), "Desupported today (2026-12-15)"),
        (datetime(2026, 12, 17, 12, tzinfo=UTC), "Desupported 2 days ago (2026-12-15)"),
    ],
)
def test_the_days_to_a_desupport_are_counted_from_today(today: datetime, said: str, shown: Shown, file: Path) -> None:
    shown.page.clock.set_fixed_time(today)
    assert shown.open(file).locator("time.day").inner_text() == said


def test_connect_times_have_a_dot_for_each_square(shown: Shown, file: Path) -> None:
    page = shown.open(file)
    page.locator(".times").scroll_into_view_if_needed()
    page.wait_for_selector("table.connect circle", state="attached")
    for table in page.locator("table.connect").all():
        assert table.locator("circle, rect").count() == ALL - 1
    assert words(page.locator("table.connect tbody tr").first)[-5:] == ["6.0", "12.0", "18.0", "3", "0"]
    shown.screenshot("times")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_the_system_and_the_toggle(scheme: str, shown: Shown, file: Path) -> None:
    shown.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page = shown.open(file)
    paper = "getComputedStyle(document.body).backgroundColor"
    system = page.evaluate(paper)
    shown.screenshot(scheme)
    button = page.get_by_role("button", name="Colours")
    button.click()
    light = page.evaluate(paper)
    button.click()
    dark = page.evaluate(paper)
    assert light != dark
    assert system == (dark if scheme == "dark" else light)


def test_on_paper_the_whole_grid_stands_and_no_control(shown: Shown, file: Path) -> None:
    page = shown.open(file)
    page.emulate_media(media="print", color_scheme="dark")
    assert seen(page) == ALL
    assert page.locator("#filters").is_hidden()
    assert page.get_by_role("button", name="Colours").is_hidden()
    assert page.locator("#scroll").evaluate("element => getComputedStyle(element).overflow") == "visible"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert len(page.pdf(prefer_css_page_size=True)) > 10_000
    shown.screenshot("paper", whole=True)


def test_an_open_square_is_what_is_printed(shown: Shown, file: Path) -> None:
    page = shown.open(file)
    square(page, 3, 3).click()
    page.emulate_media(media="print")
    assert page.get_by_role("dialog").is_visible()
    assert page.locator("#grid").is_hidden()


def test_heads_stay_in_sight(shown: Shown, file: Path) -> None:
    shown.page.set_viewport_size({"width": 420, "height": 500})
    page = shown.open(file)
    page.locator("#scroll").evaluate("element => { element.style.maxHeight = '150px'; element.scrollTo(200, 200); }")
    box, row, column = (
        page.locator(each).bounding_box()
        for each in ("#scroll", "#grid tbody tr:last-child th", "#grid thead th:last-child")
    )
    assert box is not None
    assert row is not None
    assert column is not None
    assert row["x"] == pytest.approx(box["x"] + 1, abs=1)
    assert column["y"] == pytest.approx(box["y"] + 1, abs=1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shown.screenshot("narrow", whole=True)


def test_without_a_script_everything_can_be_read(shown: Shown, file: Path) -> None:
    browser = shown.page.context.browser
    assert browser is not None
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(file.as_uri())
        assert page.locator("#grid tbody button").count() == ALL
        assert page.get_by_text("Desupported on 2026-12-15").first.is_visible()
        assert page.locator("#filters").is_hidden()
        assert RED.partition("/")[0] in page.locator(".reds").inner_text()


def test_the_square_with_the_focus_is_not_behind_a_head(shown: Shown, file: Path) -> None:
    shown.page.set_viewport_size({"width": 420, "height": 500})
    page = shown.open(file)
    page.locator("#scroll").evaluate("element => { element.style.maxHeight = '220px'; }")
    square(page, 1, 1).focus()
    for key in ("Control+End", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
    here = square(page, 2, 1)
    on_top = (
        "e => { const b = e.getBoundingClientRect(); return e.contains(document.elementFromPoint(b.x + 4, b.y + 4)); }"
    )
    assert here.evaluate(on_top)


def test_the_focus_comes_back_to_the_square_that_was_shown_last(shown: Shown, file: Path) -> None:
    page = shown.open(file)
    square(page, 1, 1).click()
    page.get_by_role("button", name="the next cell").click()
    after = page.get_by_role("button", name="the next cell")
    assert after.evaluate("element => element === document.activeElement")
    page.keyboard.press("Escape")
    square(page, 1, 2).and_(page.locator(":focus")).wait_for()
