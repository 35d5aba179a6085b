"""``ib-compat record --gateway``: libraries ask all checks, and that is recorded; and what is refused."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.cli import main
from harness.cli.record_plan import newest
from harness.plan.matrix.rows import read_rows
from harness.recordings.archive import read_recording
from harness.recordings.exchanges import dialogues_of
from harness.recordings.origin import Origin
from harness.recordings.recording import Recording
from harness.wire.framing import encode_frame
from harness.wire.message import Message
from tests.cli.test_record import free_port, gateway
from tests.commands import environment, ib_compat
from tests.recordings.made import ACCOUNTS, REPLY, SESSION, frame, packed
from tests.rows import DEFAULT, VARIABLE, need_row
from tests.run.fakes import HOST
from tests.run.recording.test_real_libraries import simulated

ROWS = ("ib_async==2.1.0", "ib_insync==0.9.86", "ibapi-latest==10.51.1")
OTHER_ROWS = """
[[library]]
adapter = "ib_insync"
versions = ["0.9.86"]

[[library]]
adapter = "ibapi"
distribution = "ibapi-latest"
versions = ["10.51.1"]

"""
CHECKS = ("account_summary", "open_orders", "positions", "second_client")

MATRIX = """
[[library]]
adapter = "ib_async"
versions = ["2.1.0"]

[[gateway]]
product = "gateway"
version = "10.45"
kind = "simulator"

