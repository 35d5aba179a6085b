"""What a client meets at a port that is no healthy gateway's: byte by byte, and how it ends."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
import sys

import pytest

from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.server import SimulatedGateway
from harness.known.scenarios import Behaviour
from harness.shared.errors import GatewayError
from harness.wire.hello import Hello
from tests.gateways.simulator.raw import FIN, HELLO, MUCH, RST, START_API, Raw, ours_at, playing, unread, until
from tests.gateways.simulator.talk import Client, connected, run, simulated, until_gone

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux leaves connects unanswered, or tells queues")
SYN_SENT = 2
UNEXPECTED_MESSAGE = bytes.fromhex("1503010002020a")
HANDSHAKE_FAILURE = bytes.fromhex("15030300020228")


def test_refuses_refuses_and_lets_nobody_else_have_the_port() -> None:
    async def scenario() -> int:
        async with playing("refuses") as gateway:
            with pytest.raises(ConnectionRefusedError):
                Raw(gateway.port)
            with pytest.raises(OSError) as caught:  # noqa: PT011  # its number tells
                socket.create_server(("127.0.0.1", gateway.port))
            assert caught.value.errno in {errno.EADDRINUSE, errno.EACCES}
            return gateway.port

    port = run(scenario())
    with socket.create_server(("127.0.0.1", port)):
        pass


@pytest.mark.parametrize("name", ["refuses", "never-accepts", "deaf", "ipv4-only"])
def test_a_port_in_use_is_told_by_a_fault_too(name: str) -> None:
    async def scenario(port: int) -> None:
        async with simulated(port=port, scenario=name):
            pytest.fail("the port is taken")

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(GatewayError, match=f"cannot listen on 127.0.0.1:{port}: the port is in use"):
            run(scenario(port))


def test_never_accepts_lets_the_system_connect_and_reads_nothing() -> None:
    async def scenario() -> tuple[bytes, str]:
        async with playing("never-accepts") as gateway:
            waiting = [Raw(gateway.port) for _ in range(3)]
            for client in waiting:
                await client.send()
                assert await client.hears_nothing()
            assert ours_at(gateway.port) == ["LISTEN"]
        ends = {await client.rest() for client in waiting}
        for client in waiting:
            client.socket.close()
        (end,) = ends
        return end

    assert run(scenario()) == (b"", RST)


@ON_LINUX
@pytest.mark.parametrize("backlog", [1, 5])
def test_queue_full_gives_a_connect_no_answer(backlog: int) -> None:
    async def scenario() -> None:
        async with playing("queue-full", backlog=backlog) as gateway:
            with socket.socket() as client:
                client.setblocking(False)
                assert client.connect_ex(("127.0.0.1", gateway.port)) == errno.EINPROGRESS
                await until(lambda: _tcp_info(client)[2])  # the system has asked a second time
                assert _tcp_info(client)[0] == SYN_SENT
            assert ours_at(gateway.port) == ["LISTEN"]

    run(scenario())


def _tcp_info(client: socket.socket) -> bytes:
    """State, congestion state, retransmissions and more (tcp(7))."""
    return client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)


def test_queue_full_says_where_it_cannot_be_played(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with playing("queue-full"):
            pytest.fail("this system cannot")

    monkeypatch.setattr("harness.gateways.simulator.ports.sys.platform", "darwin")
    with pytest.raises(GatewayError, match="queue-full needs Linux, and this is darwin") as caught:
        run(scenario())
    assert "never-accepts" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "end"),
    [("closes-at-once", FIN), ("resets-at-once", RST), ("forwarder-without-gateway", FIN)],
)
@pytest.mark.parametrize("sent", [b"", HELLO, HELLO + START_API])
def test_who_ends_at_once_ends_the_same_way_whatever_was_sent(name: str, end: str, sent: bytes) -> None:
    async def scenario() -> tuple[bytes, str]:
        async with playing(name) as gateway:
            with Raw(gateway.port) as client:
                await client.send(sent)
                return await client.rest()

    assert run(scenario()) == (b"", end)


def test_a_forwarder_without_a_gateway_is_really_refused(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with playing("forwarder-without-gateway") as gateway:
            with Raw(gateway.port) as client:
                await client.rest()

    with caplog.at_level(logging.INFO, "ib_compat.simulator"):
        run(scenario())
    (line,) = [record.getMessage() for record in caplog.records if "forward" in record.getMessage()]
    assert line.startswith("cannot forward to 127.0.0.1:")
    assert f"Errno {errno.ECONNREFUSED}" in line


@pytest.mark.usefixtures("any_asyncio")
def test_deaf_reads_nothing_and_keeps_its_end_open_when_the_client_has_left() -> None:
    async def scenario() -> list[str]:
        async with playing("deaf") as gateway:
            with Raw(gateway.port) as client:
                await client.send()
                assert await client.hears_nothing()
                assert ours_at(gateway.port) == ["ESTABLISHED", "LISTEN"]
            await until(lambda: "ESTABLISHED" not in ours_at(gateway.port))
            if sys.platform == "linux":
                assert unread(gateway.port) >= len(HELLO)
            with Raw(gateway.port) as other:  # and it goes on
                assert await other.hears_nothing()
                return ours_at(gateway.port)

    assert run(scenario()) == ["CLOSE_WAIT", "ESTABLISHED", "LISTEN"]


def test_silent_reads_everything_says_nothing_and_leaves_with_the_client() -> None:
    async def scenario() -> tuple[bytes, str]:
        async with playing("silent") as gateway:
            with Raw(gateway.port) as client:
                await client.send(HELLO + MUCH)
                assert await client.hears_nothing()
                return await client.leave()

    assert run(scenario()) == (b"", FIN)


@pytest.mark.parametrize(("name", "end"), [("closes-after-hello", FIN), ("resets-after-hello", RST)])
@pytest.mark.parametrize("more", [b"", START_API])
def test_who_ends_after_the_hello_waits_for_the_whole_of_it(name: str, end: str, more: bytes) -> None:
    async def scenario() -> tuple[bytes, str]:
        async with playing(name) as gateway:
            with Raw(gateway.port) as client:
                await client.send(HELLO[:-1])
                assert await client.hears_nothing()
                await client.send(HELLO[-1:] + more)
                return await client.rest()

    assert run(scenario()) == (b"", end)


@pytest.mark.parametrize("name", ["closes-after-hello", "resets-after-hello"])
def test_who_waits_for_a_hello_closes_on_anything_else(name: str) -> None:
    async def scenario() -> tuple[bytes, str]:
        async with playing(name) as gateway:
            with Raw(gateway.port) as client:
                await client.send(b"GET / HTTP/1.1\r\n\r\n")
                return await client.rest()

    assert run(scenario()) == (b"", FIN)


def client_hello() -> bytes:
    """What a real TLS client sends first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


