"""Requirements and locks that nobody would write: each is read, or refused with an error of ours."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harness.cli import main
from harness.results.decide.requirement_files import read_used
from harness.shared.bounded_reading import DEEPEST, is_inside, parse_json
from harness.shared.errors import IbCompatError, InputError, UsageError
from tests.attacks.attacks import endless, fifo, folder, huge, in_time, ring
from tests.attacks.kept import keep

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Maker

LOCK = '[[package]]\nname = "{}"\nversion = "{}"\n'
WORDS = st.sampled_from(
    (
        *("-r ", "-c", "a.txt", "\0", "ib_async", "==", "2.1.0", ">=", "[", "]", "[[", "{", "}", "=", '"', "package"),
        *("name", "version", "\n", ";", "python_version", " < ", "'3.12'", "extra", "#", "\\\n", "@", "project"),
        *("https://x/y.whl", "dependencies", "dependency-groups", "1", "true", ",", "é", "\ufeff"),
    )
)


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        ("uv.lock", "[" * 50_000, UsageError),
        ("uv.lock", "a = " + "[" * 5_000, InputError),
        ("uv.lock", ".".join("a" * 5_000) + " = 1", InputError),
        ("uv.lock", "[[", UsageError),
        ("uv.lock", "[[package]]\nname = [[", UsageError),
        ("uv.lock", LOCK.format("[[", "1"), UsageError),
        ("uv.lock", LOCK.format("x", "[["), UsageError),
        ("pyproject.toml", "project = 1", UsageError),
        ("pyproject.toml", "[project]\ndependencies = 7", UsageError),
        ("pyproject.toml", "[dependency-groups]\na = 7", UsageError),
        ("requirements.txt", "-r \0", InputError),
        ("requirements.txt", "-r a\0b", InputError),
        ("requirements.txt", "[[", UsageError),
        ("requirements.txt", "x; extra == 'a' and python_version > '[['", None),
        ("requirements.txt", "x===[[", None),
        ("requirements.txt", "-r requirements.txt", None),
    ],
)
def test_what_is_none_is_an_error_of_ours(
    name: str, text: str, error: type[IbCompatError] | None, tmp_path: Path
) -> None:
    file = tmp_path / name
    file.write_text(text, "utf-8")
    if error is None:
        assert not any(used.admits("1.0") for used in read_used(file, python="3.11"))
        return
    with pytest.raises(error):
        read_used(file, python="3.11")


@pytest.mark.parametrize("attack", [fifo, endless, folder, huge, ring])
@pytest.mark.parametrize("name", ["requirements.txt", "uv.lock"])
def test_what_is_no_file_is_refused(name: str, attack: Callable[[Path], None], tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text("ib_async", "utf-8")
    attack(file)
    with in_time(name), pytest.raises(InputError, match="cannot be read"):
        read_used(file, python="3.11")


def test_files_that_include_each_other_are_read_once(tmp_path: Path) -> None:
    """Each includes the next twice: read as often as they are named, that would be 2⁴⁰ files."""
    for number in range(40):
        (tmp_path / f"{number}.txt").write_text(f"-r {number + 1}.txt\n-r {number + 1}.txt\n", "utf-8")
    (tmp_path / "40.txt").write_text("ib_async==2.1.0", "utf-8")
    (used,) = read_used(tmp_path / "0.txt", python="3.11")
    assert str(used) == "ib-async 2.1.0"


def test_more_files_than_anybody_has_are_refused(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"{number}.txt").write_text(f"-r {number + 1}.txt\n", "utf-8")
    with pytest.raises(InputError, match="files include one another"):
        read_used(tmp_path / "0.txt", python="3.11")


@given(
    st.lists(WORDS, max_size=40).map("".join),
    st.sampled_from(["requirements.txt", "pyproject.toml", "uv.lock", "poetry.lock", "pylock.toml"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_words_are_read_or_refused(tmp_path: Path, text: str, name: str) -> None:
    file = tmp_path / name
    file.write_text(text, "utf-8")
    with suppress(IbCompatError):
        for used in read_used(file, python="3.11"):
            used.admits("2.1.0")


@pytest.fixture
def kept(make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return keep(make)


@pytest.mark.parametrize(("option", "name"), [("--requirements", "requirements.txt"), ("--lock", "uv.lock")])
@pytest.mark.parametrize("text", ["[" * 50_000, "[[", "-r \0"])
def test_upgrade_ends_with_a_sentence(
    option: str, name: str, text: str, kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kept.is_dir()
    Path(name).write_text(text, "utf-8")
    columns = ("--from", "gateway-10.45-paper", "--to", "gateway-10.45-paper", "--matrix", "mine.toml")
    assert main(["upgrade", *columns, "--python", "3.10", option, name]) in {2, 3}
    assert capsys.readouterr().err.startswith("ib-compat: ")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@pytest.mark.slow
@given(JSON)
def test_json_is_read_as_it_is(document: object) -> None:
    assert parse_json(json.dumps(document), "it") == document


@given(st.text(alphabet='[]{}",:0123456789eE.-+ NaInfty\\u', max_size=60) | st.binary(max_size=60))
def test_anything_else_is_refused(text: str | bytes) -> None:
    with suppress(InputError):
        parse_json(text, "it")


@given(st.integers(0, 200))
@example(DEEPEST)
@example(DEEPEST + 1)
def test_depth_is_bounded(levels: int) -> None:
    text = "[" * levels + "1" + "]" * levels
    if levels <= DEEPEST:
        parse_json(text, "it")
    else:
        with pytest.raises(InputError, match="nested deeper"):
            parse_json(text, "it")


@given(st.lists(st.sampled_from(["..", ".", "a", "/", "\\", "C:", "\0", "b.txt"])).map("".join))
def test_a_path_that_is_inside_stays_there(name: str) -> None:
    if is_inside(name):
        assert Path("/run", name).resolve().is_relative_to(Path("/run").resolve())
