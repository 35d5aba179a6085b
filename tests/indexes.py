"""Package indexes for tests: one of our own on a local port, and PyPI where it can be reached."""

from __future__ import annotations

import json
import os
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from harness.decide.index import PYPI

REQUIRE = "IB_COMPAT_REQUIRE_INDEX"
"""Set where the index must be there: then tests that need it fail instead of being skipped."""

JSON = "application/vnd.pypi.simple.v1+json"

Page = tuple[int, str, str]
"""Status, content type and body."""


def need_pypi() -> None:
    """Skip where PyPI cannot be reached."""
    try:
        with urllib.request.urlopen(f"{PYPI}/ib-async/", timeout=10):  # noqa: S310 - an https address
            return
    except OSError as error:
        if os.environ.get(REQUIRE):
            raise
        pytest.skip(f"needs PyPI: {error}")


def as_json(*files: Mapping[str, object]) -> Page:
    """A page as PyPI answers."""
    return 200, JSON, json.dumps({"meta": {"api-version": "1.1"}, "files": list(files)})


@contextmanager
def serving(pages: Mapping[str, Page]) -> Iterator[str]:
    """Serve an index of these packages for as long as the context lasts; give its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = pages.get(
                self.path.strip("/").rpartition("/")[2], (404, "text/plain", "no such package")
            )
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base class calls it so
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/simple"
        finally:
            server.shutdown()
            thread.join()
