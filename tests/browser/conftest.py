"""A real Chromium, driven by Playwright, with the page of a run in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.views.page import write_page
from tests.views.page.making import RED, earlier, leave_evidence, results, stored, with_files

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.conftest import Maker

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
REQUIRED = "IB_COMPAT_REQUIRE_BROWSER"
SCREENSHOTS = "IB_COMPAT_SCREENSHOTS"


def _chromium() -> str | None:
    named = os.environ.get("IB_COMPAT_CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


def _skip(reason: str) -> None:
    if os.environ.get(REQUIRED):
        pytest.fail(f"{reason}, and {REQUIRED} is set")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser for all tests; each has a context of its own."""
    executable = _chromium()
    if executable is None:
        _skip("needs a Chromium: apt-get install chromium, or name one in IB_COMPAT_CHROMIUM")
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: nox -s browser brings it")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Shown:
    """A page in a browser, and what it did that it should not: messages of its console, and requests."""

    page: Page
    screenshots: Path
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, file: Path, state: str = "") -> Page:
        self.page.goto(f"{file.as_uri()}{state}")
        self.page.wait_for_selector("html.ready")
        return self.page

    def screenshot(self, name: str, *, whole: bool = False) -> None:
        """Leave a picture for a person to look at."""
        self.page.screenshot(path=self.screenshots / f"{name}.png", full_page=whole)


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    with chromium.new_context(viewport={"width": 1280, "height": 800}) as context:
        yield context


@pytest.fixture
def shown(context: BrowserContext, tmp_path: Path) -> Iterator[Shown]:
    """A new tab; after the test it must not have complained, nor asked for anything but the file."""
    folder = Path(os.environ.get(SCREENSHOTS) or tmp_path / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    shown = Shown(context.new_page(), folder)
    shown.page.set_default_timeout(10_000)
    shown.page.on("console", lambda message: shown.complaints.append(message.text))
    shown.page.on("pageerror", lambda error: shown.complaints.append(str(error)))
    shown.page.on("dialog", lambda dialog: shown.complaints.append(dialog.message))
    shown.page.on("request", lambda request: shown.requests.append(request.url))
    yield shown
    assert shown.complaints == []
    assert all(
        url.startswith(("file://", "data:,")) and url.partition("#")[0].endswith(("index.html", ","))
        for url in shown.requests
    )


@pytest.fixture
def file(make: Maker, tmp_path: Path) -> Path:
    """The page of a run with something red, whose log and wire are kept, and with an earlier run beside it."""
    run = with_files(results(make), RED)
    folder = stored(run, tmp_path)
    stored(earlier(run), tmp_path)
    leave_evidence(folder, RED, log=["Connecting to 127.0.0.1:40001 with clientId 7300"], wire=b"\0\0\0\x05hello")
    return write_page(run, folder)
