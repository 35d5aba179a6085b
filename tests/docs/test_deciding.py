"""The commands of the pages on deciding, run as a user would who follows the page."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from harness.plan.matrix.rows import running_python
from tests.commands import environment, ib_compat
from tests.documented import FROM_RUNS, WITH_A_DOWNLOAD, WITH_THE_INDEX
from tests.indexes import need_pypi
from tests.rows import VARIABLE, need_row

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DOWNLOAD_PAGE = (ROOT / "docs" / "how-to" / "ibkr-api-download.md").read_text("utf-8")
CLIENT = "IBJts/source/pythonclient"


def called(command: str, folder: Path, *more: str, environments: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run what is behind a command, in a folder that stands for the user's."""
    if command.startswith("nox"):
        session, _, after = command.partition(" -- ")
        name = session.rpartition(" ")[2]
        known = ["--environments", environments or os.environ[VARIABLE]]
        words = ["run", *known, *shlex.split(after)] if name == "matrix" else [name, *shlex.split(after)]
    else:
        words = shlex.split(command)[1:]
    return subprocess.run(
        ib_compat(*words, *more),
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment(),
        check=False,
    )


def test_the_commands_that_read_runs_answer(tmp_path: Path) -> None:
    """Those that make one ask two rows and two gateways, instead of all."""
    need_row("ib_async==2.1.0")
    need_row("ib_insync==0.9.86")
    (tmp_path / "requirements.txt").write_text("ib_async==2.1.0\n", encoding="utf-8")
    (tmp_path / "uv.lock").write_text('[[package]]\nname = "ib-async"\nversion = "2.1.0"\n', encoding="utf-8")
    few = ["--row", "ib_async==2.1.0", "--row", "ib_insync==0.9.86"]
    for command in FROM_RUNS:
        narrowed = [*few, *(() if "--gateway" in command else ("--gateway", "gateway-10.45-paper"))]
        done = called(command, tmp_path, *(narrowed if "-s matrix" in command else ()))
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        assert done.stdout or "--output" in command
    assert "ib_async==2.1.0\n" in (tmp_path / "constraints.txt").read_text("utf-8")


@pytest.mark.parametrize("command", WITH_THE_INDEX)
def test_the_commands_that_need_the_index_answer(command: str, tmp_path: Path) -> None:
    need_pypi()
    if command.startswith("pip"):
        (tmp_path / "constraints.txt").write_text("ib_async==2.1.0\n", encoding="utf-8")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", "made"], cwd=tmp_path, check=True)
        pip, *words = shlex.split(command)
        installed = [sys.executable, "-m", pip, "--python", "made", *words, "--quiet", "--no-compile"]
        subprocess.run(installed, cwd=tmp_path, check=True)
        return
    done = called(command, tmp_path)
    assert done.returncode == 0 or (done.returncode == 1 and "versions" in command), done.stdout + done.stderr
    assert ("first bad" in done.stdout) == ("bisect" in command)


def test_ibkr_s_download_is_asked_like_every_other_row(tmp_path: Path) -> None:
    """On a zip of the same layout, whose client is that of another package."""
    need_pypi()
    client = need_row("nautilus-ibapi==10.45.1")
    table = "\n".join(re.findall(r"^    (.*)$", DOWNLOAD_PAGE, re.MULTILINE))
    _download(tmp_path / "twsapi_macunix.1045.01.zip", client.python.parents[1])
    gateways = "".join(
        f'[[gateway]]\nproduct = "gateway"\nversion = "{version}"\nkind = "simulator"\n'
        for version in ("10.37", "10.45", "10.50")
    )
    (tmp_path / "mine.toml").write_text(f"{table}\n{gateways}", encoding="utf-8")
    (tmp_path / "requirements.txt").write_text("ibapi==10.45.1\nprotobuf>=5.29.5\n", encoding="utf-8")
    for command in WITH_A_DOWNLOAD:
        more = ["--requirements", "requirements.txt"] if "upgrade" in command else []
        done = called(command, tmp_path, *more, environments=str(tmp_path / "environments"))
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        assert "10.45.1" in done.stdout
    pins = called("ib-compat pins --gateway gateway-10.45", tmp_path)
    assert pins.returncode == 3
    assert not [line for line in pins.stdout.splitlines() if line.startswith("ibapi")], "no index has IBKR's download"


def _download(archive: Path, environment: Path) -> None:
    """Make a zip as IBKR's: the client among other things, with a setup.py that names no requirement."""
    (package,) = environment.glob("**/site-packages/ibapi")
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")
        made.writestr("IBJts/source/JavaClient/readme.txt", "another client\n")
        words = "name='ibapi', version='10.45.1', packages=['ibapi', 'ibapi.protobuf']"
        setup = f"from setuptools import setup\nsetup({words})\n"
        made.writestr(f"{CLIENT}/setup.py", setup)
        for file in package.rglob("*.py"):
            made.write(file, f"{CLIENT}/ibapi/{file.relative_to(package).as_posix()}")


def test_the_page_is_about_this_python() -> None:
    """A row without ``pythons`` is on the Python that runs, so the page needs to name none."""
    assert running_python() not in DOWNLOAD_PAGE
