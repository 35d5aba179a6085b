"""The programs of a run on its page, in a browser: with cells, and alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.views.page import write_page
from tests.browser.test_audit import violations
from tests.results.program_cells import KINDS, program_of, with_programs
from tests.views.page.making import alone, earlier, results, stored

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Shown
    from tests.conftest import Maker


@pytest.fixture(params=["with cells", "alone"])
def program_file(request: pytest.FixtureRequest, make: Maker, tmp_path: Path) -> Path:
    run = with_programs(results(make), bot=program_of(KINDS))
    run = alone(run) if request.param == "alone" else run
    folder = stored(run, tmp_path)
    stored(with_programs(earlier(results(make)), bot=program_of({kind: {} for kind in KINDS})), tmp_path)
    return write_page(run, folder)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_found(scheme: str, shown: Shown, program_file: Path) -> None:
    shown.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page = shown.open(program_file)
    open_all(page)
    assert violations(page) == []
    shown.screenshot(f"programs-{program_file.parent.name}-{scheme}", whole=True)


def test_squares_tell_how_they_stand_by_more_than_colour(shown: Shown, program_file: Path) -> None:
    page = shown.open(program_file)
    glyphs = page.locator(".programs td .glyph").evaluate_all(
        "all => all.map(e => getComputedStyle(e, '::before').content)"
    )
    assert len(glyphs) == len(KINDS)
    assert [each.strip('"').split('"')[0].strip() for each in glyphs] == ["✓", "✗", "✗", "✓", "·", "·", "!", "?"]


def test_what_is_opened_can_be_read(shown: Shown, program_file: Path) -> None:
    page = shown.open(program_file)
    asked = page.locator(".asked")
    assert not asked.is_visible()
    open_all(page)
    assert asked.is_visible()
    assert page.get_by_text("ib-compat run --program bot --gateway different").first.is_visible()


def test_a_comparison_says_what_became_of_each_cell(shown: Shown, program_file: Path) -> None:
    page = shown.open(program_file, "#with=20261119T101112Z-cd34")
    assert violations(page) == []
    compared = page.locator("#changes")
    worse = compared.locator(".worse", has_text="new: what a request says place_order.limit")
    assert worse.locator("li").all_inner_texts() == ["bot/different"]
    assert "Programs: 7 changed, 0 added, 0 gone, 1 unchanged." in compared.inner_text()


def test_of_programs_alone_nothing_of_cells_is_in_sight(make: Maker, shown: Shown, tmp_path: Path) -> None:
    run = alone(with_programs(results(make), bot=program_of(KINDS)))
    page = shown.open(write_page(run, stored(run, tmp_path)))
    assert not page.locator("#grid, #filters, .connect").first.is_visible()
    assert page.get_by_role("heading", level=1).inner_text() == "What your programs do with which gateway"
    page.locator("#theme").click()
    assert page.locator("html").get_attribute("data-theme") == "light"


def open_all(page: Page) -> None:
    page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true")
