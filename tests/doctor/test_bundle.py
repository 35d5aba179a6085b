"""``ib-compat bundle``: everything that helps, and nothing that names anybody. Canaries are planted and looked for."""

from __future__ import annotations

import json
import stat
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.cli import main
from harness.doctor import bundled_recording
from harness.recordings.archive import read_recording
from harness.results.results_files import write_results
from harness.results.run_folder import create_run_folder, point_latest
from harness.results.transcript_file import FILE, write_transcript
from harness.shared.errors import ExitCode
from harness.shared.evidence import RunOutcome
from harness.wire.message import Message
from tests.recordings.made import HEAD, SESSION, members_of, zipped
from tests.recordings.made import packed as write_recording
from tests.results.packing import pack_all
from tests.wire.transcripts import talk

if TYPE_CHECKING:
    from tests.conftest import Maker

RUN = "20261120T101112Z-ab12"
USER = "canaryuser"
ODD_ACCOUNT = "Canary-Fund-7"
"""An account whose number looks like none of IBKR's: only the run tells that it is one."""

ACCOUNTS = ("DU9000001", "DF9000001", "U9000001", ODD_ACCOUNT)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of a user with a name that is found nowhere else, and the user's processes in it."""
    folder = tmp_path / "home" / USER
    folder.mkdir(parents=True)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(folder))
    for name in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(name, USER)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run(home: Path, make: Maker) -> Path:
    """A run whose every file has accounts, the user and the home folder in it."""
    plan = make.plan()
    cell = plan.cells[0]
    folder = create_run_folder(Path("results"), RUN)
    write_results(folder, make.results(plan, RunOutcome(outcomes=(make.outcome(cell),), gateways=(make.gateway(),))))
    (folder / "grid.md").write_text(f"{USER} ran it in {home}", encoding="utf-8")
    (folder / "plan.json").write_text(json.dumps({"command": [str(home), str(home / "x"), *ACCOUNTS]}), "utf-8")
    place = folder.joinpath("cells", *cell.id.split("/"))
    place.mkdir(parents=True)
    ready = {"event": "check", "name": "ready", "status": "pass", "seconds": 0.1, "reason": None}
    lines = [
        {**ready, "detail": {"accounts": list(ACCOUNTS), "next_order_id": 1}},
        {"event": "log", "logger": "x", "level": "ERROR", "message": f"{home}: {ACCOUNTS} of {USER}"},
    ]
    (place / "evidence.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    (place / "output.txt").write_text(f"File {home}/program.py, account {ODD_ACCOUNT}", encoding="utf-8")
    write_transcript(place / FILE, talk(178, Message("req_account_updates", {"account": ODD_ACCOUNT})))
    point_latest(Path("results"), RUN)
    return folder


def packed(*arguments: str) -> dict[str, str]:
    assert main(["bundle", *arguments, "--output", "it.zip"]) == ExitCode.AS_EXPECTED
    with zipfile.ZipFile("it.zip") as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def canaries(home: Path) -> list[str]:
    spelt = [text.encode().hex(" ") for text in (*ACCOUNTS, USER)]
    return [*ACCOUNTS, USER, str(home), home.as_posix(), *spelt]


def test_nothing_that_names_anybody_is_in_it(run: Path, home: Path) -> None:
    """And everything else is: each planted file came through, so the canaries were there to be found."""
    files = packed("--simulate", "disconnected")
    for name, text in files.items():
        for canary in canaries(home):
            assert canary.lower() not in text.lower(), f"{name} has {canary}"
            assert canary.lower() not in name.lower()
    cell = f"run/cells/{'/'.join(run.glob('cells/*/*/*').__next__().parts[-3:])}"
    assert set(files) == {
        *("README.txt", "versions.json", "doctor-1.txt", "doctor-1.json"),
        *("run/results.json", "run/plan.json", "run/grid.md"),
        *(f"{cell}/{name}" for name in ("evidence.jsonl", "output.txt", "wire.txt")),
    }
    assert files["run/grid.md"] == "*** ran it in ~"
    assert "req account updates" in files[f"{cell}/wire.txt"]
    assert "disconnected-from-ibkr" in files["doctor-1.txt"]
    assert json.loads(files["doctor-1.json"])["verdict"]["code"] == "disconnected-from-ibkr"
    assert json.loads(files["versions.json"])["ib-compat"]


def test_it_is_the_same_of_a_run_whose_evidence_is_packed(run: Path) -> None:
    plain = packed("--simulate", "refuses")
    pack_all(run / "cells")
    again = packed("--simulate", "refuses")
    assert {name: text for name, text in again.items() if name.startswith("run/")} == {
        name: text for name, text in plain.items() if name.startswith("run/")
    }


def test_what_programs_wrote_and_asked_is_in_it_without_what_names_anybody(run: Path, home: Path) -> None:
    place = run / "programs" / "bot" / "gateway-10.45-paper"
    place.mkdir(parents=True)
    strange, fields = "Strange-Fund-8", {"action": "BUY"}
    asked = [1, {"name": "place_order", "fields": {**fields, "account": strange}}, {"name": "req_ids", "fields": None}]
    (place / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
    (place / "output.txt").write_text(f"{USER} trades {strange} and {ACCOUNTS} from {home}", encoding="utf-8")
    for name, text in (("broken", "[1]"), ("empty", ""), ("deep", "[" * 100_000)):
        (run / "programs" / name).mkdir()
        (run / "programs" / name / "asked.json").write_text(text, encoding="utf-8")

    files = packed("--simulate", "refuses")

    for name, text in files.items():
        assert not [each for each in (*canaries(home), strange) if each.lower() in text.lower()], name
    assert files["run/programs/bot/gateway-10.45-paper/output.txt"].startswith("*** trades Str***-8 and ")
    assert '"action": "BUY"' in files["run/programs/bot/gateway-10.45-paper/asked.json"]
    assert files["run/programs/broken/asked.json"] == "[1]"


def test_without_a_run_there_is_the_look_alone(home: Path) -> None:
    del home
    assert set(packed("--simulate", "refuses")) == {"README.txt", "versions.json", "doctor-1.txt", "doctor-1.json"}


def test_a_recording_that_was_cleaned_can_be_in_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_recording(home, SESSION)
    words = ["bundle", "--simulate", "refuses", "--recording", str(file), "--output", "it.zip"]
    assert main(words) == ExitCode.AS_EXPECTED
    assert "recording made.ibrec" in capsys.readouterr().out
    with zipfile.ZipFile("it.zip") as archive:
        (home / "out.ibrec").write_bytes(archive.read("recording.ibrec"))
        assert json.loads(archive.read("recording.json"))["cleaned"]
    assert read_recording(home / "out.ibrec").entries == SESSION


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("raw", "is not cleaned"),
        ("cut", "was cut off"),
        ("edited", "is not as it was written"),
        ("large", "has more than 0 MiB"),
        ("none", "is not there"),
    ],
)
def test_no_other_recording_is(
    kind: str, why: str, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_recording(home, SESSION, HEAD.model_copy(update={"cleaned": kind != "raw"}))
    if kind == "cut":
        file.write_bytes(file.read_bytes()[:-30])
    elif kind == "edited":
        members = members_of(file.read_bytes())
        file.write_bytes(zipped((name, data.replace(b"opened", b"closed")) for name, data in members.items()))
    elif kind == "large":
        monkeypatch.setattr(bundled_recording, "MOST", 100)
    elif kind == "none":
        file.unlink()
    assert main(["bundle", "--simulate", "refuses", "--recording", str(file), "--output", "it.zip"]) != 0
    assert why in capsys.readouterr().err
    assert not (home / "it.zip").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
@pytest.mark.parametrize("before", [None, 0o644])
def test_nobody_else_may_read_it(home: Path, before: int | None) -> None:
    file = home / "it.zip"
    if before is not None:
        file.touch(mode=before)
        file.chmod(before)
    assert main(["bundle", "--simulate", "refuses", "--output", str(file)]) == ExitCode.AS_EXPECTED
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_run_can_be_left_out(run: Path) -> None:
    assert run.is_dir()
    assert not any(name.startswith("run/") for name in packed("--simulate", "refuses", "--no-run"))


def test_a_run_that_is_not_there_ends_with_2(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bundle", "--simulate", "refuses", "--run", "nothing"]) == ExitCode.WRONG_USE
    assert "no run 'nothing'" in capsys.readouterr().err
    assert run.is_dir()


def test_a_place_that_cannot_be_written_ends_with_2(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = home / "no" / "folder.zip"
    assert main(["bundle", "--simulate", "refuses", "--output", str(file)]) == ExitCode.WRONG_USE
    assert "cannot be written" in capsys.readouterr().err
