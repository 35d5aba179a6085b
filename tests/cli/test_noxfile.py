"""What the sessions of nox hand on to ib-compat."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from campaigns.targets import ROOT
from tests.together import FIRST, GROUPS

registry = pytest.importorskip("nox.registry", reason="the group nox brings it")


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The project's noxfile; reading it goes to the folder of the checkout."""
    monkeypatch.chdir(ROOT)
    return loaded()


def loaded() -> Any:
    """Read the noxfile, as nox does, which keeps its sessions."""
    registry._REGISTRY.clear()
    found = importlib.util.spec_from_file_location("project", ROOT / "noxfile.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def words(project: Any, *arguments: str) -> tuple[str, ...]:
    """The words that follow the program's."""
    called: list[tuple[str, ...]] = []
    session = SimpleNamespace(cache_dir=Path(".nox/.cache"), run=lambda *words, **_: called.append(words))
    project.ib_compat(session, *arguments)
    [whole] = called
    return whole[3:]


def test_a_run_is_of_the_matrix_file_that_the_variable_names(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IB_COMPAT_MATRIX", "mine.toml")
    assert words(project, "run", "--row", "a")[3:] == ("--environments", ".nox", "--matrix", "mine.toml", "--row", "a")
    assert words(project, "run", "--matrix", "b.toml")[-2:] == ("--matrix", "b.toml")
    assert "mine.toml" not in words(project, "run", "--matrix", "b.toml")
    assert words(project, "report") == ("report",), "it reads what a run left"
    monkeypatch.delenv("IB_COMPAT_MATRIX")
    assert "--matrix" not in words(project, "run")


@pytest.mark.parametrize("pattern", sorted({*FIRST, *GROUPS}))
def test_what_is_named_for_the_order_of_the_tests_is_there(pattern: str) -> None:
    """Else a file that has another name now would begin last, and alone."""
    assert list(ROOT.glob(pattern))
