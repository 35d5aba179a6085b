"""Environments of rows, made by real installers from indexes of our own, or of what is in the cache."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from harness.diagnose.install_failures import not_reached
from harness.plan import environment_builder
from harness.plan.environment_builder import Builder
from harness.plan.matrix import environments
from harness.plan.matrix.environments import MARKER, RowEnvironment, find_environments, is_as_asked
from harness.plan.matrix.rows import LATEST, Row, running_python
from harness.shared import untrusted
from harness.shared.errors import UnwritableError
from tests.indexes import Page, as_json, serving, wheel

pytestmark = pytest.mark.slow

FILE = "some-1-py3-none-any.whl"
PAGES: Mapping[str, Page] = {
    "some": as_json({"filename": FILE, "url": f"../{FILE}", "hashes": {}}),
    FILE: (200, "application/octet-stream", wheel("some/__init__.py")),
}
ROW = Row(
    adapter="ib_async",
    name="some",
    distribution="some",
    version="1",
    python=running_python(),
    requirements=("some==1",),
)


def build(folder: Path, *rows: Row, index: str | None = None) -> list[tuple[int, int, str | None]]:
    """Build what is missing; return what was told meanwhile."""
    told: list[tuple[int, int, str | None]] = []
    builder = Builder(folder=folder, not_reached=not_reached, index=index)
    asyncio.run(builder.build(rows, lambda done, count, row: told.append((done, count, row.id if row else None))))
    return told


def made(folder: Path, row: Row = ROW) -> RowEnvironment:
    return find_environments(folder, [row])[row.id]


@pytest.fixture(params=["uv", "pip"])
def installer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The installer, with a cache of its own."""
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    if request.param != "uv":
        monkeypatch.setattr(untrusted, "uv", lambda: None)
        monkeypatch.setattr(untrusted, "has_pip", lambda: request.param == "pip")
    elif untrusted.uv() is None:
        pytest.skip("needs uv")
    return str(request.param)


@pytest.mark.parametrize("installer", ["pip of its own"], indirect=True)
@pytest.mark.usefixtures("installer")
def test_an_environment_is_made_with_a_pip_of_its_own_where_there_is_none(tmp_path: Path) -> None:
    """Each takes seconds: what holds with every installer is shown by the others."""
    with serving(PAGES) as index:
        assert build(tmp_path, ROW, index=index) == [(0, 1, None), (1, 1, ROW.id)]
    assert made(tmp_path).installed, made(tmp_path).log
    assert list(made(tmp_path).folder.glob("**/some/__init__.py"))


@pytest.mark.usefixtures("installer")
def test_an_environment_is_made_once_and_again_where_the_row_asks_for_something_else(tmp_path: Path) -> None:
    with serving(PAGES) as index:
        assert build(tmp_path, ROW, index=index) == [(0, 1, None), (1, 1, ROW.id)]
        first = made(tmp_path)
        assert first.installed, first.log
        assert list(first.folder.glob("**/some/__init__.py"))
        assert build(tmp_path, ROW, index=index) == []

        other = replace(ROW, requirements=("some",))
        assert len(build(tmp_path, other, index=index)) == 2
        assert made(tmp_path, other).requirements == ("some",)
        assert made(tmp_path) == first, "what another matrix file asks for is left alone"
        assert [build(tmp_path, each, index=index) for each in (ROW, other)] == [[], []]


@pytest.mark.usefixtures("installer")
def test_what_cannot_be_installed_is_a_result_and_tried_anew(tmp_path: Path) -> None:
    with serving({"some": as_json()}) as index:
        assert len(build(tmp_path, ROW, index=index)) == 2
        assert not made(tmp_path).installed
        assert "some" in made(tmp_path).log
    with serving(PAGES) as index:
        assert len(build(tmp_path, ROW, index=index)) == 2
        assert made(tmp_path).installed


