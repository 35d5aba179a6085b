"""Measures how fast the page of a run with 5,000 cells is, in a real Chromium."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.results.results_json import record_of
from harness.results.results_model import Results
from harness.views.page import render

if TYPE_CHECKING:
    from playwright.sync_api import Page

SQUARES = 5_000
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")

_PAINTED = """() => new Promise((done) => {
  const seen = (list) => list.getEntriesByName('first-contentful-paint').forEach((paint) => done(paint.startTime));
  new PerformanceObserver(seen).observe({ type: 'paint', buffered: true });
})"""
_FILTERS = """async () => {
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const grid = document.getElementById('grid');
  let slowest = [0, 0];
  for (const menu of document.querySelectorAll('#filters fieldset')) {
    const boxes = menu.querySelectorAll('input');
    for (const box of [boxes[0], boxes[0], boxes[boxes.length - 1], boxes[boxes.length - 1]]) {
      await painted();
      const began = performance.now();
      box.click();
      grid.getBoundingClientRect();
      const drawn = performance.now() - began;
      await painted();
      const frame = performance.now() - began;
      slowest = [Math.max(slowest[0], drawn), Math.max(slowest[1], frame)];
    }
  }
  return slowest;
}"""
"""Turns the first and the last filter of each menu on and off: each time a click, the layout, the frame."""


def many(document: dict[str, Any], squares: int = SQUARES) -> Results:
    """Return a run's results with its rows again and again, under other versions, until there are so many squares."""
    cells: dict[str, Any] = {}
    copy = 0
    while len(cells) < squares:
        for name, cell in document["cells"].items():
            row, _, python = cell["row"].partition("/")
            version = f"{cell['requested']['version']}.{copy}"
            again = {
                **cell,
                "row": f"{row}.{copy}/{python}",
                "requested": {**cell["requested"], "version": version},
                "artifacts": [],
            }
            cells[f"{again['row']}/{name.rpartition('/')[2]}"] = again
        copy += 1
    return record_of(Results, {**document, "cells": cells})


def page_seconds(document: dict[str, Any], chromium: str, repeat: int) -> dict[str, float]:
    """Return the medians of first paint and of the slowest filter, in seconds, and the file's size in MB."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - the other measurements do without

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        file = Path(folder) / "index.html"
        file.write_text(render(many(document), Path(folder)), encoding="utf-8")
        browser = driver.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        measured = [_measure(browser.new_page(), file) for _ in range(repeat)]
        browser.close()
        paint, layout, frame = (statistics.median(each) for each in zip(*measured, strict=True))
        return {"paint": paint, "filter": layout, "frame": frame, "MB": file.stat().st_size / 1e6}


def _measure(page: Page, file: Path) -> tuple[float, float, float]:
    page.goto(file.as_uri())
    page.wait_for_selector("html.ready")
    painted = page.evaluate(_PAINTED)
    layout, frame = page.evaluate(_FILTERS)
    page.close()
    return painted / 1000, layout / 1000, frame / 1000
