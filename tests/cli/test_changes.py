"""``ib-compat changes``, with a user's options and mistakes."""

from __future__ import annotations

import json
import os

import pytest
from packaging.version import Version

from harness.cli import main, two_versions
from harness.results.decide.package_index import IndexUnreachableError, Release
from harness.shared.errors import ExitCode
from tests.rows import VARIABLE, need_row

BOTH = ("ib_async==1.0.3", "ib_async==2.1.0")
ONE = ("--situation", "unknown_symbol_is_qualified")


@pytest.fixture
def environments() -> list[str]:
    for library in BOTH:
        need_row(library)
    return ["--environments", os.environ[VARIABLE]]


def test_what_changes_is_shown_with_both_observations_and_the_command(
    environments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["changes", *BOTH, *ONE, *environments]) == ExitCode.INCOMPATIBLE

    said = capsys.readouterr().out
    assert "1 situation" in said
    assert "2.1.0: raises AttributeError: 'NoneType' object has no attribute 'conId'" in said
    assert "ib-compat changes ib_async==1.0.3 ib_async==2.1.0 --situation unknown_symbol_is_qualified" in said


def test_as_markdown_it_fits_a_pull_request(environments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["changes", *BOTH, *ONE, "--format", "markdown", *environments]) == ExitCode.INCOMPATIBLE

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "## ib_async==1.0.3 → ib_async==2.1.0"
    assert "  - 2.1.0: `raises AttributeError: 'NoneType' object has no attribute 'conId'`" in lines
    assert max(map(len, lines)) <= 150


def test_as_json_it_has_all(environments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["changes", *BOTH, *ONE, "--json", *environments]) == ExitCode.INCOMPATIBLE

    document = json.loads(capsys.readouterr().out)
    assert document["situations"] == ["unknown_symbol_is_qualified"]
    assert {each["group"] for each in document["changes"]} == {"exception", "value", "wording"}
    assert document["not_known"] == []


def test_signatures_alone_play_nothing(environments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["changes", *BOTH, "--situation", "signatures", *environments]) == ExitCode.INCOMPATIBLE
    said = capsys.readouterr().out
    assert "0 situations" in said
    assert "ticker.Ticker.__init__" in said


def test_one_version_meets_two_gateways(environments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    words = ["changes", BOTH[1], BOTH[1], *ONE, "--gateway", "10.37", "--gateway", "10.50", *environments]
    assert main(words) == ExitCode.AS_EXPECTED
    assert "at simulated gateway-10.37 and gateway-10.50" in " ".join(capsys.readouterr().out.split())


def test_the_situations_are_listed_without_any_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["changes", "--list"]) == ExitCode.AS_EXPECTED
    assert "unknown_symbol_is_qualified" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "expected two versions"),
        (["ib_async==2.1.0"], "expected two versions"),
        (["ib_async", "ib_async==2.1.0"], "'ib_async' is not a version of a library"),
        (["ib_async==two", "ib_async==2.1.0"], "'two' is not a version"),
        (["ib_asinc==1.0", "ib_async==2.1.0"], "did you mean 'ib_async'?"),
        (["ib_async==2.1.0", "ib_async==2.1.0"], "ib_async==2.1.0 is given twice"),
        (["ib_async==2.1.0/py3.x", "ib_async==2.1.0"], "'3.x' is not a version of Python"),
        (["ib_async==1.0.3", "ib_async==2.1.0", "--python", "3.9"], "Python 3.9 is too old"),
        (["ib_async==2.1.0", "ibapi==9.81.1.post1"], "share no API"),
        (["ibapi-latest==10.51.1", "ibapi==9.81.1.post1", "--situation", "helpers"], "no script for ibapi in helpers"),
        ([*BOTH, "--situation", "unknown_symbol"], "Nearest: unknown_symbol_is_qualified"),
        ([*BOTH, "--gateway", "10.4"], "no simulated gateway"),
        ([*BOTH, *["--gateway", "10.45"] * 3], "--gateway was given 3 times"),
        (["ib_async==2.1.0", "ib_async==2.1.0", *["--gateway", "10.45"] * 2], "is given twice"),
    ],
)
def test_a_mistake_says_what_and_what_next(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["changes", *arguments]) == ExitCode.WRONG_USE
    assert said in capsys.readouterr().err


def test_a_version_that_does_not_exist_is_told_with_those_that_do(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there = [Release(version=Version(text), uploaded=None, withdrawn=None) for text in ("1.0.3", "2.0.1", "2.1.0")]
    monkeypatch.setattr(two_versions, "read_releases", lambda *_: there)
    assert main(["changes", "ib_async==1.0.4", BOTH[1], "--environments", str(tmp_path)]) == ExitCode.WRONG_USE
    said = capsys.readouterr().err
    assert "has no ib_async 1.0.4" in said
    assert "It has 1.0.3" in said


def test_a_python_that_is_missing_is_told(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unreachable(*_: object) -> None:
        raise IndexUnreachableError("not reached")

    monkeypatch.setattr(two_versions, "read_releases", unreachable)
    words = ["changes", "ib_async==2.1.0/py3.99", "ib_async==2.1.0/py3.98", "--environments", str(tmp_path)]
    assert main(words) == ExitCode.WRONG_USE
    assert "no Python 3.99 on this machine" in capsys.readouterr().err
