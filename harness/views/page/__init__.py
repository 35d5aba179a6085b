"""Makes the page of a run: one file for a browser, with everything in it, that makes no network request."""

from harness.views.page.write import render, write_page

__all__ = ["render", "write_page"]
