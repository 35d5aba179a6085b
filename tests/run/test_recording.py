"""A cell that is recorded is given its tap's address, and nobody but the transcript tells of it."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from harness.evidence import CheckRecord
from harness.protocol.message import Sender
from harness.run.recording import Way, as_ipv4
from harness.status import Status
from harness.tap import FILE, Transcript, read_transcript
from harness.tap.transcript import Chunk
from tests.control.listeners import ACCOUNTS, NEXT_ID, TIME, frame, listening_in_a_thread, saying
from tests.run.fakes import SIMULATED, FakeRuns, Seen

ADDRESS = """
[[gateway]]
product = "gateway"
version = "10.45"
kind = "address"
host = "{host}"
port = {port}
"""

KNOCKS = """
import socket
ready()
job = hear()["run"]
peer = socket.create_connection((job["host"], job["port"]))
peer.sendall(b"hello")
"""

TELLS_ITS_PORT = """
ready()
job = hear()["run"]
write(job, check("tcp", "fail", reason=f"Connect call failed ('{job['host']}', {job['port']}); {job['port']}"))
done(job, 1)
"""


def transcript(runs: FakeRuns, seen: Seen) -> Transcript:
    return read_transcript(runs.folder / "results" / "cells" / seen.only.cell / FILE)


def is_recorded(seen: Seen) -> bool:
    return f"cells/{seen.only.cell}/{FILE}" in seen.only.artifacts


def test_a_recorded_cell_meets_the_gateway_through_a_tap_and_the_transcript_names_both(runs: FakeRuns) -> None:
    runs.build()
    told = runs.run(f"{KNOCKS}\ndone(job)", defaults="record = true")
    assert is_recorded(told)
    (gateway,) = told.outcome.gateways
    kept = transcript(runs, told)
    assert kept.gateway == (gateway.host, gateway.port)
    assert kept.listened != kept.gateway
    assert [entry.data for entry in kept.entries if isinstance(entry, Chunk)] == [b"hello"]


def test_a_gateway_by_a_name_of_both_kinds_that_answers_at_the_second_is_recorded(
    runs: FakeRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As ``localhost`` is on most desktops, where a Gateway listens for IPv4 only."""
    resolve = asyncio.BaseEventLoop.getaddrinfo

    async def both(loop: asyncio.BaseEventLoop, host: Any, port: Any, **more: Any) -> Any:
        if host != "localhost":
            return await resolve(loop, host, port, **more)
        six = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", port, 0, 0))
        return [six, (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", both)
    runs.build()
    with listening_in_a_thread(saying(frame(176, TIME), ACCOUNTS + NEXT_ID)) as port:
        gateways = ADDRESS.format(host="localhost", port=port)
        assert is_recorded(runs.run(f"{KNOCKS}\ndone(job)", gateways=gateways, defaults="record = true"))


def test_without_recording_a_cell_goes_straight(runs: FakeRuns) -> None:
    runs.build()
    seen = runs.run(TELLS_ITS_PORT, defaults="record = false")
    assert not is_recorded(seen)
    assert str(seen.outcome.gateways[0].port) in str(seen.only.checks[-1].reason)
    assert not is_recorded(runs.run(TELLS_ITS_PORT, defaults="record = true", record=False))
    assert is_recorded(runs.run(TELLS_ITS_PORT, defaults="record = false", record=True))


def test_a_reason_names_the_gateways_address_and_not_the_taps(runs: FakeRuns) -> None:
    runs.build()
    seen = runs.run(TELLS_ITS_PORT, defaults="record = true")
    tap, gateway = transcript(runs, seen).listened[1], seen.outcome.gateways[0].port
    assert seen.only.checks[-1].reason == f"Connect call failed ('127.0.0.1', {gateway}); {tap}"


def test_of_a_killed_cell_there_is_what_it_had_said(runs: FakeRuns) -> None:
    runs.build()
    seen = runs.run(f"{KNOCKS}\ntime.sleep(600)", defaults="record = true\ncell_deadline = 0.5")
    assert seen.only.killed
    assert [entry.data for entry in transcript(runs, seen).entries if isinstance(entry, Chunk)] == [b"hello"]


def test_a_gateway_that_nobody_got_through_to_stays_refused(runs: FakeRuns) -> None:
    runs.build()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        seen = runs.run(TELLS_ITS_PORT, gateways=ADDRESS.format(host="127.0.0.1", port=port), defaults="record = true")
    assert not is_recorded(seen)
    assert seen.only.checks[-1].reason == f"Connect call failed ('127.0.0.1', {port}); {port}"


def test_a_gateway_that_takes_connections_and_says_nothing_is_recorded(runs: FakeRuns) -> None:
    runs.build()
    gateways = f'{SIMULATED}scenario = "silent"\n'
    seen = runs.run(f"{KNOCKS}\ndone(job)", gateways=gateways, defaults="record = true")
    assert [entry.sender for entry in transcript(runs, seen).entries if isinstance(entry, Chunk)] == [Sender.CLIENT]


def test_a_transcript_that_cannot_be_written_is_the_harnesss_error(runs: FakeRuns) -> None:
    runs.build()
    in_its_way = f"{KNOCKS}\nos.mkdir(os.path.join(job['folder'], {FILE!r}))\ndone(job)"
    seen = runs.run(in_its_way, defaults="record = true")
    assert str(seen.only.worker_error).startswith("its evidence cannot be kept: ")


# Addresses.


def reason_of(reason: str | None, way: Way) -> str | None:
    (check,) = way.told([CheckRecord(name="tcp", status=Status.FAIL, reason=reason)])
    return check.reason


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("no answer from 127.0.0.1:40001", "no answer from 10.0.0.5:4002"),
        ("Connect call failed ('127.0.0.1', 40001)", "Connect call failed ('10.0.0.5', 4002)"),
        ("127.0.0.1:400012 is another port", "127.0.0.1:400012 is another port"),
        ("1127.0.0.1:40001 is another host", "1127.0.0.1:40001 is another host"),
        (None, None),
    ],
)
def test_addresses_in_a_reason(said: str | None, told: str | None) -> None:
    assert reason_of(said, Way(address=("127.0.0.1", 40001), gateway=("10.0.0.5", 4002))) == told


