"""Clients side by side, and clients that do what they should not."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from harness.gateways.simulator.answers import answer
from harness.gateways.simulator.client import Client as Asker
from harness.known.scenarios import ORDINARY
from harness.wire.message import Encoding, Message, UnknownMessage
from tests.gateways.simulator.talk import Client, connected, run, simulated, until, until_gone

MAX_CLIENTS = ORDINARY.max_clients
UNKNOWN = 9999  # far from every id that there is
TLS_HELLO = bytes.fromhex("1603010200010001fc0303") + bytes(64)


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "ib_compat.simulator")


@pytest.mark.parametrize("version", [157, 178, 200, 201, 212, 226])
def test_a_client_id_in_use_gets_326_and_the_end_and_is_free_when_the_first_has_left(version: int) -> None:
    async def scenario() -> None:
        async with simulated() as gateway:
            async with connected(gateway, 7) as first:
                second = await Client.connect(gateway.port, version)
                await second.greet()
                second.say(Message("start_api", {"client_id": 7}))
                refusal = await second.message()
                assert (refusal.name, refusal["code"], refusal["req_id"]) == ("error", 326, -1)
                assert refusal["text"] == (
                    "Unable to connect as the client id is already in use. Retry with a unique client id."
                )
                assert await second.ended()
                await second.leave()
                assert await first.answers()
            await until_gone(gateway, 7)
            async with connected(gateway, 7, version) as third:
                assert await third.answers()

    run(scenario())


def test_after_326_nothing_else_of_the_same_segment_is_heard() -> None:
    async def scenario() -> None:
        async with simulated() as gateway, connected(gateway, 7):
            second = await Client.connect(gateway.port)
            await second.greet()
            start = [second.side.send(Message("start_api", {"client_id": client_id})) for client_id in (7, 8)]
            second.writer.write(b"".join(start))
            assert (await second.message())["code"] == 326
            assert await second.ended()
            assert gateway.clients == {7}
            await second.leave()

    run(scenario())


def test_the_33rd_client_is_turned_away_while_32_go_on_and_a_place_is_free_when_one_leaves(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario() -> None:
        async with simulated() as gateway, AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(connected(gateway, 100 + n)) for n in range(MAX_CLIENTS)]
            for _ in range(3):
                refused = await Client.connect(gateway.port)
                refused.writer.write(refused.side.greet())
                assert await refused.ended()
                await refused.leave()
            assert all(await asyncio.gather(*(client.answers() for client in clients)))
            assert "33 closed: 32 clients are connected" in caplog.text
            await clients[0].leave()
            await until_gone(gateway, 100)
            async with connected(gateway, 999) as newcomer:
                assert await newcomer.answers()

    assert MAX_CLIENTS == 32
    run(scenario())


def test_many_clients_of_all_versions_are_served_at_once() -> None:
    async def one(port: int, number: int) -> int:
        client = await Client.connect(port, 157 + number % 70)
        await client.greet()
        await client.start(number)
        for _ in range(20):
            positions = await client.ask(Message("req_positions"), end="position_end")
            assert len(positions) == 5
        await client.leave()
        return number

    async def scenario() -> list[int]:
        async with simulated() as gateway:
            return await asyncio.gather(*(one(gateway.port, number) for number in range(MAX_CLIENTS)))

    assert run(scenario()) == list(range(MAX_CLIENTS))


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "not a TWS API hello"),
        (TLS_HELLO, "not a TWS API hello"),
        (b"\0\xff\xfe garbage", "not a TWS API hello"),
        (b"63\0" + b"1\0", "not a TWS API hello"),
        (b"API\0\xff\xff\xff\xff", "a hello of 4294967295 bytes is not valid"),
        (b"API\0\0\0\0\x05hello", "names no version range"),
    ],
    ids=["http", "tls", "garbage", "before v100", "length", "no versions"],
)
def test_what_is_no_hello_ends_that_connection_alone_with_the_reason_logged(
    sent: bytes, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with simulated() as gateway, connected(gateway, 7) as good:
            bad = await Client.connect(gateway.port)
            bad.writer.write(sent)
            assert await bad.ended()
            await bad.leave()
            assert await good.answers()

    run(scenario())
    (line,) = [record for record in caplog.records if "closed" in record.message]
    assert line.levelno == logging.WARNING
    assert "connection 2 closed:" in line.message
    assert reason in line.message


@pytest.mark.parametrize("version", [178, 226])
@pytest.mark.parametrize("sent", [b"\0\0\0\0", b"\xff\xff\xff\xff"])
def test_a_bad_frame_in_a_session_ends_it_and_frees_its_id(
    version: int, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with simulated() as gateway, connected(gateway, 8) as good:
            async with connected(gateway, 7, version) as bad:
                bad.writer.write(sent)
                assert await bad.ended()
            assert await good.answers()
            assert gateway.clients == {8}

    run(scenario())
    assert "closed:" in caplog.text


@pytest.mark.parametrize("version", [178, 226])
def test_a_request_that_cannot_be_read_gets_error_320_and_the_session_goes_on(version: int) -> None:
    async def scenario() -> None:
        async with simulated() as gateway, connected(gateway, 7, version) as client:
            client.writer.write(b"\0\0\0\4what")
            error = await client.message()
            assert (error["code"], error["req_id"]) == (320, -1)
            assert await client.answers()

    run(scenario())


@pytest.mark.parametrize("version", [178, 226])
def test_a_request_before_start_api_is_dropped(version: int, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with simulated() as gateway:
            client = await Client.connect(gateway.port, version)
            await client.greet()
            client.say(Message("req_positions"))
            assert [message.name for message in await client.start(7)][:2] == ["managed_accounts", "next_valid_id"]
            assert await client.answers()
            await client.leave()

    run(scenario())
    assert "dropped a request before START_API" in caplog.text


@pytest.mark.parametrize(("version", "encoding"), [(178, Encoding.TEXT), (226, Encoding.PROTOBUF)])
def test_an_unknown_request_gets_error_320_and_the_session_goes_on(
    version: int, encoding: Encoding, caplog: pytest.LogCaptureFixture
) -> None:
    body = struct.pack(">I", UNKNOWN + 200) if encoding is Encoding.PROTOBUF else f"{UNKNOWN}\0".encode()

    async def scenario() -> Message:
        async with simulated() as gateway, connected(gateway, 7, version) as client:
            client.writer.write(struct.pack(">I", len(body)) + body)
            error = await client.message()
            assert await client.answers()
            return error

    error = run(scenario())
    assert (error["code"], error["req_id"]) == (320, -1)
    assert str(error["text"]).endswith(f"Message {UNKNOWN} is not simulated")
    assert "not in the catalogue" in caplog.text


def test_a_client_that_resets_leaves_nothing_behind() -> None:
    async def scenario() -> None:
        async with simulated() as gateway:
            client = await Client.connect(gateway.port)
            await client.greet()
            await client.start(7)
            raw = client.writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.say(Message("req_positions"))
            client.writer.transport.abort()
            await until_gone(gateway, 7)
            await until(lambda: not gateway._connections)
            async with connected(gateway, 7) as again:
                assert await again.answers()

    run(scenario())


def test_a_client_that_asks_and_does_not_read_fills_its_own_connection_only() -> None:
    async def scenario() -> None:
        async with simulated() as gateway, connected(gateway, 8) as good:
            deaf = await Client.connect(gateway.port, 178)
            await deaf.greet()
            await deaf.start(7)
            flood = deaf.side.send(Message("req_account_updates", {"subscribe": True})) * 2000
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.3):
                    while True:
                        deaf.writer.write(flood)
                        await deaf.writer.drain()
            assert await good.answers()
            deaf.writer.transport.abort()
            await until_gone(gateway, 7)

    run(scenario())


def test_a_client_that_asks_without_end_does_not_starve_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    answered: list[int] = []

    def noting(request: Message | UnknownMessage, client: Asker) -> Iterator[Message]:
        answered.append(client.client_id)
        return answer(request, client)

    async def scenario() -> None:
        async with simulated() as gateway, connected(gateway, 7) as greedy, connected(gateway, 8) as other:
            greedy.writer.write(greedy.side.send(Message("req_ids")) * 2000)
            assert await other.answers()
            await until(lambda: answered.count(7) == 2000)

    monkeypatch.setattr("harness.gateways.simulator.session.answer", noting)
    run(scenario())
    assert answered.index(8) < 1000
