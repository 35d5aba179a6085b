"""``-e .`` in requirements is the user's own project: what that asks for counts, and what it hides is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.results.decide.requirement_files import read_used
from harness.results.decide.row_judging import Standing
from harness.shared.errors import InputError, UsageError
from harness.shared.status import Status
from tests.results.decide.making import NEW, PYTHON, Making, making, upgraded

if TYPE_CHECKING:
    from pathlib import Path

    from harness.results.decide.upgrade_answer import Upgrade

__all__ = ["making"]

OWN = ("-e .", "--editable=.", "-e ./", ".", "./", "-e .[fast]  # ours", '-e ".[fast]"')
HEAD = '[project]\nname = "my-bot"\nversion = "1"\n'
SETUP = '[build-system]\nrequires = ["setuptools"]\n'


def asked(making: Making, folder: Path, requirements: str, project: str | None, *broken: str) -> Upgrade:
    (folder / "requirements.txt").write_text(requirements, encoding="utf-8")
    if project is not None:
        (folder / "pyproject.toml").write_text(project, encoding="utf-8")
    run = making.run(*[(f"ib_async=={version}", NEW, "positions", Status.TIMEOUT) for version in broken])
    return upgraded(making.evidence(run), read_used(folder / "requirements.txt", python=PYTHON))


@pytest.mark.parametrize("line", OWN)
def test_what_the_own_project_asks_for_counts(making: Making, tmp_path: Path, line: str) -> None:
    project = f'{HEAD}dependencies = ["ib_async==2.1.0"]\n'
    assert asked(making, tmp_path, line, project).standing is Standing.WORKS
    assert asked(making, tmp_path, line, project, "2.1.0").standing is Standing.BREAKS


def test_what_the_requirements_pin_goes_for_what_the_project_leaves_open(making: Making, tmp_path: Path) -> None:
    """As ``uv export`` and ``pip-compile`` write it: the project, and every version."""
    project = f'{HEAD}dependencies = ["ib_async>=1"]\n'
    assert asked(making, tmp_path, "-e .\nib_async==2.1.0\n", project, "1.0.3").standing is Standing.WORKS
    assert asked(making, tmp_path, "-e .\n", project, "1.0.3").standing is Standing.UNKNOWN


@pytest.mark.parametrize("line", OWN)
@pytest.mark.parametrize(
    "project",
    [
        None,
        SETUP,
        f'{HEAD}dynamic = ["dependencies"]\n',
        f'{HEAD}dynamic = ["dependencies", "readme"]\n[project.optional-dependencies]\nfast = ["ib_async==2.1.0"]\n',
        '[project]\nname = "ib_async"\nversion = "2.1.0"\ndependencies = ["tzdata"]\n',
        f'{HEAD}dependencies = ["ib_async==2.1.0"]\n[tool.uv.sources]\nib-async = {{ path = "vendor" }}\n',
        f'{HEAD}dependencies = ["ib_async==2.1.0"]\n[[tool.uv.index]]\nurl = "https://index.example.org/simple"\n',
        '[tool.poetry]\nname = "my-bot"\n[tool.poetry.dependencies]\nibapi = { path = "../ibapi" }\n',
    ],
)
def test_what_the_own_project_does_not_tell_is_not_known(
    making: Making, tmp_path: Path, line: str, project: str | None
) -> None:
    upgrade = asked(making, tmp_path, f"ib_async==2.1.0\n{line}\n", project)
    assert upgrade.standing is Standing.UNKNOWN
    assert any("requirements.txt:2" in each.why or "pyproject.toml" in each.why for each in upgrade.answers)


def test_extras_that_are_built_only_are_not_known_where_they_are_asked_for(making: Making, tmp_path: Path) -> None:
    project = f'{HEAD}dependencies = ["ib_async==2.1.0"]\ndynamic = ["optional-dependencies"]\n'
    assert asked(making, tmp_path, ".[fast]", project).standing is Standing.UNKNOWN
    assert asked(making, tmp_path, ".", project).standing is Standing.WORKS


def test_extras_count_where_they_are_asked_for_and_groups_never_do(making: Making, tmp_path: Path) -> None:
    project = (
        f'{HEAD}dependencies = ["ib_async"]\n'
        '[project.optional-dependencies]\nall = ["my_bot[Two]"]\ntwo = ["ib_async>=2", "my-bot[all]"]\n'
        '[dependency-groups]\ndev = ["ib_async==2.1.0"]\n'
    )
    for line, standing in ((".", Standing.UNKNOWN), (".[all]", Standing.WORKS), (".[two, none]", Standing.WORKS)):
        assert asked(making, tmp_path, line, project, "1.0.3").standing is standing


def test_dependencies_of_poetry_are_those_of_the_project(making: Making, tmp_path: Path) -> None:
    project = f'{HEAD}dynamic = ["dependencies"]\n[tool.poetry.dependencies]\nib_async = "^2"\n'
    assert asked(making, tmp_path, "-e .", project, "1.0.3").standing is Standing.WORKS


def test_the_own_project_lies_beside_the_file_that_was_given(making: Making, tmp_path: Path) -> None:
    """Pip takes the folder in which it runs, wherever the line stands: with two that may be meant nobody knows."""
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "dev.txt").write_text("-e .\n", encoding="utf-8")
    project = f'{HEAD}dependencies = ["ib_async==2.1.0"]\n'
    assert asked(making, tmp_path, "-r more/dev.txt\n", project).standing is Standing.WORKS
    (tmp_path / "more" / "pyproject.toml").write_text(project, encoding="utf-8")
    assert asked(making, tmp_path, "-r more/dev.txt\n", project).standing is Standing.UNKNOWN


def test_a_project_that_is_given_itself_says_what_it_does_not_tell(making: Making, tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    optional = '[project.optional-dependencies]\nfast = ["ib_async==2.1.0"]\n'
    for dynamic, standing in (("dependencies", Standing.UNKNOWN), ("readme", Standing.WORKS)):
        file.write_text(f'{HEAD}dynamic = ["{dynamic}"]\n{optional}', encoding="utf-8")
        assert upgraded(making.evidence(making.run()), read_used(file, python=PYTHON)).standing is standing


@pytest.mark.parametrize(
    ("project", "error"), [("[[", UsageError), ("project = 1", UsageError), ("a = " + "[" * 5_000, InputError)]
)
def test_a_project_that_is_none_is_an_error_of_ours(
    making: Making, tmp_path: Path, project: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        asked(making, tmp_path, "-e .", project)