[[gateway]]
product = "gateway"
version = "10.30"
kind = "replay"
recording = "made.ibrec"
"""


def record(*words: str) -> int:
    environments = os.environ.get(VARIABLE, "nowhere")
    return main(["record", "--environments", environments, "--no-build", *words])


@pytest.fixture(name="here")
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    packed(tmp_path, SESSION)
    (tmp_path / "mine.toml").write_text(MATRIX, encoding="utf-8")
    return tmp_path


def test_without_a_choice_the_newest_library_with_each_decoder_asks() -> None:
    assert {row.library for row in newest(read_rows(DEFAULT))} == {"ib_async==2.1.0", "ibapi-latest==10.51.1"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--gateway", "gateway-10.4*", "mine"], "14 gateways, and a recording is of one"),
        (["--gateway", "gateway-10.45-papier", "mine"], "gateway-10.45-paper"),
        (["--matrix", "mine.toml", "--gateway", "gateway-10.30-*", "mine"], "is a recording already"),
        (["--gateway", "gateway-10.45-paper", "--check", "positons", "mine"], "did you mean 'positions'?"),
        (["--gateway", "gateway-10.45-paper", "--library", "ib_sync", "mine"], "ib_insync"),
        (["--gateway", "gateway-10.45-paper", "mine", "--", "python", "mine.py"], "--proxy"),
        (["--gateway", "gateway-10.45-paper"], "the file is missing"),
        (["--gateway", "gateway-10.45-paper", "made"], "made.ibrec: is there already"),
        (["--gateway", "gateway-10.45-paper", "--proxy", "4002:0", "mine"], "say one of --gateway, --proxy"),
        (["--proxy", "4002:0", "--check", "positions", "mine"], "are for --gateway"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    words: list[str], said: str, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert record(*words) == 2
    assert said in capfd.readouterr().err
    assert sorted(each.name for each in here.iterdir()) == ["made.ibrec", "mine.toml"]


@pytest.mark.parametrize("kind", ["nobody listens", "it says nothing", "its account is live"])
def test_a_gateway_that_cannot_be_asked_is_named_and_nothing_is_left(
    kind: str, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    start = (REPLY, ACCOUNTS.replace(b"DU9", b"U97"), frame(Message("next_valid_id", {"order_id": 1})))
    live = b"".join(map(encode_frame, start))
    with gateway(live if kind == "its account is live" else b"no Gateway") as port:
        asked = free_port() if kind == "nobody listens" else port
        assert record("--gateway", str(asked), "--matrix", "mine.toml", "mine") == 3
    err = capfd.readouterr().err
    assert f"127.0.0.1:{asked}" in err
    assert "nothing was recorded" in err
    assert ("--allow-live" in err) == (kind == "its account is live")
    assert sorted(each.name for each in here.iterdir()) == ["made.ibrec", "mine.toml"]


def libraries(recording: Recording) -> set[str]:
    return {client.library for client in recording.manifest.clients}


@pytest.mark.slow
def test_what_three_libraries_asked_a_running_gateway_is_answered_to_others(tmp_path: Path) -> None:
    for row in (*ROWS, "ib_async==2.0.1"):
        need_row(row)
    file = tmp_path / "mine.ibrec"
    words = [f"--library={row}" for row in ROWS] + [f"--check={check}" for check in CHECKS]
    with simulated([sys.executable, "-m", "harness"]) as port:
        assert record("--gateway", port, *words, str(file)) == 0
    assert [each.name for each in tmp_path.iterdir()] == [file.name]
    recording = read_recording(file)
    told = recording.manifest.gateway
    assert (told.kind, told.program, told.origin) == ("address", "ib-compat", Origin.SIMULATED)
    assert (told.server_version, told.mode, told.settings["localhost_only"]) == (223, "paper", "yes")
    assert libraries(recording) == {*ROWS, recording.manifest.made_by}
    assert not any(recording.manifest.omitted.values())
    assert statuses_of_a_replay(tmp_path, file) == {"pass"}


def statuses_of_a_replay(folder: Path, file: Path) -> set[str]:
    """Ask the recording with the library that was recorded, and with another version of it."""
    rows = MATRIX.replace('"2.1.0"]', '"2.1.0", "2.0.1"]').partition("[[gateway]]")[0]
    column = f'[[gateway]]\nproduct = "gateway"\nversion = "10.45"\nkind = "replay"\nrecording = "{file.as_posix()}"\n'
    checks = f"[defaults]\nchecks = {json.dumps(CHECKS)}\n"
    (folder / "replay.toml").write_text(checks + rows + column, encoding="utf-8")
    words = ["--matrix", str(folder / "replay.toml"), "--results", str(folder / "results"), "--no-build"]
    assert main(["run", *words, "--environments", os.environ[VARIABLE]]) == 0
    cells = json.loads((folder / "results" / "latest" / "results.json").read_text("utf-8"))["cells"]
    assert len(cells) == 2
    return {check["status"] for cell in cells.values() for check in cell["checks"]}


@pytest.mark.slow
@pytest.mark.parametrize("orders", [False, True])
def test_orders_are_asked_only_on_request(orders: bool, here: Path) -> None:  # noqa: FBT001 - a case
    need_row("ib_async==2.1.0")
    words = ["--matrix", "mine.toml", "--check", "limit_order", "--gateway", "gateway-10.45-paper"]
    assert record(*["--orders"] * orders, *words, "mine") == 0
    recording = read_recording(here / "mine.ibrec")
    asked = {each.request.name for dialogue in dialogues_of(recording) for each in dialogue.exchanges}
    assert ("place_order" in asked) == orders
    assert recording.manifest.gateway.kind == "simulator"
    assert recording.manifest.gateway.build == "10.45"


def test_a_folder_that_cannot_be_written_is_named_once(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    need_row("ib_async==2.1.0")
    words = ["--matrix", "mine.toml", "--check", "positions", "--gateway", "gateway-10.45-paper"]
    assert record(*words, "nowhere/mine") == 3
    err = capfd.readouterr().err
    assert "ib-compat: nowhere/mine.ibrec.part: cannot be written: No such file or directory" in err
    assert sorted(each.name for each in here.iterdir()) == ["made.ibrec", "mine.toml"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
def test_what_fits_on_the_disk_is_kept_and_the_libraries_ask_on(here: Path) -> None:
    """As on a full disk: no file may be larger than that."""
    need_row("ib_async==2.1.0")
    asked = ["--matrix", "mine.toml", "--gateway", "gateway-10.45-paper", "--environments", os.environ[VARIABLE]]
    words = [sys.executable, "-m", "harness", "record", "--no-build", *asked, "mine"]
    limited = ["/bin/sh", "-c", 'ulimit -f 40; export PYTHONDONTWRITEBYTECODE=1; exec "$@"', "sh", *words]
    done = subprocess.run(limited, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "NOTHING IS RECORDED ANY MORE" in done.stderr
    assert "Traceback" not in done.stderr
    part = here / "mine.ibrec.part"
    assert not part.exists() or main(["record", "--finish", str(part)]) == 0
    assert libraries(read_recording(here / "mine.ibrec")) >= {"ib_async==2.1.0"}


@pytest.mark.slow
def test_what_three_libraries_read_differently_from_one_recording_is_named(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A gateway that writes times in UTC: two of them take such a time for one of this computer's zone."""
    for row in ROWS:
        need_row(row)
    rows = MATRIX.partition("[[gateway]]")[0] + OTHER_ROWS
    asked = '[defaults]\ntimezone = "Asia/Tokyo"\nchecks = ["executions", "positions"]\n'
    column = '[[gateway]]\nproduct = "gateway"\nversion = "10.45"\n'
    (here / "utc.toml").write_text(f'{asked}{rows}{column}kind = "simulator"\nscenario = "utc-times"\n', "utf-8")
    (here / "again.toml").write_text(f'{asked}{rows}{column}kind = "replay"\nrecording = "utc.ibrec"\n', "utf-8")
    assert record("--matrix", "utc.toml", "--gateway", "*", "--library", "ib*", "utc") == 0
    capfd.readouterr()
    assert main(["run", "--matrix", "again.toml", "--no-build", "--environments", os.environ[VARIABLE]]) == 1
    (line,) = (each for each in _paragraphs(capfd.readouterr().out) if each.startswith("Read differently"))
    wrong, right = f"ib_async==2.1.0/py{HOST}, ib_insync==0.9.86/py{HOST}", f"ibapi-latest==10.51.1/py{HOST}"
    assert "executions at gateway-10.45-paper-replay: exec_id" in line
    assert "recorded '2026-11-20T20:30:59+00:00'" in line
    assert f"; {wrong} read '2026-11-20T11:30:59+00:00'; as recorded: {right}" in line


