"""Package indexes for tests: one of our own on a local port, and PyPI where it can be reached."""

from __future__ import annotations

import io
import json
import os
import threading
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from harness.results.decide.package_index import PYPI

REQUIRE = "IB_COMPAT_REQUIRE_INDEX"
"""Set where the index must be there: then tests that need it fail instead of being skipped."""

JSON = "application/vnd.pypi.simple.v1+json"

Page = tuple[int, str, str | bytes]
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


def wheel(*files: str, requires: Sequence[str] = ()) -> bytes:
    """A wheel that can be installed, with these files, empty, that asks for these requirements."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for file in files:
            archive.writestr(file, "")
        asks = "".join(f"Requires-Dist: {each}\n" for each in requires)
        archive.writestr("some-1.dist-info/METADATA", f"Metadata-Version: 2.1\nName: some\nVersion: 1\n{asks}")
        archive.writestr("some-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("some-1.dist-info/RECORD", "".join(f"{each},,\n" for each in archive.namelist()))
    return written.getvalue()


@contextmanager
def serving(pages: Mapping[str, Page]) -> Iterator[str]:
    """Serve an index of these packages for as long as the context lasts; give its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            status, kind, body = pages.get(
                self.path.strip("/").rpartition("/")[2], (404, "text/plain", "no such package")
            )
            self.send_response(status)
            self.send_header("Content-Type", kind)
            content = body if isinstance(body, bytes) else body.encode()
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

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
