"""``ib-compat run --await-environments``: gateways come up while somebody builds the environments."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.shared.errors import ExitCode

MATRIX = """
[[library]]
adapter = "ib_async"
versions = ["2.1.0"]

[[gateway]]
product = "gateway"
version = "10.45"
kind = "simulator"
"""


def run(folder: Path, said: bytes | None) -> tuple[subprocess.CompletedProcess[bytes], dict[str, dict[str, str]]]:
    """A run whose builder says this and ends, or that has no builder; and its cells, by id."""
    matrix = folder / "matrix.toml"
    matrix.write_text(MATRIX, encoding="utf-8")
    words = ["run", "--matrix", str(matrix), "--await-environments", "--json", "--environments", str(folder / "none")]
    ended = subprocess.run(
        [sys.executable, "-m", "harness", *words, "--results", str(folder / "results")],
        input=said,
        stdin=subprocess.DEVNULL if said is None else None,
        capture_output=True,
        check=False,
    )
    return ended, json.loads(ended.stdout)["cells"] if ended.stdout else {}


def test_the_cells_are_asked_when_the_builder_has_given_the_word(tmp_path: Path) -> None:
    ended, cells = run(tmp_path, b"ready\n")
    (cell,) = cells.values()
    assert "its environment was not built" in cell["reason"]  # looked for only after the word
    assert ended.returncode == ExitCode.HARNESS_FAILED


@pytest.mark.parametrize("said", [b"", b"read"])
def test_a_builder_that_ends_without_the_word_ends_the_run(tmp_path: Path, said: bytes) -> None:
    ended, cells = run(tmp_path, said)
    assert ended.returncode == ExitCode.INTERRUPTED
    assert [cell["status"] for cell in cells.values()] == ["not-run"]


def test_without_anybody_who_could_give_the_word_it_is_refused(tmp_path: Path) -> None:
    ended, _ = run(tmp_path, None)
    assert ended.returncode == ExitCode.WRONG_USE
    assert b"--await-environments needs a pipe" in ended.stderr
    assert b"Traceback" not in ended.stderr