@pytest.mark.parametrize("installer", ["uv"], indirect=True)
@pytest.mark.usefixtures("installer")
def test_without_the_index_what_is_in_the_cache_is_installed(tmp_path: Path) -> None:
    with serving(PAGES) as index:
        build(tmp_path / "first", ROW, index=index)
    assert not made(tmp_path / "first").cached
    latest = replace(ROW, version=LATEST)
    build(tmp_path / "second", ROW, latest, index=index)
    assert made(tmp_path / "second").installed, made(tmp_path / "second").log
    assert made(tmp_path / "second").cached
    assert not made(tmp_path / "second", latest).installed, "no cache knows which is the latest"


def test_latest_is_made_anew_each_time() -> None:
    latest = replace(ROW, version=LATEST)
    environment = RowEnvironment(
        row=latest.id,
        folder=Path(),
        requirements=latest.requirements,
        python=Path(__file__),
        installed=True,
        seconds=1,
        log="",
    )
    asks = replace(environment, row=ROW.id)
    assert is_as_asked(asks, ROW)
    assert not is_as_asked(environment, latest)
    assert not is_as_asked(replace(asks, python=Path("gone")), ROW)
    assert not is_as_asked(None, ROW)


@pytest.mark.usefixtures("installer")
def test_a_python_that_this_machine_lacks_is_a_result_until_it_is_there(tmp_path: Path) -> None:
    row = replace(ROW, python="3.99")
    build(tmp_path, row)
    assert made(tmp_path, row).python is None
    assert Builder(folder=tmp_path, not_reached=not_reached).missing([row]) == [row]


def test_two_runs_at_once_make_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_by: list[str] = []

    def leave_marker(folder: Path, row: Row, **facts: object) -> None:
        made_by.append(row.id)
        left(folder, row, **facts)

    left: Callable[..., None] = environments.leave_marker
    monkeypatch.setattr(environment_builder, "leave_marker", leave_marker)

    async def both(index: str) -> None:
        builders = [Builder(folder=tmp_path, not_reached=not_reached, index=index) for _ in range(2)]
        await asyncio.gather(*(each.build([ROW], lambda *_: None) for each in builders))

    with serving(PAGES) as index:
        asyncio.run(both(index))
    assert made_by == [ROW.id]
    assert made(tmp_path).installed


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(UnwritableError, match="cannot be written"):
        build(tmp_path / "file" / "below", ROW)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENOMEM])
def test_a_machine_without_room_is_not_called_the_fault_of_the_folder(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Builder, "_build_alone", fails)
    with pytest.raises(OSError, match=re.escape(os.strerror(number))):
        build(tmp_path, ROW)


@pytest.mark.usefixtures("installer")
def test_an_installer_that_is_interrupted_ends_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index takes the connection and never answers."""

    async def interrupted() -> None:
        reached, over = asyncio.Event(), asyncio.Event()

        async def never_answers(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            reached.set()
            await over.wait()
            writer.close()

        server = await asyncio.start_server(never_answers, "127.0.0.1", 0)
        index = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        builder = Builder(folder=tmp_path, not_reached=not_reached, index=index)
        building = asyncio.create_task(builder.build([ROW], lambda *_: None))
        async with asyncio.timeout(60):
            await reached.wait()
        building.cancel()
        await asyncio.gather(building, return_exceptions=True)
        over.set()
        server.close()

    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("TMPDIR", str(temporary))
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    asyncio.run(interrupted())
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before
    assert not list(tmp_path.glob(f"*/{MARKER}"))
    assert not list(temporary.iterdir())


def test_the_marker_says_what_was_built_wherever_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with serving(PAGES) as index:
        build(Path("here"), ROW, index=index)
    monkeypatch.chdir("/")
    tmp_path /= "here"
    assert Path(str(made(tmp_path).python)).is_file()
    known = json.loads((made(tmp_path).folder / MARKER).read_text("utf-8"))
    assert known.keys() == {"row", "requirements", "python", "installed", "seconds", "cached", "log"}
    assert (known["row"], known["requirements"]) == (ROW.id, ["some==1"])