def _paragraphs(text: str) -> list[str]:
    return [" ".join(each.split()) for each in text.split("\n\n")]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(("ended", "code"), [("the gateway", 1), ("the recording", 130)])
def test_what_was_said_before_it_ended_is_kept_in_whole_messages(ended: str, code: int, here: Path) -> None:
    need_row("ib_async==2.1.0")
    with simulated(ib_compat()) as port:
        where = ["--gateway", port, "--library", "ib_async", "--environments", os.environ[VARIABLE], "--no-build"]
        words = ib_compat("record", *where, "mine")
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        with subprocess.Popen(words, env=environment(), **pipes) as process:
            until_said(here / "mine.ibrec.part", 200)
            _end_the_gateway() if ended == "the gateway" else process.send_signal(signal.SIGINT)
            _, err = process.communicate()
    assert process.returncode == code, err
    assert "Traceback" not in err
    assert not (here / "mine.ibrec.part").exists()
    assert any(each.startswith("ib_async==") for each in libraries(read_recording(here / "mine.ibrec")))


def until_said(part: Path, entries: int) -> None:
    """Wait until a part file has so many entries: a library is in by then, and has not asked everything."""
    while not part.exists() or part.read_bytes().count(b"\n") < entries:
        threading.Event().wait(0.01)


def _end_the_gateway() -> None:
    (gateway,) = (each for each in psutil.Process().children() if _simulates(each))
    gateway.kill()


def _simulates(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):  # it has just ended, as one of another test may have
        return "simulate" in process.cmdline()
    return False
