"""The page of a real run: a real library against a gateway that says nothing and one that has lost IBKR."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.shared.errors import ExitCode
from tests.rows import VARIABLE, need_row

if TYPE_CHECKING:
    from tests.browser.conftest import Shown

SILENT = "a-accepted-and-silent"
ROW = "ib_async==2.0.1"
RUN = [sys.executable, "-m", "harness", "run", "--no-board", "--matrix", "matrices/seeds.toml", "--library", ROW]


def ran(*words: str) -> str:
    done = subprocess.run([*RUN, *words], capture_output=True, text=True, encoding="utf-8", check=False, timeout=120)
    assert done.returncode == ExitCode.AS_EXPECTED, done.stderr
    return done.stdout


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """Two runs of a library against a gateway that says nothing and one that is well; the later one's page."""
    need_row(ROW)
    words = ["--environments", os.environ[VARIABLE], "--results", str(tmp_path)]
    ran(*words, "--gateway", SILENT)
    said = ran(*words, "--gateway", SILENT, "--gateway", "j-lost-ibkr")
    page = (tmp_path / "latest" / "index.html").resolve()
    assert f"Page: {page.as_posix()}" in said
    return page


def test_a_run_leaves_its_page_and_names_it(real: Path, shown: Shown) -> None:
    page = shown.open(real)
    assert page.locator("#grid tbody button").count() == 2
    page.locator("#grid tbody button").first.click()
    text = page.get_by_role("dialog").inner_text()
    assert "the library is not the cause" in text
    assert "at fault: settings" in text
    assert "no server version after" in text
    assert "INFO ib_async.client: Connecting to 127.0.0.1" in text
    assert "→" in text.partition("Transcript")[2]
    assert "DU9000001" not in real.read_text("utf-8")
    shown.screenshot("real-square", whole=True)
    page.keyboard.press("Escape")
    page.get_by_label("Compare with").select_option(index=1)
    assert "1 added" in page.locator("#compared").inner_text()
