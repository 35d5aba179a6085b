"""What a library, a gateway or a matrix file may have written does nothing to the page."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.views.page import write_page
from tests.views.page.making import (
    EARLIER,
    HOSTILE,
    RED,
    WELL,
    earlier,
    leave_evidence,
    poisoned,
    results,
    stored,
    with_files,
)

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.browser.conftest import Shown
    from tests.conftest import Maker

INJECTED = "#evil, body img, svg[onload], [onerror], script:not([type])"


def harmed(page: Page) -> bool:
    return bool(page.evaluate("window.hit !== undefined")) or page.locator(INJECTED).count() > 0


def open_everything(page: Page) -> None:
    """Open every square, every menu, and the comparison with every run."""
    for number in range(page.locator("#grid tbody button").count()):
        page.locator("#grid tbody button").nth(number).click()
        page.keyboard.press("Escape")
    for summary in page.locator("#filters summary").all():
        summary.click()
        page.locator("#filters details[open] input").first.check()
        page.keyboard.press("Escape")
    for option in page.locator("#with option").all():
        page.locator("#with").select_option(option.get_attribute("value"))
    page.wait_for_url(re.compile("with="))  # the address follows a moment later, and tells a reload what to show
    page.reload()


def test_names_reasons_verdicts_and_commands(make: Maker, shown: Shown, tmp_path: Path) -> None:
    run = results(make)
    bad = poisoned(run, nul=False)
    bad = replace(bad, run=replace(bad.run, id=run.run.id))
    before = poisoned(earlier(run), nul=False)
    before = replace(before, run=replace(before.run, id=EARLIER))
    folder = stored(bad, tmp_path)
    stored(before, tmp_path)
    page = shown.open(write_page(bad, folder))
    open_everything(page)
    assert not harmed(page)
    page.reload()
    page.locator("#grid tbody button").first.click()
    assert "<script>window.hit=1</script>" in page.get_by_role("dialog").inner_text()
    assert page.locator("a[href^='javascript']").count() == 0
    shown.screenshot("hostile")


@pytest.mark.parametrize("cell", [RED, WELL])
def test_logs_and_bytes(cell: str, make: Maker, shown: Shown, tmp_path: Path) -> None:
    run = with_files(results(make), cell)
    folder = stored(run, tmp_path)
    leave_evidence(folder, cell, log=[HOSTILE], wire=HOSTILE.encode())
    page = shown.open(write_page(run, folder), f"#cell={cell.replace('==', '%3D%3D')}")
    assert "<script>window.hit=1</script>" in page.get_by_role("dialog").inner_text()
    assert not harmed(page)


@pytest.mark.parametrize(
    "state", ["#cell=<img src=x onerror=window.hit=1>", "#status=<b id=evil>&with=%00&theme=x", "#%"]
)
def test_an_address_that_somebody_made(state: str, shown: Shown, file: Path) -> None:
    page = shown.open(file, state)
    assert not harmed(page)
    assert page.get_by_role("dialog").count() == 0


def test_a_script_that_came_in_would_not_run(shown: Shown, file: Path) -> None:
    page = shown.open(file)
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.hit = 1' }))"
    )
    assert page.evaluate("window.hit") is None
    assert len(shown.complaints) == 1
    assert "Content Security Policy" in shown.complaints.pop()