@pytest.mark.parametrize(
    ("sent", "behaviour", "answer"),
    [
        (HELLO, {}, UNEXPECTED_MESSAGE),
        (HELLO + START_API, {}, UNEXPECTED_MESSAGE),
        (HELLO, {"tls_alert": ""}, b""),
        (client_hello(), {}, HANDSHAKE_FAILURE),
        (client_hello(), {"tls_alert": ""}, HANDSHAKE_FAILURE),
    ],
    ids=["hello", "hello and more", "left to OpenSSL", "client hello", "client hello, left to OpenSSL"],
)
def test_speaks_tls_answers_with_an_alert_and_the_end(sent: bytes, behaviour: dict[str, str], answer: bytes) -> None:
    async def scenario() -> tuple[bytes, str]:
        async with playing("speaks-tls", **behaviour) as gateway:
            with Raw(gateway.port) as client:
                await client.send(sent)
                return await client.rest()

    assert run(scenario()) == (answer, FIN)


def test_speaks_tls_waits_for_the_whole_of_a_client_hello() -> None:
    async def scenario() -> tuple[bytes, str]:
        async with playing("speaks-tls") as gateway:
            with Raw(gateway.port) as client:
                first = client_hello()
                await client.send(first[:20])
                assert await client.hears_nothing()
                await client.send(first[20:])
                return await client.rest()

    assert run(scenario()) == (HANDSHAKE_FAILURE, FIN)


