"""Through the proxy of a recording connections are as without it, and the feed is told of all."""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from harness.run.recording import proxy as proxy_module
from harness.run.recording.feed import Feed
from harness.run.recording.guard import NOT_VALID, Permits
from harness.run.recording.pipe import Decoder
from harness.run.recording.proxy import Proxy
from harness.run.tap import links
from harness.shared.errors import GatewayError
from harness.wire.framing import encode_frame
from harness.wire.message import Sender
from harness.wire.transcript import Change, Chunk
from tests.diagnose.control.listeners import has_ipv6
from tests.recordings.made import ACCOUNTS, HELLO, REPLY, START
from tests.run.recording.test_guard import encoded, refusals
from tests.run.tap.sockets import Peer, run, until

WELCOME = encode_frame(REPLY) + encode_frame(ACCOUNTS)


@dataclass
class Between:
    """A gateway that listens, and the proxy before it."""

    proxy: Proxy
    feed: Feed
    told: bytearray
    listener: socket.socket

    async def connect(self, host: str = "127.0.0.1") -> tuple[Peer, Peer]:
        """Connect a client; give both ends of what it sees as one connection."""
        loop = asyncio.get_running_loop()
        client = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        client.setblocking(False)
        await loop.sock_connect(client, (host, self.proxy.port))
        gateway, _ = await loop.sock_accept(self.listener)
        gateway.setblocking(False)
        return Peer(client), Peer(gateway)

    def happened(self) -> list[str]:
        """Give what the feed was told, without bytes."""
        heard = Decoder().feed(bytes(self.told))
        return [
            each.sender.value if isinstance(each, Chunk) else str(getattr(each, "change", "opened")) for each in heard
        ]


@asynccontextmanager
async def between(permits: Permits | None = None) -> AsyncIterator[Between]:
    told = bytearray()
    feed = Feed(told.extend, lambda: 0, time.monotonic())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        async with Proxy(listener.getsockname(), 0, feed, permits or Permits()) as proxy:
            yield Between(proxy, feed, told, listener)


def test_a_conversation_passes_and_half_closed_stays_half_closed() -> None:
    async def scenario() -> list[str]:
        async with between() as there:
            client, gateway = await there.connect()
            await client.say(HELLO)
            assert await gateway.hear() == HELLO
            await gateway.say(WELCOME)
            assert await client.hear() == WELCOME
            client.end()
            assert await gateway.hear() == b""
            await gateway.say(encode_frame(ACCOUNTS))
            assert await client.hear() == encode_frame(ACCOUNTS)
            gateway.end()
            assert await client.hear() == b""
            await until(lambda: there.feed.counts.now == 0)
            client.leave()
            gateway.leave()
        return there.happened()

    happened = ["opened", "client", "gateway", "half-closed", "gateway", "half-closed", "closed"]
    assert run(scenario) == happened


@pytest.mark.parametrize("side", Sender)
def test_a_reset_passes(side: Sender) -> None:
    async def scenario() -> list[str]:
        async with between() as there:
            client, gateway = await there.connect()
            await client.say(HELLO)
            await gateway.hear()
            ends = {Sender.CLIENT: client, Sender.GATEWAY: gateway}
            ends.pop(side).reset()
            (other,) = ends.values()
            with pytest.raises(ConnectionResetError):
                await other.hear()
            await until(lambda: there.feed.counts.now == 0)
            other.leave()
        return there.happened()

    assert run(scenario) == ["opened", "client", "reset"]


def test_an_order_is_answered_and_never_arrives() -> None:
    async def scenario() -> None:
        async with between() as there:
            client, gateway = await there.connect()
            await client.say(HELLO)
            await gateway.hear()
            await gateway.say(WELCOME)
            await client.hear()
            await client.say(encoded("place_order", 203) + encode_frame(START))
            assert await gateway.hear() == encode_frame(START)
            assert refusals(await client.hear(), 203) == [(7, NOT_VALID)]
            assert there.feed.counts.held == 1
            client.leave()
            gateway.leave()

    run(scenario)