def resolving(
    monkeypatch: pytest.MonkeyPatch, *found: tuple[socket.AddressFamily, str], refused: tuple[str, ...] = ()
) -> Any:
    async def getaddrinfo(*_: object, **__: object) -> list[Any]:
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(family, socket.SOCK_STREAM, 6, "", (address, 4002)) for family, address in found]

    async def resolve() -> Any:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
        return await as_ipv4(("gateway.lan", 4002), refused=refused)

    return asyncio.run(resolve())


def test_only_a_host_that_is_ipv4_and_nothing_else_is_tapped(monkeypatch: pytest.MonkeyPatch) -> None:
    four, six = (socket.AF_INET, "10.0.0.5"), (socket.AF_INET6, "fd00::5")
    assert asyncio.run(as_ipv4(("10.0.0.5", 4002))) == ("10.0.0.5", 4002)
    assert asyncio.run(as_ipv4(("::1", 4002))) is None
    assert resolving(monkeypatch, four) == ("10.0.0.5", 4002)
    assert resolving(monkeypatch, six, four) is None
    assert resolving(monkeypatch, six, four, refused=("fd00::5",)) == ("10.0.0.5", 4002)
    assert resolving(monkeypatch, six, refused=("fd00::5",)) is None
    assert resolving(monkeypatch, six, four, refused=("10.0.0.5",)) is None
    assert resolving(monkeypatch) is None


def test_the_evidence_stays_as_it_was_written(runs: FakeRuns) -> None:
    runs.build()
    seen = runs.run(TELLS_ITS_PORT, defaults="record = true")
    lines = Path(runs.folder, "results", "cells", seen.only.cell, "evidence.jsonl").read_text("utf-8").splitlines()
    assert str(transcript(runs, seen).listened[1]) in json.loads(lines[-1])["reason"]
