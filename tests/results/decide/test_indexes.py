"""Other indexes than PyPI, which requirements and projects name: what may come from there is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.results.decide.requirement_files import read_used
from harness.results.decide.row_judging import Standing
from harness.results.decide.upgrade_answer import Outcome
from harness.shared.errors import UsageError
from tests.results.decide.making import PYTHON, Making, making, upgraded

if TYPE_CHECKING:
    from pathlib import Path

    from harness.results.decide.upgrade_answer import Upgrade

__all__ = ["making"]

OURS = "https://someone:secret@index.example.org/simple"
PYPI = "https://pypi.org/simple"
PROJECT = '[project]\nname = "my-bot"\nversion = "1"\ndependencies = ["ib_async==2.1.0"]\n'


def asked(making: Making, folder: Path, text: str, name: str = "requirements.txt") -> Upgrade:
    (folder / name).write_text(text, encoding="utf-8")
    return upgraded(making.evidence(making.run()), read_used(folder / name, python=PYTHON))


@pytest.mark.parametrize(
    "line",
    [
        f"--index-url {OURS}",
        f"--index-url={OURS}",
        f"-i {OURS}",
        f"-i{OURS}",
        f"--extra-index-url {OURS}",
        f"--extra-index {OURS}",
        f'--extra-index-url "{OURS}"  # ours',
        f"--index-url {PYPI} --extra-index-url {OURS}",
        f"--extra-index-url {PYPI}\\\n --extra-index-url {OURS}",
        "--find-links wheels",
        "--find-links=https://example.org/wheels.html",
        "-f wheels",
        "-fwheels",
        "--no-index -f wheels",
        "-i ${INDEX}",
        "-r indexes.txt",
    ],
)
def test_with_another_index_in_requirements_a_library_is_not_known(making: Making, tmp_path: Path, line: str) -> None:
    (tmp_path / "indexes.txt").write_text(f"# where we are\n\n-i {OURS}\n", encoding="utf-8")
    for text in (f"{line}\nib_async==2.1.0\n", f"# \\\n{line}\nib_async==2.1.0 --hash=sha256:0000\nnumpy\n"):
        upgrade = asked(making, tmp_path, text)
        (answer,) = upgrade.answers
        assert (upgrade.standing, answer.outcome) == (Standing.UNKNOWN, Outcome.UNKNOWN)
        number = 3 if line.startswith("-r") else text[: text.index(line)].count("\n") + 1
        assert f".txt:{number})" in answer.why
        assert "secret" not in answer.why


@pytest.mark.parametrize(
    "line",
    [
        f"--index-url {PYPI}",
        f"-i {PYPI}/",
        f"-i{PYPI}",
        f"--index-url {PYPI} --trusted-host pypi.org",
        "--pre",
        "--no-binary :all:",
        "--only-binary=:all:",
        f"# --extra-index-url {OURS}",
        f"# --extra-index-url \\\n# {OURS}",
    ],
)
def test_with_pypi_alone_in_requirements_it_is_safe(making: Making, tmp_path: Path, line: str) -> None:
    assert asked(making, tmp_path, f"{line}\nib_async==2.1.0\n").standing is Standing.WORKS


def test_an_index_behind_a_requirement_is_heeded_too(making: Making, tmp_path: Path) -> None:
    text = "ib_async==2.1.0 --hash=sha256:0000{}\n"
    assert asked(making, tmp_path, text.format("")).standing is Standing.WORKS
    assert asked(making, tmp_path, text.format(f" --extra-index-url {OURS}")).standing is Standing.UNKNOWN


@pytest.mark.parametrize("line", ["ib_async --frobnicate", "--frobnicate", "-x", "-i", '-r "more.txt'])
def test_an_option_that_nobody_knows_is_refused_and_not_passed_over(tmp_path: Path, line: str) -> None:
    (tmp_path / "requirements.txt").write_text(f"ib_async==2.1.0\n{line}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"requirements\.txt:2"):
        read_used(tmp_path / "requirements.txt", python=PYTHON)


def uv(more: str = "", sources: str = "", url: str = OURS) -> str:
    """A project with an index of its own for uv."""
    return f'{PROJECT}[[tool.uv.index]]\nname = "ours"\nurl = "{url}"\n{more}\n[tool.uv.sources]\n{sources}\n'


def poetry(wanted: str, more: str = "", url: str = OURS) -> str:
    """A project with an index of its own for Poetry."""
    source = f'[[tool.poetry.source]]\nname = "ours"\nurl = "{url}"\n{more}\n'
    return f"[tool.poetry.dependencies]\nib_async = {wanted}\n{source}"


BOUND = '{ version = "2.1.0", source = "ours" }'
EXPLICIT = 'priority = "explicit"'


@pytest.mark.parametrize(
    "text",
    [
        uv(),
        uv("default = true"),
        uv("explicit = true", 'IB_Async = { index = "ours" }'),
        uv("explicit = true", 'ib-async = [{ index = "ours", marker = "python_version > \'3\'" }]'),
        uv(sources='ib-async = { index = "nowhere" }', url=PYPI),
        f'{PROJECT}[tool.uv]\nindex-url = "{OURS}"\n',
        f'{PROJECT}[tool.uv]\nextra-index-url = ["{OURS}"]\n',
        f'{PROJECT}[tool.uv.pip]\nfind-links = ["wheels"]\n',
        f'{PROJECT}[[tool.pdm.source]]\nname = "pypi"\nurl = "{OURS}"\n',
        f'{PROJECT}[[tool.pdm.source]]\nurl = "{OURS}"\ninclude_packages = ["ib-*"]\nexclude_packages = ["*"]\n',
        poetry('"2.1.0"'),
        poetry('"2.1.0"', 'priority = "supplemental"'),
        poetry(BOUND, EXPLICIT),
        PROJECT + poetry('{ source = "ours" }', EXPLICIT),
    ],
)
def test_with_another_index_in_a_project_a_library_is_not_known(making: Making, tmp_path: Path, text: str) -> None:
    upgrade = asked(making, tmp_path, text, "pyproject.toml")
    (answer,) = upgrade.answers
    assert (upgrade.standing, answer.outcome) == (Standing.UNKNOWN, Outcome.UNKNOWN)
    assert "pyproject.toml" in answer.why
    assert "secret" not in answer.why


@pytest.mark.parametrize(
    "text",
    [
        uv("default = true", url=PYPI),
        uv("explicit = true", 'torch = { index = "ours" }'),
        f'{PROJECT}[[tool.pdm.source]]\nurl = "{OURS}"\ninclude_packages = ["torch"]\nexclude_packages = ["*"]\n',
        poetry('"2.1.0"', EXPLICIT),
        poetry('{ version = "2.1.0", source = "PyPI" }'),
        poetry(BOUND, url=PYPI),
        '[[tool.poetry.source]]\nname = "PyPI"\n[tool.poetry.dependencies]\nib_async = "2.1.0"\n',
    ],
)
def test_an_index_that_no_library_can_come_from_changes_nothing(making: Making, tmp_path: Path, text: str) -> None:
    assert asked(making, tmp_path, text, "pyproject.toml").standing is Standing.WORKS


def test_a_lock_of_pdm_names_no_index_and_its_project_does(making: Making, tmp_path: Path) -> None:
    lock = '[[package]]\nname = "ib-async"\nversion = "2.1.0"\n'
    for url, standing in ((PYPI, Standing.WORKS), (OURS, Standing.UNKNOWN)):
        (tmp_path / "pyproject.toml").write_text(f'{PROJECT}[[tool.pdm.source]]\nname = "a"\nurl = "{url}"\n', "utf-8")
        assert asked(making, tmp_path, lock, "pdm.lock").standing is standing
