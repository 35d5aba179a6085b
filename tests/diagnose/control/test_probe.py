"""The control tells how far a client without a library comes, whatever listens there."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path
from unittest import mock

import pytest

from harness.diagnose.control import probe
from harness.gateways.simulator.gateway_profiles import load
from harness.shared.evidence import Notice, ProbeRecord
from tests.diagnose.control.listeners import (
    ACCOUNTS,
    HELLO,
    NEXT_ID,
    TIME,
    Behaviour,
    close_after_hello,
    close_at_once,
    frame,
    listening,
    saying,
    silence,
)
from tests.gateways.simulator.talk import connected, run, simulated, until

SHORT = 0.3
LONG = 5.0
IN_USE = "Unable to connect as the client id is already in use. Retry with a unique client id."
FARM = "Market data farm connection is OK:usfarm"
VERSION = frame(176, TIME)


def met(behaviour: Behaviour, timeout: float = LONG) -> ProbeRecord:
    """What the control says of a listener; it must have left no connection."""

    async def scenario() -> ProbeRecord:
        async with listening(behaviour) as listener:
            record = await probe("127.0.0.1", listener.port, client_id=7399, timeout=timeout)
            await listener.idle.wait()
            assert listener.served == 1
            return record

    return run(scenario())


@pytest.mark.parametrize("name", load())
@pytest.mark.parametrize("mode", ["paper", "live"])
def test_it_passes_and_reads_the_gateways_own_version_and_account(name: str, mode: str) -> None:
    async def scenario() -> ProbeRecord:
        async with simulated(name, mode=mode) as gateway:
            return await probe(gateway.host, gateway.port, client_id=7399, timeout=LONG, when="after")

    record = run(scenario())
    assert (record.passed, record.stage, record.reason) == (True, None, None)
    assert record.when == "after"
    assert record.server_version == load()[name].server_version
    assert record.accounts == ("DU9000001" if mode == "paper" else "U9000001",)
    assert list(record.seconds) == ["tcp", "first byte", "version", "ready"]
    assert 0 < record.seconds["tcp"] <= record.seconds["version"] <= record.seconds["ready"]


def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    record = run(probe("127.0.0.1", port, client_id=1, timeout=LONG))
    assert (record.when, record.passed, record.stage) == ("before", False, "tcp")
    assert record.reason == "connection refused: nothing listens there"
    assert (record.server_version, record.accounts, dict(record.seconds)) == (None, (), {})


def test_a_host_that_nobody_knows_is_a_record_too() -> None:
    refusal = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    with mock.patch("socket.getaddrinfo", side_effect=refusal):
        record = run(probe("nobody.invalid", 4002, client_id=1, timeout=LONG))
    assert (record.passed, record.stage) == (False, "tcp")
    assert "Name or service not known" in str(record.reason)


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "two..dots"])
def test_a_host_that_can_be_nobodys_name_is_a_record_too(host: str) -> None:
    record = run(probe(host, 4002, client_id=1, timeout=LONG))
    assert (record.passed, record.stage) == (False, "tcp")
    assert str(record.reason).startswith("the host name is invalid: ")


@pytest.mark.parametrize(
    ("behaviour", "stage", "reason"),
    [
        (silence, "version", "no answer within 0.3 s"),
        (saying(VERSION), "ready", "no answer within 0.3 s"),
        (saying(VERSION, ACCOUNTS), "ready", "no answer within 0.3 s"),
        (saying(VERSION, NEXT_ID), "ready", "no answer within 0.3 s"),
        (saying(VERSION, frame(15, 1, "") + NEXT_ID), "ready", "no answer within 0.3 s"),
        (saying(VERSION, frame(4, 2, -1, 2104, FARM, "")), "ready", "no answer within 0.3 s"),
        (
            saying(VERSION, frame(4, 2, -1, 1100, "Connectivity lost", "")),
            "ready",
            "no answer within 0.3 s; error 1100: Connectivity lost",
        ),
    ],
    ids=["silent", "version only", "no id", "no account", "empty account", "notice only", "error only"],
)
def test_whoever_falls_silent_is_waited_for_until_the_timeout(behaviour: Behaviour, stage: str, reason: str) -> None:
    record = met(behaviour, timeout=SHORT)
    assert (record.passed, record.stage, record.reason) == (False, stage, reason)


@pytest.mark.parametrize(
    ("behaviour", "stage", "reason"),
    [
        (close_after_hello, "version", "the gateway closed the connection"),
        (saying(VERSION, start=False, stay=False), "ready", "the gateway "),
        (saying(VERSION, stay=False), "ready", "the gateway closed the connection"),
        (
            saying(VERSION, frame(4, 2, -1, 326, IN_USE, ""), stay=False),
            "ready",
            f"the gateway closed the connection; error 326: {IN_USE}",
        ),
        (saying(b"HTTP/1.1 400 Bad Request\r\n\r\n", start=False), "version", "1213486160 is not a valid frame length"),
        (saying(b"\x15\x03\x01\x00\x02\x02\x28", start=False), "version", "352518400 is not a valid frame length"),
        (saying(frame("what", "?"), start=False), "version", "the server version is not a number"),
        (saying(frame(-1, "203.0.113.9:4002"), start=False), "version", "the gateway redirects to 203.0.113.9:4002"),
        (saying(VERSION, b"\0\0\0\0"), "ready", "0 is not a valid frame length"),
        (saying(VERSION, frame(15, 1)), "ready", "managed_accounts ends after 1 fields"),
    ],
    ids=[
        "after hello",
        "after version",
        "after start",
        "326",
        "http",
        "tls",
        "no version",
        "redirect",
        "bad frame",
        "bad message",
    ],
)
def test_whoever_breaks_the_protocol_or_the_connection_fails_at_once(
    behaviour: Behaviour, stage: str, reason: str
) -> None:
    record = met(behaviour)
    assert (record.passed, record.stage) == (False, stage)
    assert str(record.reason).startswith(reason)


def test_a_gateway_that_closes_at_once_fails_at_the_version() -> None:
    record = met(close_at_once)
    assert (record.passed, record.stage) == (False, "version")
    assert record.reason in {"the gateway closed the connection", "the gateway reset the connection"}


def test_the_notice_before_a_refusal_is_kept() -> None:
    record = met(saying(VERSION, frame(4, 2, -1, 326, IN_USE, ""), stay=False))
    assert record.notices == (Notice(code=326, message=IN_USE, req_id=-1),)
    assert record.server_version == 176


def test_a_client_id_in_use_on_a_simulated_gateway_is_told_with_its_reason() -> None:
    async def scenario() -> ProbeRecord:
        async with simulated("10.45") as gateway, connected(gateway, 7399):
            return await probe(gateway.host, gateway.port, client_id=7399, timeout=LONG)

    record = run(scenario())
    assert (record.stage, record.server_version) == ("ready", 223)
    assert record.reason == f"the gateway closed the connection; error 326: {IN_USE}"


def test_other_messages_before_ready_are_of_no_account() -> None:
    order_status = frame(3, 5, "Filled", "1", "0", "1.5", "7", "0", "1.5", "1", "", "0")
    unknown = frame(200, 1, 2, 3)
    record = met(saying(VERSION, unknown + order_status + NEXT_ID + ACCOUNTS))
    assert record.passed
    assert record.accounts == ("DU9000001", "DU9000002")


def test_it_sends_nothing_but_the_hello_and_start_api() -> None:
    heard = bytearray()

    async def record_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.readexactly(HELLO))
        writer.write(VERSION)
        heard.extend(await reader.readexactly(4 + 11))
        writer.write(ACCOUNTS + NEXT_ID)
        heard.extend(await reader.read())

    assert met(record_all).passed
    assert bytes(heard) == b"API\0\0\0\0\x0av100..9999" + b"\0\0\0\x0b" + b"71\x002\x007399\0\0"


@pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors as Linux lists them")
def test_no_descriptor_is_left_by_failures() -> None:
    async def scenario() -> None:
        async with listening(close_after_hello) as closing, listening(silence) as silent:
            before = _descriptors()
            for _ in range(20):
                await probe("127.0.0.1", closing.port, client_id=1, timeout=LONG)
            await asyncio.gather(*(probe("127.0.0.1", silent.port, client_id=1, timeout=0.1) for _ in range(20)))
            await until(lambda: _descriptors() <= before)

    run(scenario())


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
