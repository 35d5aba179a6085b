"""From the hello to the last notice after START_API: what every client meets first."""

from __future__ import annotations

import asyncio
import logging
import struct

import pytest

from harness.gateways.simulator.gateway_profiles import load
from harness.wire.message import Message
from tests.gateways.simulator.talk import Client, connected, run, simulated

MAXIMA = (157, 163, 176, 178, 187, 203, 208, 215, 217, 219, 223, 225, 226)

SERVER_VERSIONS = {
    "gateway-10.19": 176,
    "gateway-10.30": 187,
    "gateway-10.37": 203,
    "gateway-10.39": 208,
    "gateway-10.40": 215,
    "gateway-10.41": 217,
    "gateway-10.42": 218,
    "gateway-10.43": 219,
    "gateway-10.44": 222,
    "gateway-10.45": 223,
    "gateway-10.46": 225,
    "gateway-10.47": 225,
    "gateway-10.48": 225,
    "gateway-10.49": 225,
    "gateway-10.50": 226,
    "gateway-10.51": 226,
    "tws-10.30": 187,
    "tws-10.37": 203,
    "tws-10.42": 218,
    "tws-10.44": 222,
    "tws-10.45": 223,
    "tws-10.47": 225,
    "tws-10.48": 225,
    "tws-10.49": 225,
    "tws-10.50": 226,
    "tws-10.51": 226,
}
DESUPPORTED = {"gateway-10.37": "1037.1", "tws-10.37": "1037.1", "gateway-10.45": "1045.1", "tws-10.45": "1045.1"}


def test_there_is_a_profile_for_each_gateway_and_tws_that_people_run() -> None:
    assert {name: profile.server_version for name, profile in load().items()} == SERVER_VERSIONS


ONE_OF_EACH = {(version, name in DESUPPORTED): name for name, version in reversed(SERVER_VERSIONS.items())}
"""One profile for each server version; which product it is makes no difference here."""


@pytest.mark.parametrize("profile", ONE_OF_EACH.values())
def test_every_client_gets_the_lower_version_then_accounts_next_id_and_notices(profile: str) -> None:
    async def greeted(port: int, maximum: int) -> tuple[int, list[Message]]:
        client = await Client.connect(port, maximum)
        reply = await client.greet()
        client.say(Message("start_api", {"client_id": maximum}))
        heard = [await client.message() for _ in range(6 if profile in DESUPPORTED else 5)]
        assert await client.answers()  # so nothing came after these
        await client.leave()
        return reply.server_version, heard

    async def everybody() -> list[tuple[int, list[Message]]]:
        async with simulated(profile) as gateway:
            return await asyncio.gather(*(greeted(gateway.port, maximum) for maximum in MAXIMA))

    for maximum, (version, heard) in zip(MAXIMA, run(everybody()), strict=True):
        assert version == min(maximum, SERVER_VERSIONS[profile])
        assert [message.name for message in heard[:2]] == ["managed_accounts", "next_valid_id"]
        assert heard[0]["accounts"] == "DU9000001"
        assert heard[1]["order_id"] == 101
        assert all(message.name == "error" and message["req_id"] == -1 for message in heard[2:])
        notices = [(message["code"], message["text"]) for message in heard[2:]]
        assert notices[:3] == [
            (2104, "Market data farm connection is OK:usfarm"),
            (2106, "HMDS data farm connection is OK:ushmds"),
            (2158, "Sec-def data farm connection is OK:secdefnj"),
        ]
        if profile in DESUPPORTED:
            assert notices[3][0] == 2172
            assert DESUPPORTED[profile] in str(notices[3][1])
            assert "desupported on 20261215" in str(notices[3][1])
            assert "will be 1050.1." in str(notices[3][1])


