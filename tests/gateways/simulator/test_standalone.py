"""``ib-compat simulate`` as a person runs it: a process of its own, until interrupted."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from harness.known import scenarios
from harness.shared.errors import ExitCode
from harness.wire.message import Message
from tests.commands import environment, ib_compat
from tests.gateways.simulator.talk import Client, run
from tests.limits import PATIENCE

NEEDS_SIGINT = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process alone")


def simulate(*arguments: str, start: Callable[..., list[str]] = ib_compat) -> subprocess.Popen[str]:
    command = start("simulate", *arguments)
    return subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@contextmanager
def simulating(
    *arguments: str, start: Callable[..., list[str]] = ib_compat
) -> Iterator[tuple[subprocess.Popen[str], str, int]]:
    """The process, the line that says where it listens, and the port."""
    process = simulate(*arguments, start=start)
    assert process.stderr is not None
    try:
        line = next(line for line in process.stderr if "server version" in line)
        port = re.search(r"127\.0\.0\.1:(\d+)", line)
        assert port is not None
        yield process, line, int(port[1])
    finally:
        process.kill()
        process.communicate()


async def _visit(port: int) -> int:
    client = await Client.connect(port, 178)
    version = (await client.greet()).server_version
    await client.start(7)
    answer = await client.ask(Message("req_positions"), end="position_end")
    assert [message.name for message in answer[-5:]] == [*4 * ["position"], "position_end"]
    await client.leave()
    return version


@NEEDS_SIGINT
def test_it_says_where_it_listens_serves_logs_in_words_and_ends_on_ctrl_c() -> None:
    with simulating("--gateway", "10.45", "--port", "0") as (process, line, port):
        assert "gateway-10.45 paper listens on" in line
        assert "Ctrl-C ends it" in line, "it says twice where it listens"
        assert "server version 223 (inferred: API 10.45.1 announces at most 223" in line
        assert run(_visit(port)) == 178
        process.send_signal(signal.SIGINT)
        out, log = process.communicate(timeout=PATIENCE)
    assert process.returncode == ExitCode.INTERRUPTED
    assert out == ""
    assert "Traceback" not in log
    assert "connection 1 <<< hello v100..178" in log
    assert "connection 1 >>> server version 178" in log
    assert "connection 1 <<< start api client_id=7" in log
    assert "connection 1 >>> managed accounts accounts='DU9000001'" in log
    assert "connection 1 >>> position con_id=265598 symbol='AAPL'" in log
    assert "connection 1 ended" in log


@NEEDS_SIGINT
def test_quiet_it_logs_connections_that_fail_and_no_messages() -> None:
    async def visit_badly(port: int) -> None:
        client = await Client.connect(port)
        client.writer.write(b"GET / HTTP/1.1\r\n\r\n")
        assert await client.ended()
        await client.leave()

    with simulating("--gateway", "tws-10.37", "--port", "0", "--mode", "live", "--quiet") as (process, line, port):
        assert "tws-10.37 live listens on" in line
        run(_visit(port))
        run(visit_badly(port))
        assert process.stderr is not None
        assert "connection 2 closed: not a TWS API hello" in next(process.stderr)
        process.send_signal(signal.SIGINT)
        _, log = process.communicate(timeout=PATIENCE)
    assert "<<<" not in log


def test_it_announces_what_it_plays() -> None:
    played = ("--scenario", "few-clients", "--set", "max_clients=2", "--set", "host_name=localhost")
    process = simulate("--gateway", "10.45", "--port", "0", *played)
    try:
        assert process.stderr is not None
        line = next(line for line in process.stderr if "server version" in line)
    finally:
        process.kill()
        process.communicate()
    assert "gateway-10.45 paper listens on localhost:" in line
    assert f"; plays few-clients: {scenarios.find('few-clients').says}; " in line
    assert '{"max_clients": 2, "host_name": "localhost"}; Ctrl-C ends it' in line


def test_who_refuses_does_not_say_that_it_listens() -> None:
    with simulating("--gateway", "10.45", "--port", "0", "--scenario", "refuses") as (_, line, port):
        assert f"holds, and does not listen on, 127.0.0.1:{port}" in line
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))


def test_an_unknown_gateway_is_wrong_use_and_the_nearest_are_named() -> None:
    process = simulate("--gateway", "10.38", "--port", "0")
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == ExitCode.WRONG_USE
    assert "no simulated gateway is called '10.38'" in said
    assert "gateway-10.4" in said
    assert "Traceback" not in said


def test_a_port_in_use_is_a_message_and_exit_code_3() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = simulate("--gateway", "10.45", "--port", str(taken.getsockname()[1]))
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == ExitCode.HARNESS_FAILED
    assert "the port is in use" in said
    assert "or 0 for a free one" in said
    assert "Traceback" not in said


def test_without_a_port_it_takes_the_products_usual_one() -> None:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", 7497))
        except OSError:
            pytest.skip("something listens where TWS does")
    with simulating("--gateway", "tws-10.45") as (_, _, port):
        assert port == 7497
