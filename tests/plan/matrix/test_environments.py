"""Environments: found by the file that their builder left."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from harness.plan.matrix.environments import MARKER, find_environments, missing_interpreters

if TYPE_CHECKING:
    from pathlib import Path

ROW = "ib_async==2.1.0/py3.11"


def build(folder: Path, **changes: Any) -> Path:
    marker = {
        "row": ROW,
        "requirements": ["ib_async==2.1.0"],
        "python": "/env/bin/python",
        "installed": True,
        "seconds": 0.8,
        "log": "",
    }
    folder.mkdir()
    (folder / MARKER).write_text(json.dumps({**marker, **changes}), encoding="utf-8")
    return folder


def test_an_environment_is_found_whatever_its_folder_is_called(tmp_path: Path) -> None:
    folder = build(tmp_path / "anything")
    (tmp_path / "tests-3-11").mkdir()

    found = find_environments(tmp_path)

    assert list(found) == [ROW]
    assert found[ROW].folder == folder
    assert str(found[ROW].python) == os.path.normpath("/env/bin/python")
    assert found[ROW].installed


def test_no_folder_is_no_environments(tmp_path: Path) -> None:
    assert find_environments(tmp_path / "none") == {}


def test_the_newer_of_two_environments_counts(tmp_path: Path) -> None:
    newer = build(tmp_path / "a", seconds=2)
    older = build(tmp_path / "b", seconds=1)
    os.utime(older / MARKER, (1_000, 1_000))
    os.utime(newer / MARKER, (2_000, 2_000))

    assert find_environments(tmp_path)[ROW].seconds == 2


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"row": 1}', '"x"', "{"])
def test_a_marker_that_cannot_be_read_counts_as_not_built(content: str, tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / MARKER).write_text(content, encoding="utf-8")

    assert find_environments(tmp_path) == {}


def test_a_row_without_an_interpreter_is_named_with_its_python(tmp_path: Path) -> None:
    build(tmp_path / "a")
    build(tmp_path / "b", row="ib_async==2.1.0/py3.14", python=None, installed=False)

    assert missing_interpreters(find_environments(tmp_path)) == {
        "ib_async==2.1.0/py3.14": "no Python 3.14 on this machine"
    }
