"""What a gateway does that plays a scenario, seen from the wire."""

from __future__ import annotations

import asyncio

import pytest

from harness.diagnose.control import probe
from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.server import SimulatedGateway
from harness.wire.hello import Hello, parse_version_reply
from tests.limits import PATIENCE


async def first_pieces(scenario: str) -> list[bytes]:
    """Return what a client reads after its hello, piece by piece, until it could know the version."""
    async with SimulatedGateway(find("gateway-10.45"), scenario=scenario) as gateway:
        reader, writer = await asyncio.open_connection(gateway.host, gateway.port)
        writer.write(Hello(min_version=100, max_version=178).encode())
        pieces = [await asyncio.wait_for(reader.read(1000), PATIENCE) for _ in range(2)]
        writer.close()
        return pieces


def test_an_early_notice_comes_alone_and_then_the_version() -> None:
    notice, reply = asyncio.run(first_pieces("early-notice"))
    assert notice[4:].split(b"\0")[:5] == [b"4", b"2", b"-1", b"2104", b"Market data farm connection is OK:usfarm"]
    assert parse_version_reply(reply[4:]).server_version == 178


def test_a_split_version_reply_comes_in_two_pieces() -> None:
    first, second = asyncio.run(first_pieces("split-version-reply"))
    assert parse_version_reply((first + second)[4:]).server_version == 178
    assert len(first) == 6


@pytest.mark.parametrize("scenario", ["early-notice", "split-version-reply"])
def test_the_control_gets_ready_all_the_same(scenario: str) -> None:
    async def ready() -> tuple[bool, int | None]:
        async with SimulatedGateway(find("gateway-10.45"), scenario=scenario) as gateway:
            record = await probe(gateway.host, gateway.port, client_id=7, timeout=10.0, when="before")
            return record.passed, record.server_version

    assert asyncio.run(ready()) == (True, 223)
