"""A gateway is recorded while real libraries ask it: they see what they see without, and all of it is recorded."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.recordings.archive import RecordingFile
from harness.recordings.recording import Omitted
from tests.cli.test_record import free_port
from tests.commands import environment, ib_compat
from tests.rows import FAST_ROWS, VARIABLE, need_row

pytestmark = pytest.mark.slow


@contextmanager
def simulated(program: Sequence[str] = ()) -> Iterator[str]:
    """Serve a simulated gateway from another process, by that program if it is to be recognised; give its port."""
    words = ("simulate", "--port", "0", "--quiet", "--market", "still")
    with subprocess.Popen(
        [*program, *words] if program else ib_compat(*words), env=environment(), stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            first = process.stderr.readline()
            found = re.search(r"listens on 127\.0\.0\.1:(\d+)", first)
            assert found, first
            yield found[1]
        finally:
            process.terminate()
            process.communicate()


def asked(port: str, library: str, results: Path) -> list[str]:
    words = ["--library", library, "--gateway", f"127.0.0.1:{port}", "--results", str(results)]
    return ib_compat("run", "--environments", os.environ[VARIABLE], "--no-build", *words)


def statuses(results: Path) -> dict[str, str]:
    """Give how each check of the only cell of a run ended."""
    (cell,) = json.loads((results / "latest" / "results.json").read_text("utf-8"))["cells"].values()
    return {check["name"]: check["status"] for check in cell["checks"]}


@pytest.mark.parametrize("library", sorted(FAST_ROWS))
def test_a_library_sees_through_the_proxy_what_it_sees_without(library: str, tmp_path: Path) -> None:
    need_row(library)
    file, listen = tmp_path / "mine.ibrec", str(free_port())
    with simulated() as port:
        straight = subprocess.run(
            asked(port, library, tmp_path / "a"), env=environment(), capture_output=True, text=True, check=False
        )
        record = ib_compat("record", "--proxy", f"{port}:{listen}", str(file), "--")
        words = [*record, *asked(listen, library, tmp_path / "b")]
        recorded = subprocess.run(words, env=environment(), capture_output=True, text=True, check=False)
    assert straight.returncode == 0, straight.stdout + straight.stderr
    assert recorded.returncode == 0, recorded.stdout + recorded.stderr
    assert statuses(tmp_path / "b") == statuses(tmp_path / "a")
    with RecordingFile(file) as opened:
        omitted = [entry for entry in opened.entries() if isinstance(entry, Omitted)]
        manifest = opened.manifest
    assert manifest.gateway.mode == "paper"
    assert not omitted
    assert min(manifest.frames.values()) > 50
