"""A simulated gateway comes up, tells why where it cannot, and goes without a trace."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from unittest import mock

import pytest

from harness.gateways.simulator.gateway_profiles import find, load
from harness.gateways.simulator.server import SimulatedGateway
from harness.shared.errors import GatewayError, SelectionError
from harness.wire.message import Message
from tests.gateways.simulator.talk import Client, connected, run, simulated


def test_a_port_in_use_is_an_error_that_says_what_to_do() -> None:
    async def scenario(port: int) -> None:
        async with simulated(port=port):
            pytest.fail("the port is taken")

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(GatewayError) as caught:
            run(scenario(port))
    assert str(caught.value) == f"gateway-10.50 cannot listen on 127.0.0.1:{port}: the port is in use"
    assert "choose another port, or 0 for a free one" in caught.value.hint


def test_a_host_that_is_not_ours_is_an_error_that_says_so() -> None:
    async def scenario() -> None:
        async with simulated(host="192.0.2.1"):
            pytest.fail("a documentation address is nobody's")

    with pytest.raises(GatewayError) as caught:
        run(scenario())
    assert "192.0.2.1:0" in str(caught.value)
    assert "an address of this machine" in caught.value.hint


def test_a_port_that_the_system_keeps_for_itself_is_an_error_that_says_so() -> None:
    async def scenario() -> None:
        async with simulated(port=443):
            pytest.fail("the system refused it")

    refusal = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    with mock.patch("asyncio.BaseEventLoop.create_server", side_effect=refusal), pytest.raises(GatewayError) as caught:
        run(scenario())
    assert "the system does not allow that port" in str(caught.value)
    assert "above 1023" in caught.value.hint


def test_leaving_closes_every_connection_and_frees_the_port_at_once() -> None:
    async def scenario() -> list[bool]:
        async with simulated() as gateway:
            started = [await Client.connect(gateway.port) for _ in range(5)]
            for number, client in enumerate(started):
                await client.greet()
                await client.start(number)
            silent = [await Client.connect(gateway.port) for _ in range(5)]
            for client in silent:
                client.writer.write(b"API")
                await client.writer.drain()
            tasks = set(asyncio.all_tasks())
            assert len(tasks) > 1
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert gateway.clients == frozenset()
        async with simulated(port=gateway.port), connected(gateway, 1) as client:
            assert await client.answers()
        ended = [await client.ended() for client in (*started, *silent)]
        for client in (*started, *silent):
            await client.leave()
        return ended

    assert run(scenario()) == [True] * 10


@pytest.mark.slow
def test_leaving_does_not_wait_for_a_client_that_does_not_read() -> None:
    async def scenario() -> None:
        async with simulated() as gateway:
            client = await Client.connect(gateway.port, 178)
            await client.greet()
            await client.start(7)
            (writer,) = gateway._connections.values()
            flood = client.side.send(Message("req_account_updates", {"subscribe": True})) * 1000
            client.reader._transport.pause_reading()  # type: ignore[attr-defined]
            while not writer.transport.get_write_buffer_size():
                client.writer.write(flood)
                await asyncio.sleep(0)
        client.writer.transport.abort()

    run(scenario())


def test_a_client_that_connects_while_the_gateway_leaves_is_cut_off() -> None:
    async def scenario() -> bool:
        gateway = simulated()
        async with gateway:
            pass
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=ours)
        gateway._connected(reader, writer)
        other = Client(*await asyncio.open_connection(sock=theirs), hello=find("10.50").name)  # type: ignore[arg-type]
        ended = await other.ended()
        await other.leave()
        return ended

    assert run(scenario())


def test_an_exception_inside_passes_through_and_frees_the_port() -> None:
    async def scenario(seen: list[SimulatedGateway]) -> None:
        async with simulated() as gateway, connected(gateway, 7):
            seen.append(gateway)
            raise ValueError("from inside")

    seen: list[SimulatedGateway] = []
    with pytest.raises(ValueError, match="from inside"):
        run(scenario(seen))
    with socket.create_server(("127.0.0.1", seen[0].port)):
        pass


@pytest.mark.parametrize("name", ["10.45", "gateway-10.45"])
def test_a_version_alone_means_ib_gateway(name: str) -> None:
    assert find(name) is load()["gateway-10.45"]


def test_a_profile_of_tws_needs_its_whole_name() -> None:
    assert find("tws-10.45").ports == {"live": 7496, "paper": 7497}


@pytest.mark.parametrize(
    ("name", "hint"),
    [("tws-10.4", "tws-10.4"), ("gateway-10.5", "gateway-10.50"), ("10.38", "gateway-10.3"), ("?", "gateway-10.19")],
)
def test_an_unknown_profile_is_an_error_with_the_nearest_names(name: str, hint: str) -> None:
    with pytest.raises(SelectionError, match="no simulated gateway is called") as caught:
        find(name)
    assert hint in caught.value.hint
