"""``ib-compat bisect``: on real libraries from PyPI, each in an environment of its own, against simulated gateways."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from tests.indexes import as_json, need_pypi, serving

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    return tmp_path


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Give the words for environments that several tests ask: others are made for one bisection, as by default."""
    return "--environments", str(tmp_path_factory.mktemp("environments"))


def found(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    need_pypi()
    assert main(["bisect", *words, "--json"]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def asked(answer: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["standing"] for each in answer["asked"]}


def test_it_finds_the_version_that_mended_the_time_zones(
    kept: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Backwards: the bad one may be the older. What was sent is the same, so the library reads it otherwise."""
    words = (
        "ib_insync",
        "--good",
        "0.9.86",
        "--bad",
        "0.9.72",
        "--gateway",
        "gateway-10.45",
        "--require",
        "executions",
    )
    answer = found(capsys, *words, *kept)
    assert (answer["last_good"], answer["first_bad"]) == ("0.9.78", "0.9.77")
    assert len(answer["asked"]) <= 2 + 4
    (bad,) = (each for each in answer["asked"] if each["name"] == "0.9.77")
    assert [problem["check"] for problem in bad["problems"]] == ["executions"]
    assert answer["wire"]["equal"]
    assert not list(Path("results").glob("latest")), "the user's own runs stay the latest"


def test_it_finds_the_version_that_needs_protobuf_and_does_not_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("nautilus-ibapi", "--good", "10.30.1", "--bad", "10.45.1", "--gateway", "gateway-10.45")
    answer = found(capsys, *words)
    assert (answer["last_good"], answer["first_bad"]) == ("10.30.1", "10.37.2")
    assert "1019.1" not in answer["candidates"], "withdrawn"
    assert answer["wire"] is None


def test_it_finds_the_gateway_from_which_on_contracts_are_protobuf(capsys: pytest.CaptureFixture[str]) -> None:
    """A decoder of nautilus-ibapi 10.43.2 loses a field; only gateways that write contracts as protobuf show it."""
    words = ("--row", "nautilus-ibapi==10.43.2", "--with", "protobuf>=5.29.5")
    answer = found(capsys, *words, "--good", "gateway-10.30", "--bad", "gateway-10.45")
    assert (answer["last_good"], answer["first_bad"]) == ("gateway-10.37-paper (203)", "gateway-10.39-paper (208)")
    assert any("contract data" in line for line in _encodings(answer))


def _encodings(answer: dict[str, Any]) -> list[str]:
    encodings: list[str] = answer["wire"]["encodings"]
    return encodings


def test_a_version_that_cannot_be_installed_makes_the_answer_a_range(
    kept: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """There is no 2.0.5: as if it had been deleted, or could not be built on this Python."""
    need_pypi()
    words = ("ib_insync", "--good", "0.9.86", "--bad", "0.9.72", "--versions", "0.9.72,0.9.999,0.9.77,0.9.77.5,0.9.86")
    code = main(["bisect", *words, "--gateway", "gateway-10.45", "--require", "executions", *kept])
    page = capsys.readouterr().out
    assert code == 0
    assert "0.9.77.5: could not be asked, so its neighbour is" in page
    assert "last good: 0.9.86\nfirst bad: 0.9.77\n" in page
    assert "It may also be one of those between, which could not be asked: 0.9.77.5." in page


@pytest.mark.parametrize(
    ("good", "bad", "words"),
    [
        ("1.0.3", "2.1.0", "2.1.0: what was called bad works"),
        ("0.9.77", "0.9.86", "0.9.77: what was called good breaks"),
    ],
)
def test_ends_that_are_not_what_they_are_called_are_told(
    kept: tuple[str, str], capsys: pytest.CaptureFixture[str], good: str, bad: str, words: str
) -> None:
    need_pypi()
    library = "ib_async" if bad == "2.1.0" else "ib_insync"
    assert main(["bisect", library, "--good", good, "--bad", bad, "--gateway", "gateway-10.45", *kept]) == 2
    assert words in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("ib_asinc", "--good", "1.0.0", "--bad", "2.0.0", "--gateway", "gateway-10.45"), "did you mean 'ib_async'?"),
        (("ib_async", "--good", "1.0.7", "--bad", "2.0.0", "--gateway", "gateway-10.45"), "has no ib_async 1.0.7"),
        (("ib_async", "--good", "one", "--bad", "2.0.0", "--gateway", "gateway-10.45"), "'one' is not a version"),
        (
            ("ib_async", "--good", "1.0.0", "--bad", "2.0.0", "--gateway", "gateway-9.9"),
            "no simulated gateway is called",
        ),
        (("ib_async", "--good", "1.0.0", "--bad", "1.0.0", "--gateway", "gateway-10.45"), "are the same version"),
        (("ib_async", "--good", "1.0.0", "--bad", "2.0.0"), "pass LIBRARY and --gateway, or pass --row"),
        (("--row", "ib_async", "--good", "gateway-10.30", "--bad", "gateway-10.45"), "is not a row"),
        (("--row", "ib_async==2.1.0", "--good", "gateway-10.30", "--bad", "tws-10.45"), "of the same product"),
        (
            ("ib_async", "--row", "ib_async==2.1.0", "--good", "gateway-10.30", "--bad", "tws-10.45"),
            "cannot be combined",
        ),
    ],
)
def test_a_mistake_is_told_before_anything_is_installed(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    files = [{"filename": f"ib_async-{version}.tar.gz", "yanked": False} for version in ("1.0.0", "2.0.0")]
    with serving({"ib-async": as_json(*files)}) as index:
        assert main(["bisect", *words, "--index", index]) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert not said.out


def test_without_the_index_nobody_knows_the_versions(capsys: pytest.CaptureFixture[str]) -> None:
    with serving({}) as gone:
        pass
    words = ("ib_async", "--good", "1.0.0", "--bad", "2.0.0", "--gateway", "gateway-10.45", "--index", gone)
    assert main(["bisect", *words]) == 3
    assert "cannot be read" in capsys.readouterr().err


def test_an_environment_of_other_requirements_is_made_anew(
    kept: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """With protobuf it works, and without it did not, in the same folder."""
    need_pypi()
    words = ("nautilus-ibapi", "--good", "10.30.1", "--bad", "10.45.1", "--versions", "10.37.2")
    asked = (*words, "--gateway", "gateway-10.45", *kept)
    assert main(["bisect", *asked]) == 0
    assert main(["bisect", *asked, "--with", "protobuf>=5.29.5"]) == 2
    assert "10.45.1: what was called bad works" in capsys.readouterr().out


def test_a_folder_that_cannot_be_made_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").write_text("", encoding="utf-8")
    words = ("ib_async", "--good", "1.0.0", "--bad", "2.0.0", "--versions", "1.0.1", "--gateway", "gateway-10.45")
    assert main(["bisect", *words, "--environments", "file/below"]) == 2
    assert "cannot be written" in capsys.readouterr().err
