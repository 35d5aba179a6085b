"""The script that a container runs first, in a real shell."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from harness.gateways.docker import container_files
from harness.gateways.docker.container_files import Login
from harness.known.images import load

SHELL = shutil.which("sh")
pytestmark = pytest.mark.skipif(SHELL is None or sys.platform == "win32", reason="there is no shell here")
SCRIPT = container_files._start_script()


def started(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    script = folder / "start.sh"
    script.write_bytes(SCRIPT)
    return subprocess.run(
        [str(SHELL), str(script), *words], capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"}
    )


@pytest.mark.parametrize("value", ["plain", "two words", "a'b\"c$d\\e`f", "-n", "=", "x" * 500, " edge "])
@pytest.mark.parametrize("end", ["", "\n"])
def test_what_stands_in_a_file_is_exported_as_it_is_and_the_file_is_emptied(
    value: str, end: str, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{value}{end}", encoding="utf-8")
    code = "import os; print(os.environ['ONE'], end='')"
    done = started(tmp_path, f"ONE={file}", "--", sys.executable, "-c", code)
    assert (done.stdout, done.stderr) == (value, "")
    assert file.read_bytes() == b""


def test_it_becomes_what_the_image_would_have_run(tmp_path: Path) -> None:
    done = started(tmp_path, "--", sys.executable, "-c", "import sys; sys.exit(int(sys.argv[1]))", "88")
    assert done.returncode == 88


def test_a_file_that_is_not_there_starts_nothing(tmp_path: Path) -> None:
    done = started(tmp_path, f"ONE={tmp_path / 'none'}", "--", "echo", "started")
    assert done.returncode != 0
    assert "started" not in done.stdout


@pytest.mark.parametrize("name", sorted(load()))
def test_every_profile_gives_the_login_in_the_way_that_its_image_takes_it(name: str) -> None:
    profile = load()[name]
    exported = [word for word in container_files.command(profile, ("run",)) if "=" in word]
    forms = dict(profile.secrets)
    assert {word.partition("=")[0] for word in exported} == {key for key, form in forms.items() if "file" not in form}
    assert set(container_files.environment(profile)) == {key for key, form in forms.items() if "file" in form}


def test_whose_session_it_is_tells_only_those_who_know_the_user_id() -> None:
    login = Login(userid="Edemouser", password="x")  # noqa: S106 - nobody's
    assert "demouser" not in repr(login)
    said = container_files._hashed(login.userid, b"salt")
    single = io.BytesIO()
    with tarfile.open(fileobj=single, mode="w") as tar:
        entry = tarfile.TarInfo("who")
        entry.size = len(said)
        tar.addfile(entry, io.BytesIO(said))
    assert container_files.is_of(Login(userid="edemouser", password=""), single.getvalue())
    assert not container_files.is_of(Login(userid="another", password=""), single.getvalue())
