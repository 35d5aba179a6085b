"""The environment of a program has what its files require, as they say it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.run.programs.environments import requirements_row, rows_of
from harness.shared.errors import UsageError


def required(folder: Path, text: str, python: str | None = None) -> tuple[str, ...]:
    file = folder / "requirements.txt"
    file.write_text(text, encoding="utf-8")
    return requirements_row("bot", file, ("tzdata",), python).requirements


def test_extras_and_addresses_are_kept(tmp_path: Path) -> None:
    text = "rich[jupyter]==14.0.0\nbot-tools[cli] @ git+https://example.org/tools@v1\nhttps://example.org/x-1-py3-none-any.whl\n"
    assert required(tmp_path, text) == (
        "rich[jupyter]==14.0.0",
        "bot-tools[cli] @ git+https://example.org/tools@v1",
        "https://example.org/x-1-py3-none-any.whl",
        "tzdata",
    )


def test_a_path_is_that_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    assert required(tmp_path, "-e ./tools\n-e .\n") == (str(tmp_path / "tools"), "tzdata")


def test_the_python_decides_what_is_required(tmp_path: Path) -> None:
    text = 'tomli==2.0.1; python_version < "3.11"\n'
    assert required(tmp_path, text, "3.10") == ("tomli==2.0.1", "tzdata")
    assert required(tmp_path, text, "3.12") == ("tzdata",)
    assert requirements_row("bot", None, ("a==1",), "3.12").id == "bot==required/py3.12"
    assert rows_of(["ib_async==2.1.0"], None, (), "3.12")["ib_async==2.1.0"].python == "3.12"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("requirements.txt", "-e ./nowhere\n", "nowhere"),
        ("pyproject.toml", '[project]\nname = "bot"\ndynamic = ["dependencies"]\n', "dynamically"),
    ],
)
def test_what_cannot_be_installed_from_here_is_told(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        requirements_row("bot", tmp_path / name, ())
