"""Every command in the documents that serves, records, replays or tries something: that it is right, by running it."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.recordings.archive import read_recording
from tests.cli.test_record import free_port
from tests.commands import environment, ib_compat
from tests.docs.running import ROOT, run, serving
from tests.recordings.imports.capturing import begun, classic
from tests.recordings.made import SESSION, write_part
from tests.recordings.simulated import file_of
from tests.rows import VARIABLE, need_row
from tests.run.programs.bots import needs_networks, write_bot

pytestmark = pytest.mark.slow

SERVING = {
    "ib-compat simulate --gateway 10.45 --port 4002",
    "ib-compat simulate --at 2026-11-27T23:44:50-05:00 --day weekday --port 4002",
    "ib-compat simulate --state state.json --port 4002",
}
RECORDING = (
    "ib-compat record --proxy 4002:4102 tuesday.ibrec",
    "ib-compat record --proxy 4002:4102 wednesday.ibrec -- python my_program.py",
    "ib-compat record --inspect tuesday.ibrec",
    "ib-compat record --finish tuesday.ibrec.part",
    "ib-compat record --import thursday.pcap thursday.ibrec",
)
"""In the order in which they are run: the first leaves what the third reads."""
MOVING = "from ib_insync import IB\nib = IB()\nib.connect('127.0.0.1', 4002, clientId=7)\nib.disconnect()\n"
TRYING = (
    "ib-compat try -- python my_program.py",
    "ib-compat try --for 20 -- python my_program.py --host {host} --port {port}",
    "ib-compat try --today ib_async==1.0.3 --then ib_async==2.1.0 -- python my_program.py",
    "ib-compat try --today 127.0.0.1:4002 --today ib_async==1.0.3 --then ib_async==2.1.0 -- python my_program.py",
    "ib-compat try --today monday.ibrec --today ib_async==1.0.3 --then ib_async==2.1.0 -- python my_program.py",
    "ib-compat try --today 10.45 --then 10.45:read-only --then 10.45:restarts -- python my_program.py",
    "ib-compat migrate my_program.py -- python my_program.py",
    "ib-compat simulate --port 0 --quiet -- python my_program.py --host {host} --port {port}",
)
TAPPING = (
    "ib-compat tap --to 4002 -- python my_program.py --host {host} --port {port}",
    "ib-compat tap --to 4002 --listen 4102",
)
REPLAYING = ("ib-compat record --gateway 4002 monday.ibrec", "ib-compat run --matrix recorded.toml")
"""In the order in which they are run."""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("command", sorted(SERVING))
def test_the_simulated_gateway_of_the_documents_serves_until_interrupted(command: str, tmp_path: Path) -> None:
    words = shlex.split(command)[1:-1]
    with subprocess.Popen(
        ib_compat(*words, "0"), cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            first = process.stderr.readline()
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate()
    assert "gateway-10.45" in first
    assert process.returncode == 130


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_a_gateway_is_recorded_as_the_documents_say(tmp_path: Path) -> None:
    tuesday, wednesday, inspect, finish, _ = (ib_compat(*shlex.split(each)[1:]) for each in RECORDING)
    with serving() as address:
        listen = str(free_port())
        proxy = f"{address.rpartition(':')[2]}:{listen}"
        looking = ib_compat("doctor", f"127.0.0.1:{listen}")
        tuesday[tuesday.index("4002:4102")] = wednesday[wednesday.index("4002:4102")] = proxy
        with subprocess.Popen(tuesday, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            assert listen in process.stderr.readline()
            asked = subprocess.run(looking, cwd=tmp_path, env=environment(), capture_output=True, check=False)
            process.send_signal(signal.SIGINT)
            process.communicate()
        with_program = [*wednesday[: wednesday.index("--") + 1], *looking]
        ended = run(with_program, folder=tmp_path)
    assert (asked.returncode, process.returncode, ended.returncode) == (0, 0, 0), ended.stderr
    shown = run(inspect, folder=tmp_path)
    assert "managed accounts" in shown.stdout
    (tmp_path / "tuesday.ibrec").unlink()
    write_part(tmp_path / "tuesday.ibrec.part", SESSION)
    assert run(finish, folder=tmp_path).returncode == 0
    assert read_recording(tmp_path / "tuesday.ibrec").entries == SESSION


def test_a_recording_becomes_a_column_as_the_documents_say(tmp_path: Path) -> None:
    need_row("ib_async==2.1.0")
    page = (ROOT / "docs" / "how-to" / "recording-your-gateway.md").read_text("utf-8")
    (matrix,) = (block for block in re.findall(r"^```\n(.*?)^```", page, re.MULTILINE | re.DOTALL) if "replay" in block)
    (tmp_path / "recorded.toml").write_text(matrix, encoding="utf-8")
    few = ["--library", "ib_async==2.1.0", "--no-build", "--environments", os.environ[VARIABLE]]
    with serving() as address:
        port = address.rpartition(":")[2]
        words = [port if word == "4002" else word for word in shlex.split(REPLAYING[0])[1:]]
        recorded = run(ib_compat(*words, *few, "--check", "positions"), folder=tmp_path)
    assert recorded.returncode == 0, recorded.stderr
    assert "ib_async==2.1.0" in recorded.stdout
    replayed = run(ib_compat(*shlex.split(REPLAYING[1])[1:], *few), folder=tmp_path)
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert "not in this recording" in (tmp_path / "results" / "latest" / "results.json").read_text("utf-8")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has networks for single programs")
@pytest.mark.parametrize("command", TRYING)
def test_a_program_is_tried_as_the_documents_say(command: str, tmp_path: Path) -> None:
    needs_networks()
    need_row("ib_async==1.0.3")
    name = "is_told_where" if "{port}" in command else "asks"
    write_bot(tmp_path, name).rename(tmp_path / "my_program.py")
    before, _, program = command.replace("monday.ibrec", str(file_of("gateway-10.45"))).partition(" -- ")
    words = shlex.split(f"{before} -- {program.replace('--host', '').replace('--port', '')}")[1:]
    if "migrate" in words:
        need_row("ib_insync==0.9.86")
        (tmp_path / "my_program.py").write_text(MOVING, encoding="utf-8")
    if "migrate" in words or "ib_async==1.0.3" in words:
        words[1:1] = ["--environments", os.environ[VARIABLE]]
    else:
        words[words.index("python")] = sys.executable
    with serving() if "127.0.0.1:4002" in words else contextlib.nullcontext("") as address:
        done = run(ib_compat(*(address if word == "127.0.0.1:4002" else word for word in words)), folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_a_gateway_is_tapped_as_the_documents_say(tmp_path: Path) -> None:
    write_bot(tmp_path, "is_told_where").rename(tmp_path / "my_program.py")
    with_program, alone = (shlex.split(each.replace("--host ", "").replace("--port ", ""))[1:] for each in TAPPING)
    with_program[with_program.index("python")] = sys.executable
    listen = alone[-1] = str(free_port())
    with serving() as address:
        for words in (with_program, alone):
            words[words.index("4002")] = address
        done = run(ib_compat(*with_program), folder=tmp_path)
        with subprocess.Popen(ib_compat(*alone), env=environment(), stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            assert listen in process.stderr.readline()
            asked = run([sys.executable, "my_program.py", "127.0.0.1", listen], folder=tmp_path)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate()
    assert (done.returncode, asked.returncode, process.returncode) == (0, 0, 0), done.stderr + err
    assert "req_positions  1  answered" in done.stderr
    assert "req_positions  1  answered" in err


def test_a_capture_is_imported_as_the_documents_say(tmp_path: Path) -> None:
    (tmp_path / "thursday.pcap").write_bytes(classic(begun().packets))
    words = shlex.split(RECORDING[-1])[1:]
    assert run(ib_compat(*words), folder=tmp_path).returncode == 0
    assert read_recording(tmp_path / "thursday.ibrec").manifest.clients