@pytest.mark.parametrize("sent", [HELLO, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", client_hello()])
def test_speaks_http_answers_anything_with_400_and_the_end(sent: bytes) -> None:
    async def scenario() -> tuple[bytes, str]:
        async with playing("speaks-http") as gateway:
            with Raw(gateway.port) as client:
                assert await client.hears_nothing()
                await client.send(sent)
                return await client.rest()

    answer, end = run(scenario())
    head, _, page = answer.partition(b"\r\n\r\n")
    status, *fields = head.decode().split("\r\n")
    assert status == "HTTP/1.1 400 Bad Request"
    assert {"Content-Type: text/html", "Connection: close", f"Content-Length: {len(page)}"} == set(fields)
    assert page.startswith(b"<html>")
    assert end == FIN


@pytest.mark.parametrize("banner", ["SSH-2.0-OpenSSH_9.6", "SSH-2.0-dropbear"])
def test_speaks_ssh_says_so_at_once_and_closes_on_rubbish(banner: str) -> None:
    async def scenario() -> tuple[bytes, str]:
        async with playing("speaks-ssh", banner=banner) as gateway:
            with Raw(gateway.port) as client:
                assert await client.read(len(banner) + 2) == f"{banner}\r\n".encode()
                await client.send()
                return await client.rest()

    assert run(scenario()) == (b"", FIN)


def test_speaks_ssh_stays_with_who_speaks_it() -> None:
    async def scenario() -> tuple[bytes, str]:
        async with playing("speaks-ssh") as gateway:
            with Raw(gateway.port) as client:
                assert await client.read(21) == b"SSH-2.0-OpenSSH_9.6\r\n"
                await client.send(b"SSH-2.0-OpenSSH_9.7\r\n")
                assert await client.hears_nothing()
                return await client.leave()

    assert run(scenario()) == (b"", FIN)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_wedges_serves_the_first_and_never_accepts_another(count: int) -> None:
    async def scenario() -> None:
        async with playing("wedges", wedges_after=count) as gateway:
            served = [await Client.connect(gateway.port) for _ in range(count)]
            for number, client in enumerate(served):
                await client.greet()
                await client.start(number)
            with Raw(gateway.port) as late:
                await late.send()
                assert await late.hears_nothing()
                assert ours_at(gateway.port) == [*count * ["ESTABLISHED"], "LISTEN"]
                assert all([await client.answers() for client in served])
                for client in served:
                    await client.leave()
                assert await late.hears_nothing()

    run(scenario())


def test_a_door_that_accepts_nothing_accepts_nothing_though_it_is_to_wedge_later() -> None:
    async def scenario() -> None:
        async with playing("wedges", door="never-accepts") as gateway:
            with Raw(gateway.port) as client:
                assert await client.hears_nothing()
                assert ours_at(gateway.port) == ["LISTEN"]
        async with playing("wedges", door="refuses") as gateway:
            with pytest.raises(ConnectionRefusedError):
                Raw(gateway.port)

    run(scenario())


@pytest.mark.parametrize("most", [1, 3])
def test_few_clients_closes_the_next_until_a_place_is_free(most: int) -> None:
    async def scenario() -> None:
        async with playing("few-clients", max_clients=most) as gateway:
            served = [await Client.connect(gateway.port) for _ in range(most)]
            for number, client in enumerate(served):
                await client.greet()
                await client.start(number)
            refused = await Client.connect(gateway.port)
            assert await refused.ended()
            await refused.leave()
            assert all([await client.answers() for client in served])
            for number, client in enumerate(served):
                await client.leave()
                await until_gone(gateway, number)
            async with connected(gateway, 99) as next_one:
                assert await next_one.answers()

    run(scenario())


@pytest.mark.parametrize("rate", [40, 300])
def test_trickle_sends_no_faster_than_it_says_and_nothing_is_lost(rate: int) -> None:
    async def scenario() -> None:
        clock = asyncio.get_running_loop().time
        async with playing("trickle", bytes_per_second=rate) as gateway:
            with Raw(gateway.port) as client:
                before = clock()
                await client.send()
                payload = await client.frame()
                assert payload.startswith(b"178\0")
                assert clock() - before >= len(payload) / rate
                await client.send(START_API)
                assert await client.frame() == b"15\0" + b"1\0" + b"DU9000001\0"

    run(scenario())


def test_ipv4_only_is_called_localhost_and_listens_at_one_address() -> None:
    async def scenario() -> None:
        async with playing("ipv4-only") as gateway:
            assert (gateway.told_host, gateway.host) == ("localhost", "127.0.0.1")
            with pytest.raises(OSError):  # noqa: PT011  # refused, or no such address where there is no IPv6
                socket.create_connection(("::1", gateway.port))
            with socket.create_connection(("localhost", gateway.port)):
                pass
            async with connected(gateway, 7) as client:
                assert await client.answers()

    run(scenario())


def test_a_scenario_of_the_port_is_laid_over_like_every_other() -> None:
    async def scenario() -> tuple[bytes, str]:
        async with simulated(behaviour=Behaviour.model_validate({"door": "closes-at-once"})) as gateway:
            with Raw(gateway.port) as client:
                return await client.rest()

    assert run(scenario()) == (b"", FIN)


def test_a_gateway_may_listen_at_the_other_loopback_address_too() -> None:
    if not _has_ipv6():
        pytest.skip("this machine has no ::1")

    async def scenario() -> bytes:
        async with SimulatedGateway(find("gateway-10.45"), behaviour=Behaviour(ipv6=True)) as gateway:
            reader, writer = await asyncio.open_connection("::1", gateway.port)
            writer.write(Hello(min_version=100, max_version=178).encode())
            reply = await reader.readuntil(b"178\0")
            writer.close()
            return reply

    assert run(scenario())


def _has_ipv6() -> bool:
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return False
    return True
