"""``ib-compat versions``: what the index has that the matrix lacks, and what the matrix pins that was withdrawn."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import main
from tests.indexes import as_json, need_pypi, serving

ASYNC = '[[library]]\nadapter = "ib_async"\nversions = [{versions}]\n'
NAUTILUS = '[[library]]\nadapter = "ibapi"\ndistribution = "nautilus-ibapi"\nversions = ["1019.1"]\n'
GATEWAY = '[[gateway]]\nproduct = "gateway"\nversion = "10.45"\nkind = "simulator"\n'
PAGE = as_json(
    {"filename": "ib_async-1.0.0.tar.gz", "yanked": False},
    {"filename": "ib_async-2.0.0.tar.gz", "yanked": "broken", "upload-time": "2025-06-01T00:00:00Z"},
    {"filename": "ib_async-2.1.0.tar.gz", "yanked": False},
    {"filename": "ib_async-2.2.0.tar.gz", "yanked": False, "upload-time": "2026-10-02T00:00:00Z"},
    {"filename": "ib_async-2.3.0.tar.gz", "yanked": True},
    {"filename": "ib_async-3.0.0b1.tar.gz", "yanked": False},
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


def matrix(*versions: str, more: str = "") -> str:
    listed = ", ".join(f'"{version}"' for version in versions)
    Path("mine.toml").write_text(ASYNC.format(versions=listed) + more + GATEWAY, encoding="utf-8")
    return "mine.toml"


def document(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, object]]:
    with serving({"ib-async": PAGE}) as index:
        code = main(["versions", "--index", index, "--json", *words])
    (package,) = json.loads(capsys.readouterr().out)["packages"]
    return code, package


def named(releases: object) -> list[str]:
    assert isinstance(releases, list)
    return [each["version"] for each in releases]


def test_a_newer_version_is_lacking(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither one that was withdrawn nor a pre-release is."""
    code, package = document(capsys, "--matrix", matrix("2.1.0"))
    assert code == 1
    assert named(package["newer"]) == ["2.2.0"]
    assert named(package["older"]) == ["1.0.0"]


def test_a_pin_that_was_withdrawn_is_named_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    code, package = document(capsys, "--matrix", matrix("2.0.0", "2.2.0"))
    assert code == 1
    assert package["withdrawn"] == [{"version": "2.0.0", "uploaded": "2025-06-01", "withdrawn": "broken"}]
    assert package["newer"] == []


def test_a_pin_that_the_index_does_not_have_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code, package = document(capsys, "--matrix", matrix("2.2.0", "2.0.7"))
    assert (code, package["missing"]) == (1, ["2.0.7"])


def test_what_is_current_or_follows_the_latest_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert document(capsys, "--matrix", matrix("2.2.0"))[0] == 0
    assert document(capsys, "--matrix", matrix("latest", "2.1.0"))[0] == 0


def test_a_pinned_pre_release_lets_others_count(capsys: pytest.CaptureFixture[str]) -> None:
    code, package = document(capsys, "--matrix", matrix("3.0.0a1", "2.2.0"))
    assert (code, named(package["newer"])) == (1, ["3.0.0b1"])


def test_the_page_says_what_to_add(capsys: pytest.CaptureFixture[str]) -> None:
    with serving({"ib-async": PAGE}) as index:
        main(["versions", "--index", index, "--matrix", matrix("2.0.0")])
    page = capsys.readouterr().out
    assert "withdrawn: 2.0.0 (2025-06-01): broken" in page
    assert "newer: 2.2.0 (2026-10-02), 2.1.0" in page
    assert 'add: versions = ["2.2.0", …] in its [[library]]' in page
    assert page.endswith("1 of 1 package needs attention.\n")


def test_without_the_index_nobody_knows(capsys: pytest.CaptureFixture[str]) -> None:
    with serving({}) as gone:
        pass
    assert main(["versions", "--index", gone, "--matrix", matrix("2.1.0")]) == 3
    assert "cannot be read" in capsys.readouterr().err


def test_a_library_that_the_matrix_has_not_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["versions", "--library", "ib_asinc", "--matrix", matrix("2.1.0")]) == 2
    assert "did you mean 'ib_async'?" in capsys.readouterr().err


def test_the_real_index_has_what_the_matrix_pins_and_knows_what_was_withdrawn(
    capsys: pytest.CaptureFixture[str],
) -> None:
    need_pypi()
    assert main(["versions", "--matrix", matrix("2.0.1", more=NAUTILUS), "--json"]) == 1
    first, second = json.loads(capsys.readouterr().out)["packages"]
    assert (first["missing"], first["withdrawn"]) == ([], [])
    assert "2.1.0" in named(first["newer"])
    assert named(second["withdrawn"]) == ["1019.1"]
