"""A program's source, in which one package is renamed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import libcst
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.changes.renaming import Patch, rename, renamed
from harness.shared.errors import UsageError


def patch_of(folder: Path, source: str | bytes, name: str = "bot.py") -> Patch:
    data = source if isinstance(source, bytes) else source.encode()
    (folder / name).write_bytes(data)
    return renamed([folder], "ib_insync", "ib_async")


def changed(folder: Path, source: str | bytes) -> bytes:
    patch = patch_of(folder, source)
    return patch.edits[folder / "bot.py"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import ib_insync", "import ib_async"),
        ("import os, ib_insync as ibi  # it", "import os, ib_async as ibi  # it"),
        ("from ib_insync.contract import Stock", "from ib_async.contract import Stock"),
        ("import ib_insync\nib_insync . IB( )", "import ib_async\nib_async . IB( )"),
        ("import ib_insync\ngetLogger('ib_insync.client')", "import ib_async\ngetLogger('ib_async.client')"),
        ("def f():\n\timport ib_insync\n", "def f():\n\timport ib_async\n"),
    ],
)
def test_the_package_is_renamed_wherever_it_is_meant(tmp_path: Path, before: str, after: str) -> None:
    assert changed(tmp_path, before).decode() == after


@pytest.mark.parametrize(
    "rest",
    [
        "x.ib_insync",
        "f(ib_insync=1)",
        "'moved from ib_insync'",
        "'ib_insync_old'",
        "from old import ib_insync",
        "# ib_insync",
        "my_ib_insync",
    ],
)
def test_what_is_something_else_of_that_name_stays(tmp_path: Path, rest: str) -> None:
    assert changed(tmp_path, f"import ib_insync\n{rest}\n").decode() == f"import ib_async\n{rest}\n"


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        (b"import ib_insync\r\nx = 1\r\n", b"\r\nx = 1\r\n"),
        (b"\xef\xbb\xbfimport ib_insync", b"\xef\xbb\xbf"),
        ("# coding: latin-1\nimport ib_insync\nx = '\xe9'".encode("latin-1"), b"'\xe9'"),
    ],
)
def test_line_ends_and_encodings_stay(tmp_path: Path, data: bytes, kept: bytes) -> None:
    assert changed(tmp_path, data) == data.replace(b"ib_insync", b"ib_async")
    assert kept in changed(tmp_path, data)


@given(st.lists(st.sampled_from(["import ib_insync", "a = 1", "ib_insync.IB()", "x.ib_insync", "'''ib_insync'''"])))
def test_any_source_is_renamed_once_and_back(lines: list[str]) -> None:
    source = "\n".join(lines).encode()
    there = rename(source, "ib_insync", "ib_async")
    assert rename(there, "ib_insync", "ib_async") == there
    assert rename(there, "ib_async", "ib_insync") == source
    libcst.parse_module(there)


def test_what_cannot_be_read_and_what_is_to_be_done_by_hand_is_said(tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text("import ib_insync\nprint 'Python 2'", encoding="utf-8")
    (tmp_path / "requirements.txt").write_text("numpy\nib-insync==0.9.86\n", encoding="utf-8")
    patch = patch_of(tmp_path, "import ib_insync")
    assert [file.name for file in patch.unread] == ["old.py"]
    assert [line.rpartition("/")[2] for line in patch.by_hand] == ["requirements.txt:2: ib-insync==0.9.86"]


def test_the_patch_can_be_applied(tmp_path: Path) -> None:
    lines = list(patch_of(tmp_path, "a = 1\nimport ib_insync\n").diff)
    assert "-import ib_insync\n" in lines
    assert "+import ib_async\n" in lines


def test_a_program_without_the_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="ib_insync"):
        patch_of(tmp_path, "import ib_async")


@pytest.mark.parametrize("data", [b"import ib_insync\n\x0cdef f():\n  pass\n", b"import ib_insync\rx=1\r"])
def test_a_file_of_which_something_else_would_change_is_left_to_the_user(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "other.py").write_text("import ib_insync", encoding="utf-8")
    patch = patch_of(tmp_path, data)
    assert list(patch.edits) == [tmp_path / "other.py"]
    assert "by hand" in patch.unread[tmp_path / "bot.py"]


@pytest.mark.skipif(shutil.which("patch") is None, reason="there is no patch")
@pytest.mark.parametrize(
    "source", ["import ib_insync\r\nx = 1\r\n", "\ufeffimport ib_insync", "import ib_insync\nx = 1 #\x0c"]
)
def test_the_patch_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bot.py").write_bytes(source.encode())
    text = "".join(renamed([Path("bot.py")], "ib_insync", "ib_async").diff)
    subprocess.run(["patch", "-p0", "--binary"], input=text.encode(), check=True, capture_output=True)
    assert Path("bot.py").read_bytes() == source.replace("ib_insync", "ib_async").encode()