def test_the_version_reply_comes_alone_and_nothing_follows_before_start_api() -> None:
    async def scenario() -> bytes:
        async with simulated("10.46") as gateway:
            first = await Client.connect(gateway.port)
            first.writer.write(first.side.greet())
            reply = await first.reader.read(65536)
            async with connected(gateway, 8) as second:  # time for the gateway to say more, if it would
                assert await second.answers()
            first.writer.write_eof()
            rest = await first.reader.read()
            await first.leave()
            assert rest == b""
            return reply

    reply = run(scenario())
    (length,) = struct.unpack_from(">I", reply)
    assert length == len(reply) - 4
    version, time, nothing = reply[4:].split(b"\0")
    assert (version, nothing) == (b"225", b"")
    assert time[:2] == b"20"


def test_a_hello_may_be_split_at_every_byte() -> None:
    async def byte_by_byte(port: int) -> int:
        client = await Client.connect(port, 178, 157)
        for byte in client.side.greet():
            client.writer.write(bytes([byte]))
            await client.writer.drain()
            await asyncio.sleep(0)
        reply = await client.hear()
        await client.leave()
        return reply.server_version  # type: ignore[union-attr]

    async def in_two(port: int, cut: int) -> int:
        client = await Client.connect(port, 178, 157)
        hello = client.side.greet()
        client.writer.write(hello[:cut])
        async with asyncio.timeout(15):  # less than a hello may take
            other = await Client.connect(port)  # its answer shows that the first part has arrived
            await other.greet()
            await other.leave()
        client.writer.write(hello[cut:])
        reply = await client.hear()
        await client.leave()
        return reply.server_version  # type: ignore[union-attr]

    async def scenario() -> list[int]:
        async with simulated("10.45") as gateway:
            cuts = [await in_two(gateway.port, cut) for cut in range(1, 17)]
            return [await byte_by_byte(gateway.port), *cuts]

    assert run(scenario()) == [178] * 17


@pytest.mark.parametrize(
    ("versions", "negotiated"),
    [
        (b"v178", 178),
        (b"v208..208", 208),
        (b"v100..203\0", 203),
        (b"v100..225 +PACEAPI", 223),
        (b"v223", 223),
    ],
)
def test_every_form_of_hello_that_real_gateways_take_is_taken(versions: bytes, negotiated: int) -> None:
    async def scenario() -> int:
        async with simulated("10.45") as gateway:
            client = await Client.connect(gateway.port)
            client.writer.write(b"API\0" + struct.pack(">I", len(versions)) + versions)
            reply = await client.hear()
            await client.leave()
            return reply.server_version  # type: ignore[union-attr]

    assert run(scenario()) == negotiated


@pytest.mark.parametrize(("minimum", "maximum"), [(224, 9999), (50, 99)])
def test_a_range_that_does_not_meet_the_gateways_is_closed_with_the_reason(
    minimum: int, maximum: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> bool:
        async with simulated("10.45") as gateway:
            client = await Client.connect(gateway.port, maximum, minimum)
            client.writer.write(client.side.greet() + b"\0\0\0\2" + b"71")
            ended = await client.ended()
            await client.leave()
            return ended

    with caplog.at_level(logging.INFO, "ib_compat.simulator"):
        assert run(scenario())
    assert f"closed: the client speaks {minimum} to {maximum} only" in caplog.text


def test_start_api_may_come_in_the_same_segment_as_the_hello() -> None:
    start_api = b"\0\0\0\x08" + b"71\0" + b"2\0" + b"7\0" + b"\0"

    async def scenario() -> list[str]:
        async with simulated("10.45") as gateway:
            client = await Client.connect(gateway.port, 178)
            client.writer.write(client.side.greet() + start_api)
            await client.hear()
            heard = [(await client.message()).name for _ in range(2)]
            assert gateway.clients == {7}
            await client.leave()
            return heard

    assert run(scenario()) == ["managed_accounts", "next_valid_id"]


def test_a_live_gateway_shows_a_live_account() -> None:
    async def scenario() -> object:
        async with simulated("tws-10.45", mode="live") as gateway:
            client = await Client.connect(gateway.port)
            await client.greet()
            accounts = (await client.start(7))[0]["accounts"]
            await client.leave()
            return accounts

    assert run(scenario()) == "U9000001"
