"""Why a library could not be installed: by what real installers say to real indexes, or said when they were asked."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.diagnose.install_failures import why_not_installed
from tests.indexes import Page, as_json, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

UV = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
LIBRARY = "ib_async==2.1.0"


@contextmanager
def answering(status: int) -> Iterator[int]:
    """Something on a port that answers every request so, that of a tunnel too."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_CONNECT = do_GET  # noqa: N815 - its base class calls it so

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base class calls it so
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def silent() -> Iterator[int]:
    """A port that accepts, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def closed() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def installed(index: str, folder: Path, **more: str) -> str:
    """What uv says that installs a library from an index; nothing that the user set for uv or pip counts."""
    assert UV is not None
    clean = {key: value for key, value in os.environ.items() if not key.upper().startswith(("UV_", "PIP_"))}
    clean = {key: value for key, value in clean.items() if not key.upper().endswith("_PROXY")}
    env = {**clean, "UV_HTTP_RETRIES": "0", "UV_NO_CONFIG": "1", **more}
    words = [UV, "pip", "install", "--quiet", "--no-cache", "--target", str(folder), "--python", sys.executable]
    done = subprocess.run([*words, "--index-url", index, LIBRARY], capture_output=True, text=True, env=env, check=False)
    assert done.returncode != 0
    return done.stdout + done.stderr


def cause(log: str) -> str | None:
    found = why_not_installed(log)
    return found.name if found else None


needs_uv = pytest.mark.skipif(UV is None, reason="needs uv")


@needs_uv
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_index_that_is_down_is_not_reached(status: int, tmp_path: Path) -> None:
    with answering(status) as port:
        assert cause(installed(f"http://127.0.0.1:{port}/simple", tmp_path)) == "index-not-reached"


@needs_uv
@pytest.mark.parametrize("status", [401, 403])
def test_an_index_that_wants_a_login_refuses(status: int, tmp_path: Path) -> None:
    with answering(status) as port:
        assert cause(installed(f"http://127.0.0.1:{port}/simple", tmp_path)) == "index-refuses"


@needs_uv
@pytest.mark.parametrize("case", ["closed", "no such name", "no TLS", "silent", "proxy closed", "proxy wants a login"])
def test_what_is_between_machine_and_index_is_the_network(case: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        more: dict[str, str] = {}
        index = "https://pypi.example.org/simple"
        if case == "closed":
            index = f"http://127.0.0.1:{closed()}/simple"
        elif case == "no such name":
            index = "http://no-such-host.invalid/simple"
        elif case == "no TLS":
            index = f"https://127.0.0.1:{stack.enter_context(answering(200))}/simple"
        elif case == "silent":
            index, more = f"http://127.0.0.1:{stack.enter_context(silent())}/simple", {"UV_HTTP_TIMEOUT": "1"}
        elif case == "proxy closed":
            more = {"HTTPS_PROXY": f"http://127.0.0.1:{closed()}"}
        else:
            more = {"HTTPS_PROXY": f"http://127.0.0.1:{stack.enter_context(answering(407))}"}
        assert cause(installed(index, tmp_path, **more)) == "index-not-reached"


@needs_uv
@pytest.mark.parametrize(
    "page",
    [
        as_json(),
        as_json({"filename": "ib_async-1.0.0-py3-none-any.whl", "url": "a.whl", "hashes": {}}),
        as_json({"filename": "ib_async-2.1.0-cp27-cp27m-win32.whl", "url": "a.whl", "hashes": {}}),
        as_json(
            {"filename": "ib_async-2.1.0-py3-none-any.whl", "url": "a.whl", "hashes": {}, "requires-python": ">=4"}
        ),
    ],
    ids=["empty", "other version", "other system", "other Python"],
)
def test_an_index_that_answered_and_has_it_not_proves_that(page: Page, tmp_path: Path) -> None:
    with serving({"ib-async": page}) as index:
        assert cause(installed(index, tmp_path)) == "no-such-release"


@needs_uv
def test_an_index_that_knows_no_such_package_proves_nothing_of_a_release(tmp_path: Path) -> None:
    """As a mirror whose address is mistyped, which knows no package at all."""
    with serving({}) as index:
        assert cause(installed(index, tmp_path)) == "no-such-package"


NONE = "(from versions: none)\nERROR: No matching distribution found for ib_async==2.1.0"
"""Pip's last words, also where the index answered with 503."""
BROKEN = "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by"
OS_ERROR = "ERROR: Could not install packages due to an OSError:"


SAID: tuple[tuple[str, str | None], ...] = (
    (NONE, None),
    (f"{BROKEN} 'SSLError(SSLError(1, '[SSL: WRONG_VERSION_NUMBER]'))': /x/\n{NONE}", "index-not-reached"),
    (f"{BROKEN} 'NewConnectionError('[Errno 111] Connection refused')': /x/\n{NONE}", "index-not-reached"),
    (f"{BROKEN} 'ReadTimeoutError(Read timed out.)': /x/\n{NONE}", "index-not-reached"),
    ("ib_async==99 (from versions: 1.0.0, 2.1.0)\nERROR: No matching distribution found", "no-such-release"),
    ("cause: failed to copy file from a to b: No space left on device (os error 28)", "machine-cannot"),
    (f"{OS_ERROR} [Errno 28] No space left on device", "machine-cannot"),
    ("cause: failed to create directory `/x`: Read-only file system (os error 30)", "machine-cannot"),
    (f"{OS_ERROR} [Errno 13] Permission denied: '/x'", "machine-cannot"),
    ("error: [Errno 2] No such file or directory: 'gcc'\n\nhint: Build failures usually", "no-compiler"),
    ("error: Microsoft Visual C++ 14.0 or greater is required.", "no-compiler"),
    ("the installer failed without a word", None),
    ("error: something that nobody has seen", None),
)
"""What real installers said, and why it could not be installed; ``None`` where that tells nobody."""


@pytest.mark.parametrize(("said", "why"), SAID)
def test_what_installers_said_is_understood(said: str, why: str | None) -> None:
    assert cause(said) == why


def test_only_what_the_index_said_proves_something_of_the_release() -> None:
    found = why_not_installed("there is no version of ib-async==99")
    down = why_not_installed("dns error")
    assert found is not None
    assert down is not None
    assert (found.proves, down.proves) == (True, False)
