"""Projects with extras and groups, and files that pin a package twice: no pin goes for more than what it pins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.results.decide.requirement_files import read_used
from harness.results.decide.row_judging import Standing
from harness.shared.status import Status
from tests.results.decide.making import NEW, PYTHON, Making, making, upgraded

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["making"]

PROJECT = '[project]\nname = "my-bot"\nversion = "1"\ndependencies = ["ib_async{}"]\n'
BROKEN = [(f"ib_async=={version}", NEW, "positions", Status.TIMEOUT) for version in ("1.0.3",)]
PINS = [
    "[dependency-groups]\ndev = [{}]\n",
    "[project.optional-dependencies]\nlive = [{}]\n",
    "[tool.uv]\ndev-dependencies = [{}]\n",
    "[tool.uv]\noverride-dependencies = [{}]\n",
    "[tool.pdm.dev-dependencies]\ntests = [{}]\n",
    "[tool.rye]\ndev-dependencies = [{}]\n",
    "[tool.hatch.envs.live]\ndependencies = [{}]\n",
    "[tool.hatch.envs.live]\nextra-dependencies = [{}]\n",
]


def standing(making: Making, folder: Path, text: str, name: str = "pyproject.toml") -> Standing:
    (folder / name).write_text(text, encoding="utf-8")
    used = read_used(folder / name, python=PYTHON)
    return upgraded(making.evidence(making.run(*BROKEN)), used).standing


@pytest.mark.parametrize("group", PINS)
def test_what_a_group_pins_goes_for_that_group_alone(making: Making, tmp_path: Path, group: str) -> None:
    """One version works and one does not: without the group either may be installed."""
    assert standing(making, tmp_path, PROJECT.format("") + group.format('"ib_async==2.1.0"')) is Standing.UNKNOWN
    assert standing(making, tmp_path, PROJECT.format(">=2") + group.format('"ib_async==2.1.0"')) is Standing.WORKS


@pytest.mark.parametrize("group", PINS)
def test_what_a_group_pins_counts(making: Making, tmp_path: Path, group: str) -> None:
    assert standing(making, tmp_path, PROJECT.format("==2.1.0") + group.format('"ib_async==1.0.3"')) is Standing.BREAKS
    assert standing(making, tmp_path, PROJECT.format("==2.1.0") + group.format('"ib_async==2.1.0"')) is Standing.WORKS


@pytest.mark.parametrize("said", ['"1.0.3"', '"==1.0.3"', '">=1,<2"'])
def test_what_overrides_others_for_pdm_counts(making: Making, tmp_path: Path, said: str) -> None:
    more = f"[tool.pdm.resolution.overrides]\nib_async = {said}\n"
    assert standing(making, tmp_path, PROJECT.format("==2.1.0") + more) is Standing.BREAKS


@pytest.mark.parametrize(
    "more",
    [
        '[tool.pdm.resolution.overrides]\nib_async = "git+https://example.org/me/ib_async"\n',
        '[tool.pdm.dev-dependencies]\ntests = ["-e file:///${PROJECT_ROOT}/vendor/ib_async#egg=ib_async"]\n',
        '[tool.uv]\noverride-dependencies = ["ib_async @ https://example.org/ib_async.whl"]\n',
    ],
)
def test_what_a_group_takes_from_elsewhere_is_not_known(making: Making, tmp_path: Path, more: str) -> None:
    assert standing(making, tmp_path, PROJECT.format("==2.1.0") + more) is Standing.UNKNOWN


@pytest.mark.parametrize("table", ["group.live.dependencies", "dev-dependencies"])
def test_groups_of_poetry_are_no_other(making: Making, tmp_path: Path, table: str) -> None:
    text = '[tool.poetry.dependencies]\nib_async = "{}"\n[tool.poetry.' + table + ']\nib_async = "{}"\n'
    assert standing(making, tmp_path, text.format("*", "2.1.0")) is Standing.UNKNOWN
    assert standing(making, tmp_path, text.format("2.1.0", "1.0.3")) is Standing.BREAKS
    assert standing(making, tmp_path, text.format("2.1.0", "*")) is Standing.WORKS


@pytest.mark.parametrize("pins", [("2.1.0", "1.0.3"), ("1.0.3", "2.1.0")])
def test_of_two_pins_of_a_package_both_count(making: Making, tmp_path: Path, pins: tuple[str, str]) -> None:
    text = "".join(f"ib_async=={version}\n" for version in pins)
    assert standing(making, tmp_path, text, "requirements.txt") is Standing.BREAKS


@pytest.mark.parametrize("versions", [("4.25.8", "6.33.6"), ("6.33.6", "4.25.8")])
def test_of_two_versions_of_what_stands_beside_a_library_either_may_be_installed(
    making: Making, tmp_path: Path, versions: tuple[str, str]
) -> None:
    """As a lock has them that is for several Pythons or systems."""
    package = '[[package]]\nname = "{}"\nversion = "{}"\n'
    lock = package.format("nautilus-ibapi", "10.45.1") + package.format("protobuf", versions[0])
    both = lock + package.format("protobuf", versions[1])
    assert standing(making, tmp_path, both, "uv.lock") is Standing.UNKNOWN
    assert (standing(making, tmp_path, lock, "uv.lock") is Standing.WORKS) == (versions[0] == "6.33.6")
