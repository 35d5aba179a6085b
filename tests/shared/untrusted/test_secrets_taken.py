"""Logins and tokens leave the environment of the process that was given them, and reach the run alone."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from harness.shared import secrets_taken
from tests.shared.untrusted.prying import write_package
from tests.shared.untrusted.test_prying import LINUX, MATRIX, ROOT, SECRETS

LOGIN = {name: SECRETS[name] for name in ("TWS_USERID", "TWS_PASSWORD")}
TELL = "from harness.shared import secrets_taken as taken; taken.take(); "
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes with a name in a folder")


@pytest.fixture(autouse=True)
def nothing_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets_taken, "_taken", {})


def told(code: str, **around: str) -> str:
    """Run a program that takes its secrets first; return what it prints."""
    words, env = [sys.executable, "-c", TELL + code], {**os.environ, **around}
    return subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout


def shown(pid: int) -> str:
    """Return what the system shows of a process's environment to us; nothing where it keeps us from it."""
    try:
        return Path(f"/proc/{pid}/environ").read_text("utf-8", "replace")
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return ""


def waited_for(pipe: Path, by: subprocess.Popen[bytes]) -> int:
    """Open a pipe once somebody reads it."""
    while by.poll() is None:
        with suppress(OSError):  # nobody reads yet
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        time.sleep(0.02)
    raise AssertionError(f"the run ended with {by.returncode} before anybody read")


def test_what_is_secret_is_no_longer_in_the_environment_and_yet_known() -> None:
    kept = "print(sorted(os.environ.keys() & set(%r)), taken.whole_environment()['TWS_PASSWORD'])"
    index = {"UV_INDEX_OURS_PASSWORD": "of-an-index"}
    said = told(f"import os; {kept % [*SECRETS, *index]}", **SECRETS, **index)
    assert said == f"['MY_BROKER', 'UV_INDEX_OURS_PASSWORD'] {LOGIN['TWS_PASSWORD']}\n"


@LINUX
def test_the_system_shows_no_secret_of_such_a_process_to_anybody() -> None:
    """Not to itself either, so not to root: the memory that is shown was written over."""
    said = told("import os; os.system('cat /proc/$PPID/environ'); print(open('/proc/self/environ').read())", **LOGIN)
    assert "PATH=" in said
    assert [value for value in LOGIN.values() if value in said] == []


@POSIX
def test_a_login_is_handed_over_through_a_pipe_that_is_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets_taken, "_taken", dict(SECRETS))
    with secrets_taken.handed_over() as variables:
        [pipe] = map(Path, variables.values())
        assert (stat.S_IMODE(pipe.stat().st_mode), stat.S_IMODE(pipe.parent.stat().st_mode)) == (0o600, 0o700)
        reads = "import os; w = taken.whole_environment(); print({n: w.get(n) for n in %r}, taken.PIPE in os.environ)"
        said = told(reads % list(SECRETS), **variables)
        assert said == f"{ {name: LOGIN.get(name) for name in SECRETS} } False\n", "a run has no use for tokens"
        assert not pipe.parent.exists(), "whoever handed it over may be killed"


def test_nothing_is_handed_over_where_there_is_no_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets_taken, "_taken", {"GITHUB_TOKEN": "a"})
    with secrets_taken.handed_over() as variables:
        assert variables == {}


def test_a_system_without_such_pipes_hands_over_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "mkfifo", raising=False)
    monkeypatch.setattr(secrets_taken, "_taken", dict(SECRETS))
    with secrets_taken.handed_over() as variables:
        assert variables == LOGIN


def test_of_the_sessions_of_nox_only_those_that_log_in_get_a_login(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("nox", reason="the group nox brings it")
    from tests.cli.test_noxfile import loaded  # noqa: PLC0415 - needs nox

    monkeypatch.chdir(ROOT)
    for name, value in LOGIN.items():
        monkeypatch.setenv(name, value)
    project = loaded()
    assert not LOGIN.keys() & os.environ.keys(), "sessions inherit it"
    given: dict[str, dict[str, str]] = {}

    def run(*words: str, env: dict[str, str], **_: Any) -> None:
        given[words[3]] = env

    for command in ("run", "doctor", "build", "report"):
        project.ib_compat(SimpleNamespace(cache_dir=Path(".nox/.cache"), run=run), command)
    extra = {command: set(env) - {"PATH"} for command, env in given.items()}
    handed = {secrets_taken.PIPE} if hasattr(os, "mkfifo") else set(LOGIN)
    assert extra == {"run": handed, "doctor": handed, "build": set(), "report": set()}
    assert not any(value in str(given) for value in LOGIN.values()) or not hasattr(os, "mkfifo")


@pytest.mark.slow
@LINUX
def test_while_a_package_is_built_nobody_finds_the_login_in_what_runs(tmp_path: Path) -> None:
    """Also whom Landlock does not keep from it: this test reads what a package on an older kernel could."""
    source = write_package(tmp_path)
    backend = source / "backend.py"
    waits = "    open({!r}).read()\n    name ="  # until we have looked
    backend.write_text(backend.read_text("utf-8").replace("    name =", waits.format(str(tmp_path / "go")), 1), "utf-8")
    os.mkfifo(tmp_path / "go")
    (tmp_path / "matrix.toml").write_text(MATRIX, "utf-8")
    words = [sys.executable, "-m", "harness", "run", "--matrix", "matrix.toml", "--environments", "environments"]
    with subprocess.Popen(
        words, cwd=tmp_path, env={**os.environ, **SECRETS}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as run:
        end = waited_for(tmp_path / "go", run)
        own = psutil.Process(run.pid)
        seen = {each.pid: shown(each.pid) for each in (own, *own.children(recursive=True))}
        os.close(end)
        run.wait(timeout=120)
    assert len(seen) > 1
    assert [name for name, value in SECRETS.items() if value in "".join(seen.values())] in ([], ["MY_BROKER"])
