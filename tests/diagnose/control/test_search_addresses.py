"""Which addresses the control tries: where a loopback address refuses, the other one."""

from __future__ import annotations

import socket
import sys
from typing import Any
from unittest import mock

import pytest

from harness.diagnose import gateway_facts
from harness.diagnose.control import search as tries
from harness.shared.evidence import Ended, Search
from tests.diagnose.control.hearing import Hearing
from tests.diagnose.control.listeners import TIME, frame, has_ipv6, listening, saying, silence
from tests.diagnose.control.searches import MORE, PATIENCE, found, heard_by, localhost, tried, where
from tests.gateways.simulator.talk import run, simulated

pytestmark = pytest.mark.usefixtures("no_pause")


@pytest.fixture
def refusing() -> Any:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_who_refuses_is_tried_at_the_other_loopback_address_only(refusing: int) -> None:
    result = run(found(refusing))
    assert tried(result) == [tries.PLAIN, tries.OTHER_ADDRESS]
    assert where(result) == ["127.0.0.1", "::1"]
    assert (result.plain.ended, result.speaks) == (Ended.REFUSED, None)


def test_a_name_that_refuses_is_not_tried_again(refusing: int) -> None:
    with localhost("127.0.0.1", "::1"):
        result = run(found(refusing, "localhost"))
    assert tried(result) == [tries.PLAIN]
    assert result.plain.passed_over == ("127.0.0.1", "::1")


def test_who_has_no_name_is_not_tried_again() -> None:
    with mock.patch("socket.getaddrinfo", side_effect=socket.gaierror(socket.EAI_NONAME, "unknown")):
        result = run(found(4002, "nobody.invalid"))
    assert (tried(result), result.plain.ended) == ([tries.PLAIN], Ended.NO_NAME)


@pytest.mark.parametrize(
    ("order", "more"),
    [
        (("::1", "127.0.0.1"), []),
        (("127.0.0.1", "::1"), [tries.OTHER_ADDRESS]),
        (("127.0.0.1",), [tries.OTHER_ADDRESS]),
    ],
)
def test_the_address_of_localhost_that_refuses_is_named_and_tried_once(order: tuple[str, ...], more: list[str]) -> None:
    with localhost(*order):
        result = heard_by(Hearing(), host="localhost")
    assert gateway_facts.passed_over(result) == ("::1",)
    assert result.plain.passed
    assert tried(result) == [tries.PLAIN, tries.TOGETHER, *more]


@pytest.mark.skipif(sys.platform != "linux", reason="only there all of 127.0.0.0/8 is this machine")
def test_a_name_that_is_neither_loopback_address_has_no_other() -> None:
    async def scenario() -> Search:
        async with simulated("10.45", host="127.0.1.1") as gateway:
            with localhost("127.0.1.1"):
                result: Search = await found(gateway.port, "localhost")
            return result

    assert tried(run(scenario())) == [tries.PLAIN, tries.TOGETHER]


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_what_speaks_at_the_other_loopback_address_is_not_what_speaks_here() -> None:
    async def scenario() -> Search:
        async with (
            listening(silence) as here,
            listening(saying(frame(176, TIME), stay=False), "::1", here.port) as there,
        ):
            result: Search = await found(here.port, patience=PATIENCE, manner=MORE)
            await there.idle.wait()
            return result

    result = run(scenario())
    assert [each.server_version for each in result.attempts if each.when == tries.OTHER_ADDRESS] == [176]
    assert result.speaks is None
