"""A cell that is recorded is given its tap's address, and nobody but the transcript tells of it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.diagnose.host import HostView, Kind, Listener
from harness.results.transcript_file import FILE, read_transcript
from harness.run import cell_way as module
from harness.run.cell_way import Way, as_ipv4, tappable
from harness.shared.evidence import CheckRecord
from harness.shared.evidence.machine_view import NOBODY
from harness.shared.status import Status
from harness.wire.message import Sender
from harness.wire.transcript import Chunk, Transcript
from tests.diagnose.control.listeners import ACCOUNTS, NEXT_ID, TIME, frame, has_ipv6, listening_in_a_thread, saying
from tests.run.fakes import SIMULATED, FakeRuns, Seen

ADDRESS = """
[[gateway]]
product = "gateway"
version = "10.45"
kind = "address"
host = "{host}"
port = {port}
"""

needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")

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


@pytest.fixture
def both_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """``localhost`` as on most desktops."""
    resolve = asyncio.BaseEventLoop.getaddrinfo

    async def both(loop: asyncio.BaseEventLoop, host: Any, port: Any, **more: Any) -> Any:
        if host != "localhost":
            return await resolve(loop, host, port, **more)
        six = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", port, 0, 0))
        return [six, (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", both)


@pytest.mark.slow
@pytest.mark.usefixtures("both_kinds")
def test_a_gateway_by_a_name_of_both_kinds_that_answers_at_the_second_is_recorded(runs: FakeRuns) -> None:
    """A Gateway that listens for IPv4 only."""
    runs.build()
    with listening_in_a_thread(saying(frame(176, TIME), ACCOUNTS + NEXT_ID)) as port:
        gateways = ADDRESS.format(host="localhost", port=port)
        assert is_recorded(runs.run(f"{KNOCKS}\ndone(job)", gateways=gateways, defaults="record = true"))


KNOCKS_AT_BOTH = """
import socket
ready()
job = hear()["run"]
for host in ("::1", "127.0.0.1"):
    with socket.create_connection((host, job["port"])) as peer:
        peer.sendall(host.encode())
        while peer.recv(4096):
            pass
write(job, check("tcp", "fail", reason=f"{job['host']} [::1]:{job['port']}"))
done(job)
"""


@needs_ipv6
@pytest.mark.usefixtures("both_kinds")
def test_one_that_listens_for_both_kinds_is_recorded_at_both_and_the_cell_is_given_its_name(runs: FakeRuns) -> None:
    runs.build()
    gateways = f'{SIMULATED}behaviour = {{ ipv6 = true, host_name = "localhost" }}\n'
    seen = runs.run(KNOCKS_AT_BOTH, gateways=gateways, defaults="record = true")
    said = [entry for entry in transcript(runs, seen).entries if isinstance(entry, Chunk)]
    assert [entry.data for entry in said if entry.sender is Sender.CLIENT] == [b"::1", b"127.0.0.1"]
    assert seen.only.checks[-1].reason == f"localhost [::1]:{seen.outcome.gateways[0].port}"
    assert transcript(runs, seen).listened[1] != seen.outcome.gateways[0].port


def before(name: str, port: int, *refused: str) -> tuple[tuple[str, int], ...]:
    return asyncio.run(tappable((name, port), refused=refused))


@contextmanager
def at_both() -> Iterator[tuple[socket.socket, int]]:
    """Listen on one port at both loopback addresses; what one has free, another program may have at the other."""
    for _ in range(100):
        with socket.create_server(("127.0.0.1", 0)) as four, ExitStack() as listening:
            port = four.getsockname()[1]
            try:
                listening.enter_context(socket.create_server(("::1", port), family=socket.AF_INET6))
            except OSError:
                continue
            yield four, port
            return
    pytest.fail("no port is free at both addresses")


@needs_ipv6
@pytest.mark.usefixtures("both_kinds")
def test_a_tap_listens_nowhere_where_the_gateway_would_refuse() -> None:
    with at_both() as (four, port):
        four.close()
        assert before("localhost", port) == (), "nobody listens for IPv4"
        with socket.create_server(("127.0.0.1", port)):
            assert before("localhost", port) == (("127.0.0.1", port), ("::1", port))
            assert before("localhost", port, "127.0.0.1") == ()
            assert before("::1", port) == ()


@needs_ipv6
@pytest.mark.usefixtures("both_kinds")
@pytest.mark.parametrize(("kind", "taken"), [(Kind.GATEWAY, True), (Kind.TWS, True), (Kind.OTHER, False)])
def test_one_bound_to_all_of_ipv6_answers_ipv4_surely_where_it_is_a_gateway(
    kind: Kind, *, taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = replace(NOBODY, kind=kind)
    listener = Listener(host="::", port=4002, owner=owner, accept_queue=0)
    view = HostView(system="linux", local=True, port=4002, listeners=(listener,))
    monkeypatch.setattr(module, "look", lambda *_, **__: view)
    assert bool(before("localhost", 4002)) is taken


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.parametrize(
    ("words", "host"),
    [
        *(("no answer from {}:{}", host) for host in ("localhost", "127.0.0.1", "[::1]")),
        *(("Connect call failed ('{}', {}, 0, 0)", host) for host in ("127.0.0.1", "::1")),
    ],
)
def test_of_a_way_by_name_each_address_is_named_as_it_was(words: str, host: str) -> None:
    way = Way(address=("localhost", 40001), gateway=("localhost", 4002))
    assert reason_of(words.format(host, 40001), way) == words.format(host, 4002)


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
