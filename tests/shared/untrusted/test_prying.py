"""What a caller's environment holds does not reach what is installed, built, imported and asked for it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from harness.shared import confine, untrusted
from harness.shared.untrusted import Purpose
from tests.shared.untrusted.prying import WHERE, write_package

SECRETS = {
    "TWS_USERID": "canary-of-a-user",
    "TWS_PASSWORD": "canary-of-a-password",
    "GITHUB_TOKEN": "canary-of-a-token",
    "MY_BROKER": "canary-of-another",
    "UV_PUBLISH_TOKEN": "canary-of-publishing",
}
MATRIX = """
[defaults]
pythons = ["host"]

[[library]]
adapter = "ib_async"
version = "2.1.0"
source = "source"

[[gateway]]
kind = "simulator"
product = "gateway"
version = "10.45"
"""
ROOT = Path(__file__).parents[3]
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="neither Landlock nor prctl is elsewhere")


@pytest.fixture
def landlock() -> None:
    """Skip where the kernel has none, as its words say."""
    ask = "import runpy; print(runpy.run_path('harness/shared/confine.py')['lacking']())"
    told = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True)
    if told.stdout.strip() != "None":
        pytest.skip(told.stdout.strip())


@pytest.mark.slow
@LINUX
@pytest.mark.usefixtures("landlock")
def test_a_package_that_looks_for_secrets_finds_none(tmp_path: Path) -> None:
    """Neither in its own environment nor in that of the processes around it, which are this user's as well."""
    write_package(tmp_path)
    (tmp_path / "matrix.toml").write_text(MATRIX, "utf-8")
    subprocess.run(
        [sys.executable, "-m", "harness", "run", "--matrix", "matrix.toml", "--environments", "environments"],
        cwd=tmp_path,
        env={**os.environ, **SECRETS},
        capture_output=True,
        check=False,
        timeout=120,
    )
    for each in WHERE:
        found = (tmp_path / each).read_text("utf-8")
        assert "LOOKED" in found
        assert [name for name, value in SECRETS.items() if value in found] == []
    [cells] = (tmp_path / "results").glob("2*/cells")
    modes = {stat.S_IMODE(each.stat().st_mode) for each in (cells, *cells.rglob("*"))}
    assert modes == {0o600, 0o700}, "evidence is its owner's alone"


@LINUX
@pytest.mark.usefixtures("landlock")
@pytest.mark.parametrize("confined", [True, False])
def test_who_is_confined_reads_no_process_around_it(*, confined: bool) -> None:
    ours = f"/proc/{os.getpid()}/environ"
    look = f"import os; print(os.path.exists({ours!r})); open({ours!r})"
    words = (sys.executable, "-c", look)
    done = subprocess.run(untrusted.confined(words) if confined else words, capture_output=True, text=True, check=False)
    assert done.stdout == "True\n"
    assert ("PermissionError" in done.stderr) is confined


@LINUX
@pytest.mark.usefixtures("landlock")
def test_who_is_confined_moves_and_links_files_as_installers_do(tmp_path: Path) -> None:
    move = "mkdir a b && touch a/file && mv a/file b/file && ln b/file a/link"
    subprocess.run(untrusted.confined(("sh", "-c", move)), cwd=tmp_path, check=True)
    assert (tmp_path / "a" / "link").samefile(tmp_path / "b" / "file")


@pytest.mark.parametrize("purpose", Purpose)
def test_what_nobody_listed_is_passed_to_nobody(purpose: Purpose) -> None:
    usual = {"PATH": "/bin", "HOME": "/home/trader", "LC_ALL": "C.UTF-8"}
    assert untrusted.environment(purpose, {**usual, **SECRETS}) == usual


def test_installers_get_what_says_where_packages_come_from() -> None:
    needed = {
        "PIP_INDEX_URL": "https://pypi.example/simple",
        "HTTPS_PROXY": "http://proxy.example:3128",
        "UV_OFFLINE": "1",
    }
    assert untrusted.environment(Purpose.INSTALL, needed) == needed
    assert untrusted.environment(Purpose.ASK, needed) == {}


@LINUX
def test_a_program_with_a_login_is_closed_to_others_of_the_same_user() -> None:
    take = "from harness.shared import secrets_taken; secrets_taken.take()"
    ask = f"import ctypes; {take}; print(ctypes.CDLL(None).prctl(3))"
    for around, dumpable in (({}, "1"), ({"TWS_PASSWORD": "canary"}, "0")):
        plain = {
            name: value for name, value in os.environ.items() if not name.endswith(("_TOKEN", "_PASSWORD", "_KEY"))
        }
        done = subprocess.run(
            [sys.executable, "-c", ask], env={**plain, **around}, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == dumpable


def test_a_python_without_ctypes_confines_nothing_and_goes_on() -> None:
    """As one that was built where there was no libffi."""
    lacks = "import sys; sys.modules['ctypes'] = None; from harness.shared import confine, secrets_taken"
    ask = f"{lacks}; secrets_taken.take(); print(confine.confine())"
    around = {**os.environ, "TWS_PASSWORD": "canary"}
    done = subprocess.run([sys.executable, "-c", ask], env=around, capture_output=True, text=True, check=True)
    assert done.stdout.strip() not in {"", "None"}


@pytest.mark.parametrize("around", [{"PATH": "/bin", "HOME": "/home"}, {"MY_BROKER": "somewhere"}])
def test_nothing_is_exposed_where_there_is_no_secret(around: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confine, "lacking", lambda: "nothing of the kind")

    assert untrusted.exposed(around) is None
    assert untrusted.exposed({**around, "B_TOKEN": "x", "A_USERID": "y"}) is not None
