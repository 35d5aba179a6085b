"""``ib-compat run --resume``: what a run has left unasked, and nothing else, where all is as it was."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.cli import main
from harness.results.run_folder import JOURNAL, LOCK, RESULTS
from harness.run import worker_process
from harness.run.scheduler import refuse_other_gateway
from harness.shared.errors import ExitCode
from harness.shared.evidence import BootRecord, GatewayOutcome
from tests.run.fakes import HOST, OBEDIENT, TWO_GATEWAYS, bootstrap, build, plan_of

if TYPE_CHECKING:
    from collections.abc import Callable

from filelock import FileLock

from harness.shared.errors import UsageError

ROWS = ("1", "2")
ALL = len(ROWS) * 2


@dataclass(frozen=True)
class Killed:
    """A run of real gateways and worker processes that has ended; ``cut`` leaves of it what a kill would."""

    folder: Path

    def run(self, *options: str) -> int:
        words = ("--environments", str(self.folder / "environments"), "--results", str(self.folder / "results"))
        return main(["run", *words, "--no-board", "--no-build", *options])

    @property
    def place(self) -> Path:
        (place,) = (path.parent for path in self.folder.glob(f"results/2*/{JOURNAL}"))
        return place

    @property
    def journal(self) -> Path:
        return self.place / JOURNAL

    def cut(self, kept: int) -> list[str]:
        """Leave only the first finished cells, in the middle of a line; return their ids."""
        lines = self.journal.read_bytes().splitlines(keepends=True)
        finished = [number for number, line in enumerate(lines) if b'"event":"cell"' in line]
        end = finished[kept]
        self.journal.write_bytes(b"".join(lines[:end]) + lines[end][:20])
        (self.place / RESULTS).unlink()
        return [json.loads(lines[number])["outcome"]["cell"] for number in finished[:kept]]

    def results(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.place / RESULTS).read_text("utf-8"))
        return document


@pytest.fixture
def killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Killed:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(worker_process, "BOOTSTRAP", bootstrap(tmp_path, OBEDIENT))
    for row in ROWS:
        build(tmp_path / "environments", f"ib_async=={row}/py{HOST}")
    for environment in (tmp_path / "environments").iterdir():
        (environment / "Lib" / "site-packages" / "numpy-2.3.0.dist-info").mkdir(parents=True)
    plan_of(tmp_path, versions=ROWS, gateways=TWO_GATEWAYS)
    run = Killed(tmp_path)
    assert run.run("--matrix", "matrix.toml") == ExitCode.AS_EXPECTED
    return run


def asked_again(killed: Killed, before: dict[str, int]) -> set[str]:
    return {cell for cell, at in written(killed).items() if at != before[cell]}


def written(killed: Killed) -> dict[str, int]:
    files = killed.place.glob("cells/**/evidence.jsonl*")
    return {file.parent.relative_to(killed.place / "cells").as_posix(): file.stat().st_mtime_ns for file in files}


@pytest.mark.parametrize("kept", range(ALL))
def test_only_what_is_missing_is_asked_and_the_whole_is_kept(killed: Killed, kept: int) -> None:
    finished, before = killed.cut(kept), written(killed)

    assert killed.run("--resume") == ExitCode.AS_EXPECTED

    assert asked_again(killed, before) == before.keys() - set(finished)
    results = killed.results()
    assert results["run"]["counts"] == {"pass": ALL}
    assert results["run"]["complete"]
    assert killed.journal.read_bytes().count(b'"event":"cell"') == ALL
    for name, gateway in results["gateways"].items():
        parts = 2 if any(cell.endswith(f"/{name}") for cell in before.keys() - set(finished)) else 1
        assert [probe["when"] for probe in gateway["probes"]].count("before") == parts, name


def test_what_a_run_took_is_what_its_parts_took_though_the_clock_was_set_meanwhile(killed: Killed) -> None:
    began = killed.results()["run"]["started"]
    killed.cut(1)
    lines = killed.journal.read_text("utf-8").splitlines(keepends=True)
    lines[0] = lines[0].replace(began[:4], str(int(began[:4]) - 1))  # it began a year ago, by the time of day
    lines[-2] = re.sub(r'"passed":[0-9.e-]+', '"passed":600.0', lines[-2])  # and had taken so long
    killed.journal.write_text("".join(lines), "utf-8")

    assert killed.run("--resume") == ExitCode.AS_EXPECTED

    run = killed.results()["run"]
    assert run["started"] != began
    assert 600 < run["seconds"] < 4200


def test_a_run_that_is_resumed_is_found_by_its_name_and_ends_where_it_began(killed: Killed) -> None:
    killed.cut(1)
    assert killed.run("--resume", killed.place.name) == ExitCode.AS_EXPECTED
    assert (killed.folder / "results" / "latest-matrix").resolve() == killed.place


def changes_the_matrix(killed: Killed) -> None:
    file = killed.folder / "matrix.toml"
    file.write_text(file.read_text("utf-8").replace('version = "10.37"', 'version = "10.30"'), "utf-8")


def changes_a_package(killed: Killed) -> None:
    for package in killed.folder.glob("environments/*/Lib/site-packages/numpy-*"):
        package.rename(package.with_name("numpy-2.4.0.dist-info"))


def changes_a_gateway(killed: Killed) -> None:
    was = killed.journal.read_bytes()
    assert b'"server_version":203' in was
    killed.journal.write_bytes(was.replace(b'"server_version":203', b'"server_version":202'))


def is_of_another_version(killed: Killed) -> None:
    was = killed.journal.read_bytes()
    killed.journal.write_bytes(was.replace(b'"ib_compat":"', b'"ib_compat":"9.', 1))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            changes_the_matrix,
            "matrix.toml was changed; gateway tws-10.37-paper is gone; gateway tws-10.30-paper is new",
        ),
        (changes_a_package, "numpy 2.3.0 → 2.4.0"),
        (changes_a_gateway, "tws-10.37-paper: server version 202 → 203"),
        (is_of_another_version, "ib-compat 9."),
    ],
)
def test_what_has_changed_is_said_and_nothing_is_asked(
    killed: Killed, capsys: pytest.CaptureFixture[str], change: Callable[[Killed], None], says: str
) -> None:
    killed.cut(2)
    change(killed)
    before, journal = written(killed), killed.journal.read_bytes().rpartition(b"\n")[0]

    assert killed.run("--resume") == ExitCode.WRONG_USE

    assert says in capsys.readouterr().err
    assert not asked_again(killed, before)
    assert killed.journal.read_bytes().rstrip(b"\n").startswith(journal)
    assert killed.journal.read_bytes().count(b"\n") == journal.count(b"\n") + 1
    assert not (killed.place / RESULTS).exists()


def test_a_run_that_has_nothing_left_or_goes_on_is_not_resumed(
    killed: Killed, capsys: pytest.CaptureFixture[str]
) -> None:
    assert killed.run("--resume") == ExitCode.WRONG_USE
    assert "contains no run with unfinished cells" in capsys.readouterr().err
    assert killed.run("--resume", killed.place.name) == ExitCode.WRONG_USE
    assert "every cell of this run is finished" in capsys.readouterr().err

    killed.cut(1)
    with FileLock(killed.place / LOCK):
        assert killed.run("--resume") == ExitCode.WRONG_USE
    assert "this run is still running" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--library", "ib_async"], "another one was given: libraries"),
        (["--concurrency", "1"], "another one was given: concurrency"),
        (["--shard", "1/2"], "--shard would split them again"),
    ],
)
def test_a_run_is_resumed_as_it_was_begun(
    killed: Killed, capsys: pytest.CaptureFixture[str], options: list[str], says: str
) -> None:
    killed.cut(1)
    assert killed.run("--resume", killed.place.name, *options) == ExitCode.WRONG_USE
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--allow-live", "--orders"])
def test_what_may_cost_money_is_said_again(killed: Killed, capsys: pytest.CaptureFixture[str], option: str) -> None:
    key = option[2:].replace("-", "_").encode()
    killed.cut(1)
    was = killed.journal.read_bytes()
    assert b'"%s":false' % key in was
    killed.journal.write_bytes(was.replace(b'"%s":false' % key, b'"%s":true' % key, 1))

    assert killed.run("--resume") == ExitCode.WRONG_USE
    assert f"the run had {option}; pass it again" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("now", "says"),
    [
        ({"server_version": None}, "server version 178 → which does not answer"),
        ({"error": "no room"}, "could not be started: no room"),
        ({"boot": BootRecord(image="gw:1", build="10.45.1b")}, "build 10.45.1a → 10.45.1b"),
        ({"boot": BootRecord(image="gw:1", build="10.45.1a", digest="sha256:2")}, "image sha256:1 → sha256:2"),
    ],
)
def test_another_gateway_is_refused(now: dict[str, Any], says: str) -> None:
    boot = BootRecord(image="gw:1", build="10.45.1a", digest="sha256:1")
    was = GatewayOutcome(name="gw", server_version=178, boot=boot)
    refuse_other_gateway(was, was)
    refuse_other_gateway(None, was)
    with pytest.raises(UsageError, match=says):
        refuse_other_gateway(was, GatewayOutcome(**{"name": "gw", "server_version": 178, "boot": boot, **now}))
