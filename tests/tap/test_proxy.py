"""What one side does, the other sees through the tap, and the transcript tells."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from harness.tap import Tap
from harness.tap.transcript import LIMITS, From

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def through(gateway: Talk, client: Talk) -> Tap:
    """Let a client talk to a gateway through a tap; gives the tap, when all is over."""

    async def scenario() -> Tap:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await gateway(reader, writer)
            except Exception as error:  # noqa: BLE001 - handed to the test
                done.set_exception(error)
            else:
                done.set_result(None)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server, Tap(server.sockets[0].getsockname()) as tap:
            reader, writer = await asyncio.open_connection(*tap.address)
            await asyncio.wait_for(client(reader, writer), 10)
            await asyncio.wait_for(done, 10)
            writer.close()
        return tap

    return asyncio.run(scenario())


def told(tap: Tap) -> list[tuple[str, Any]]:
    return [(entry.sender.value, entry.event or entry.data) for entry in tap.transcript.entries]


def reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def test_bytes_pass_both_ways_and_are_written_down() -> None:
    async def gateway(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(5) == b"hello"
        writer.write(b"203")
        assert await reader.read() == b""

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        assert await reader.readexactly(3) == b"203"
        writer.write_eof()

    tap = through(gateway, client)
    assert told(tap)[:4] == [("client", "opened"), ("client", b"hello"), ("gateway", b"203"), ("client", "ended")]


def test_an_end_of_the_clients_direction_leaves_the_gateways_open() -> None:
    async def gateway(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.read() == b"last words"
        writer.write(b"still here")

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"last words")
        writer.write_eof()
        assert await reader.read() == b"still here"

    through(gateway, client)


def test_an_end_of_the_gateways_direction_leaves_the_clients_open() -> None:
    async def gateway(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write_eof()
        assert await reader.read() == b"are you there"

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.read() == b""
        writer.write(b"are you there")
        writer.write_eof()

    through(gateway, client)


def test_a_reset_of_the_gateway_reaches_the_client() -> None:
    async def gateway(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(5)
        reset(writer)

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        with pytest.raises(ConnectionResetError):
            await reader.read()

    assert ("gateway", "reset") in told(through(gateway, client))


def test_a_reset_of_the_client_reaches_the_gateway() -> None:
    async def gateway(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(5)
        writer.write(b"go")
        with pytest.raises(ConnectionResetError):
            await reader.read()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        await reader.readexactly(2)
        reset(writer)

    assert ("client", "reset") in told(through(gateway, client))


def test_a_gateway_that_is_not_there_resets_the_client() -> None:
    async def scenario() -> Tap:
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))  # taken, and nobody listens
            async with Tap(nobody.getsockname()) as tap:
                reader, writer = await asyncio.open_connection(*tap.address)
                with pytest.raises(ConnectionResetError):
                    await asyncio.wait_for(reader.read(), 10)
                writer.close()
            return tap

    assert ("gateway", "refused") in told(asyncio.run(scenario()))


def test_much_passes_a_reader_that_is_slow_and_only_the_limit_is_kept() -> None:
    much = bytes(range(256)) * 32768

    async def gateway(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(much)
        await writer.drain()
        assert await reader.read() == b""

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got = bytearray()
        while len(got) < len(much):
            got += await reader.read(1000)
        assert bytes(got) == much
        writer.write_eof()

    tap = through(gateway, client)
    kept = b"".join(entry.data for entry in tap.transcript.entries if entry.sender is From.GATEWAY)
    assert kept == much[: LIMITS["gateway"]]
    assert [entry.event for entry in tap.transcript.entries].count("left out") == 1


def test_nothing_is_left_when_the_tap_goes_while_connections_are_open() -> None:
    async def scenario() -> None:
        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        async with server:
            async with Tap(server.sockets[0].getsockname()) as tap:
                clients = [await asyncio.open_connection(*tap.address) for _ in range(20)]
                for _, writer in clients:
                    writer.write(b"hello")
            for reader, writer in clients:
                with pytest.raises(ConnectionResetError):
                    await asyncio.wait_for(reader.read(), 10)
                writer.close()
            with pytest.raises(OSError, match=r"refused|Connect call failed"):
                await asyncio.open_connection(*tap.address)

    asyncio.run(scenario())


def test_pieces_stay_pieces() -> None:
    pieces: list[bytes] = []

    async def gateway(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in (b"reply", b"notice"):
            writer.write(piece)
            await reader.readexactly(1)

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            pieces.append(await reader.read(100))
            writer.write(b".")

    through(gateway, client)
    assert pieces == [b"reply", b"notice"]