def test_half_a_message_passes_when_the_client_ends() -> None:
    async def scenario() -> None:
        async with between() as there:
            client, gateway = await there.connect()
            await client.say(HELLO + encode_frame(START)[:6])
            client.end()
            assert await gateway.hear_all() == HELLO + encode_frame(START)[:6]
            client.leave()
            gateway.leave()

    run(scenario)


def test_the_client_of_a_live_account_is_reset_before_it_reads_of_it() -> None:
    live = encode_frame(ACCOUNTS.replace(b"DU9000001", b"U90000001"))

    async def scenario() -> list[str]:
        async with between() as there:
            client, gateway = await there.connect()
            await client.say(HELLO)
            await gateway.hear()
            await gateway.say(encode_frame(REPLY))
            assert await client.hear() == encode_frame(REPLY)
            await gateway.say(live)
            with pytest.raises(ConnectionResetError):
                await client.hear()
            await until(lambda: there.feed.counts.now == 0)
            client.leave()
            gateway.leave()
        return there.happened()

    assert run(scenario) == ["opened", "client", "gateway", "held-back"]


def test_many_clients_are_there_at_once_and_none_is_kept_that_has_gone() -> None:
    async def scenario() -> None:
        async with between() as there:
            pairs = [await there.connect() for _ in range(30)]
            await until(lambda: there.feed.counts.now == 30)
            for client, gateway in pairs:
                client.leave()
                gateway.leave()
            await until(lambda: there.feed.counts.now == 0 and not there.proxy._links.all)
            assert there.feed.counts.clients == 30

    run(scenario)


@pytest.mark.parametrize("where", ["accepted", "Link"])
def test_clients_come_again_after_too_many_were_there_for_the_system(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = links if where == "accepted" else proxy_module
    real, failures = getattr(module, where), [OSError(errno.EMFILE, "too many open files")]

    def seldom(*words: object, **named: object) -> object:
        if failures:
            raise failures.pop()
        return real(*words, **named)

    async def scenario() -> None:
        monkeypatch.setattr(module, where, seldom)
        async with between() as there:
            if where == "Link":
                with socket.create_connection(("127.0.0.1", there.proxy.port)) as lost:
                    lost.setblocking(False)
                    with pytest.raises(ConnectionResetError):
                        await Peer(lost).hear()
            client, gateway = await there.connect()
            await client.say(HELLO)
            assert await gateway.hear() == HELLO
            assert not failures
            client.leave()
            gateway.leave()

    run(scenario)


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_clients_of_either_loopback_address_get_to_the_gateway() -> None:
    async def scenario() -> None:
        async with between() as there:
            for host in ("127.0.0.1", "::1"):
                client, gateway = await there.connect(host)
                await client.say(HELLO)
                assert await gateway.hear() == HELLO
                client.leave()
                gateway.leave()

    run(scenario)


def test_a_port_that_is_in_use_is_an_error_with_a_way_out() -> None:
    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            feed = Feed(bytearray().extend, lambda: 0, time.monotonic())
            with pytest.raises(GatewayError, match=str(port)) as raised:
                async with Proxy(("127.0.0.1", 1), port, feed, Permits()):
                    raise AssertionError
            assert raised.value.hint

    run(scenario)


def test_when_the_gateway_goes_away_the_end_is_told() -> None:
    async def scenario() -> list[str]:
        async with between() as there:
            client, gateway = await there.connect()
            await client.say(HELLO)
            await gateway.hear()
            await gateway.say(WELCOME[:-3])
            await client.hear()
            gateway.reset()
            with pytest.raises(ConnectionResetError):
                await client.hear()
            there.listener.close()
            again = socket.create_connection(("127.0.0.1", there.proxy.port))
            again.setblocking(False)
            with pytest.raises(ConnectionResetError):
                await Peer(again).hear()
            again.close()
            client.leave()
            await until(lambda: there.feed.counts.refused == 1)
        return there.happened()

    assert run(scenario)[-4:] == ["gateway", str(Change.RESET), "opened", str(Change.REFUSED)]
