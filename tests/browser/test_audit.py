"""Accessibility of the page, audited by axe-core: WCAG 2.2 A and AA, and its own good practice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.browser.conftest import Shown


def violations(page: Page) -> list[str]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="nox -s browser brings it").Axe()
    found = axe.run(page).response["violations"]
    return [f"{each['id']}: {[node['html'][:200] for node in each['nodes'][:3]]}" for each in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "state",
    ["", "#cell=ib_async%3D%3D1.0.3%2Fpy3.10%2Ftws-10.37-paper", "#with=20261119T101112Z-cd34", "#status=timeout"],
    ids=["grid", "square", "comparison", "filtered"],
)
def test_nothing_is_found(scheme: str, state: str, shown: Shown, file: Path) -> None:
    shown.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page = shown.open(file, state)
    assert violations(page) == []


def test_an_open_menu_is_as_good(shown: Shown, file: Path) -> None:
    page = shown.open(file)
    page.locator("#filters summary").first.click()
    assert violations(page) == []


def test_status_is_told_by_more_than_colour(shown: Shown, file: Path) -> None:
    page = shown.open(file)
    glyphs = {
        page.locator(f"#grid td.{status} button").first.evaluate("e => getComputedStyle(e, '::before').content")
        for status in ("pass", "degraded", "timeout")
    }
    assert len(glyphs) == 3
    assert page.locator("#grid td.timeout button").get_attribute("aria-label") is None
    assert "timeout" in page.get_by_role("gridcell").filter(has_text="timeout").first.inner_text()
