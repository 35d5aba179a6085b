"""What people's files name."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.results.decide.libraries_used import Used
from harness.results.decide.requirement_files import read_used
from harness.shared.errors import UsageError


def used(folder: Path, text: str, name: str = "requirements.txt", python: str = "3.11") -> dict[str, Used]:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return {each.name: each for each in read_used(file, python=python)}


def test_requirements_are_read_as_pip_reads_them(tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("ibapi===9.81.1.post1\n", encoding="utf-8")
    (tmp_path / "limits.txt").write_text("numpy==2.1.0\n-r more.txt\n", encoding="utf-8")
    found = used(
        tmp_path,
        "\ufeff# what we use\n"
        "IB_Async == 2.1.0  # pinned\n"
        "nautilus-ibapi==10.45.1 \\\n    --hash=sha256:0000 \\\n    --hash=sha256:1111\n"
        "--index-url https://pypi.example.org/simple\n"
        "numpy\n"
        "-r more.txt\n"
        "-c limits.txt\n"
        "-e .\n"
        "./wheels/some.whl\n"
        "https://example.org/some.whl\n"
        "pandas[excel]>=2,<3\n"
        "requests==2.*\n",
    )
    versions = {name: each.version for name, each in found.items() if not each.source}
    assert versions == {
        "ib-async": "2.1.0",
        "nautilus-ibapi": "10.45.1",
        "numpy": "2.1.0",
        "ibapi": "9.81.1.post1",
        "pandas": None,
        "requests": None,
    }
    assert found["ib-async"].place.endswith("requirements.txt:2")
    assert found["pandas"].admits("2.2")
    assert not found["pandas"].admits("3.0")


def test_markers_are_read_for_the_python_that_is_asked_for(tmp_path: Path) -> None:
    text = 'ib_insync==0.9.86; python_version < "3.12"\nib_async==2.1.0; python_version >= "3.12"\n'
    assert list(used(tmp_path, text, python="3.11")) == ["ib-insync"]
    assert list(used(tmp_path, text, python="3.12")) == ["ib-async"]


@pytest.mark.parametrize(
    ("name", "table"),
    [("uv.lock", "package"), ("poetry.lock", "package"), ("pdm.lock", "package"), ("pylock.toml", "packages")],
)
def test_locks_are_read(tmp_path: Path, name: str, table: str) -> None:
    locked = f'[[{table}]]\nname = "ib-async"\nversion = "2.1.0"\n'
    text = f'{locked}[[{table}]]\nname = "mine"\nsource = {{ editable = "." }}\n'
    assert [(each.name, each.version) for each in used(tmp_path, text, name).values()] == [("ib-async", "2.1.0")]


def test_a_project_is_read_with_its_extras_and_groups(tmp_path: Path) -> None:
    text = (
        '[project]\nname = "mine"\ndependencies = ["ib_async==2.1.0"]\n'
        '[project.optional-dependencies]\nold = ["ib_insync==0.9.86"]\n'
        '[dependency-groups]\ntests = ["ibapi==9.81.1.post1", { include-group = "lint" }]\n'
    )
    assert set(used(tmp_path, text, "pyproject.toml")) == {"ib-async", "ib-insync", "ibapi"}


def test_a_project_that_asks_for_its_own_extras_names_nothing_more(tmp_path: Path) -> None:
    extras = '[project.optional-dependencies]\nall = ["my-ibkr-bot[live]"]\nlive = ["ibapi"]\n'
    assert list(used(tmp_path, f'[project]\nname = "my_ibkr.bot"\n{extras}', "pyproject.toml")) == ["ibapi"]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("requirements.txt", "ib_async=2.1\n", "requirements.txt:1: 'ib_async=2.1' is not a requirement"),
        ("uv.lock", "[[package\n", "is not TOML"),
        ("uv.lock", "version = 1\n", "neither a lock file nor a pyproject.toml"),
        ("requirements.txt", "-r nowhere.txt\n", "nowhere.txt: cannot be read"),
    ],
)
def test_what_is_not_understood_is_said(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words.replace("(", r"\(")):
        used(tmp_path, text, name)


def test_a_file_that_includes_itself_ends(tmp_path: Path) -> None:
    assert list(used(tmp_path, "ib_async==2.1.0\n-r requirements.txt\n")) == ["ib-async"]


@pytest.mark.parametrize(
    "line",
    [
        "-e git+https://github.com/x/ibapi.git#egg=ibapi",
        "--editable ./vendor/ibapi",
        "  --editable=./vendor/ibapi",
        "-e vendor/ibapi",
        "./vendor/ibapi",
        "vendor/ibapi",
        "git+https://github.com/x/ibapi.git",
        "./ibapi-10.37.2-py3-none-any.whl",
        "ibapi-10.37.2-py3-none-any.whl",
        "https://example.test/ibapi-10.37.2-py3-none-any.whl",
        "ib-insync @ https://example.test/ib_insync-0.9.86.whl",
        "ib_insync@git+https://someone:secret@example.test/me/fork@wip",
    ],
)
def test_what_comes_from_elsewhere_than_an_index_is_not_passed_over(tmp_path: Path, line: str) -> None:
    found = [each for each in used(tmp_path, f"ib_async==2.1.0\n{line}\n").values() if each.source]
    assert [each.place.rpartition(":")[2] for each in found] == ["2"]
    assert found[0].version is None
    assert "secret" not in str(found[0])


def test_a_constraint_does_not_make_an_address_a_measured_version(tmp_path: Path) -> None:
    (found,) = used(tmp_path, "ib_async==2.1.0\nib_async @ git+https://example.test/fork@wip\n").values()
    assert str(found) == "ib-async @ git+https://example.test/fork@wip"


def test_sources_of_uv_are_read(tmp_path: Path) -> None:
    text = '[project]\ndependencies = ["ibapi==9.81.1.post1"]\n[tool.uv.sources]\nibapi = { path = "vendor/ibapi" }\n'
    assert used(tmp_path, text, "pyproject.toml")["ibapi"].source == "vendor/ibapi"


@pytest.mark.parametrize(
    ("said", "specifier", "source"),
    [
        ('"2.1.0"', "==2.1.0", ""),
        ('"^2.1"', "<3,>=2.1", ""),
        ('"^0.9.86"', "<0.10,>=0.9.86", ""),
        ('"~2.0.1"', "<2.1,>=2.0.1", ""),
        ('"~2"', "<3,>=2", ""),
        ('"~=2.0"', "~=2.0", ""),
        ('"*"', "", ""),
        ('"^1 || ^2"', "", ""),
        ('{ version = "^2.1", extras = ["x"] }', "<3,>=2.1", ""),
        ('[{ version = "1.0.3", python = "<3.10" }, { version = "2.1.0", python = "^3.10" }]', "==2.1.0", ""),
        ('{ git = "https://example.test/fork.git", branch = "wip" }', "", "https://example.test/fork.git"),
        ('{ path = "../fork", develop = true }', "", "../fork"),
        ('{ url = "https://example.test/a.whl" }', "", "https://example.test/a.whl"),
    ],
)
@pytest.mark.parametrize("table", ["dependencies", "group.live.dependencies", "dev-dependencies"])
def test_poetrys_dependencies_are_read(tmp_path: Path, table: str, said: str, specifier: str, source: str) -> None:
    text = f'[tool.poetry.{table}]\npython = "^3.11"\nib_async = {said}\n'
    (found,) = used(tmp_path, text, "pyproject.toml").values()
    assert (found.name, found.specifier, found.source) == ("ib-async", specifier, source)


@pytest.mark.parametrize(("marker", "meant"), [(">= '3.11.4'", True), ("< '3.11.4'", True), ("< '3.11'", False)])
def test_what_is_meant_for_some_release_of_a_python_is_not_passed_over(
    tmp_path: Path,
    marker: str,
    meant: bool,  # noqa: FBT001
) -> None:
    found = used(tmp_path, f"ib_async==2.1.0\nibapi==9.81.1.post1 ; python_full_version {marker}\n")
    assert ("ibapi" in found) is meant


@pytest.mark.parametrize("python", [">=3.11.4", "<3.11.4", "~3.11"])
def test_poetry_s_pythons_are_read_as_markers_are(tmp_path: Path, python: str) -> None:
    text = '[tool.poetry.dependencies]\nibapi = {{ version = "9.81.1.post1", python = "{}" }}\nib_async = "2.1.0"\n'
    assert "ibapi" in used(tmp_path, text.format(python), "pyproject.toml")
    assert "ibapi" not in used(tmp_path, text.format("<3.11"), "pyproject.toml")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("environment.yml", "name: bot\ndependencies:\n  - ib-insync=0.9.86\n"),
        ("environment.yml", "dependencies:\n- ib-insync\n"),
        ("Pipfile", '[packages]\nib_async = "==2.1.0"\n'),
        ("Pipfile.lock", '{"default": {"ib-async": {"version": "==2.1.0"}}}'),
        ("explicit.txt", "ib-insync=0.9.86=pyhd8ed1ab_0\n"),
    ],
)
def test_files_of_other_tools_are_refused(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(UsageError):
        used(tmp_path, text, name)
