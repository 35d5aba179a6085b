"""Looking again and again: until a client can connect, and one item for each change."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

import pytest

from harness.doctor import watch
from harness.doctor.examine import Examination
from harness.doctor.subject import at_address
from harness.doctor.watch import Change, changes, until_usable
from harness.evidence import ProbeRecord
from tests.doctor.looking import playing

Result = TypeVar("Result")
SECONDS = 60.0
"""After which a test that waits has failed."""


def run(scenario: Coroutine[Any, Any, Result]) -> Result:
    async def in_time() -> Result:
        async with asyncio.timeout(SECONDS):
            return await scenario

    return asyncio.run(in_time())


class Looks:
    """Counts quick looks, and lets a test wait for one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._more = asyncio.Condition()
        self.count = 0
        real, looks = watch._Looking.look, self

        async def look(looking: watch._Looking, *, timeout: float) -> ProbeRecord:
            record = await real(looking, timeout=timeout)
            async with looks._more:
                looks.count += 1
                looks._more.notify_all()
            return record

        monkeypatch.setattr(watch._Looking, "look", look)

    async def reach(self, count: int) -> None:
        async with self._more:
            await self._more.wait_for(lambda: self.count >= count)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    return Looks(monkeypatch)


def test_waiting_ends_when_the_gateway_comes_up(looks: Looks) -> None:
    async def scenario() -> Examination:
        async with playing("refuses") as nobody:
            waiting = asyncio.create_task(
                until_usable(at_address(f"127.0.0.1:{nobody.port}"), timeout=SECONDS, pause=0.01)
            )
            await looks.reach(2)
            assert not waiting.done()
        async with playing(port=nobody.port):
            return await waiting

    seen = run(scenario())
    assert (seen.verdict.code, seen.verdict.usable) == ("healthy", True)


@pytest.mark.parametrize("fault", ["disconnected", "closes-on-first-request", "no-positions-end"])
def test_waiting_goes_on_while_a_client_can_connect_and_not_trade(fault: str, looks: Looks) -> None:
    """A gateway without IBKR, or one that does not answer what libraries ask first, passes the quick look."""

    async def scenario() -> Examination:
        async with playing(fault) as gateway:
            waiting = asyncio.create_task(
                until_usable(at_address(f"127.0.0.1:{gateway.port}"), timeout=SECONDS, pause=0.01)
            )
            await looks.reach(2)
            assert not waiting.done()
        async with playing(port=gateway.port):
            return await waiting

    assert run(scenario()).verdict.code == "healthy"


def test_a_gateway_that_is_well_is_not_waited_for(looks: Looks) -> None:
    async def scenario() -> Examination:
        async with playing() as gateway:
            return await until_usable(at_address(f"127.0.0.1:{gateway.port}"), timeout=SECONDS)

    assert run(scenario()).verdict.usable
    assert looks.count == 1


def test_when_the_time_is_over_the_last_look_tells_why() -> None:
    async def scenario() -> Examination:
        async with playing("refuses") as gateway:
            return await until_usable(at_address(f"127.0.0.1:{gateway.port}"), timeout=0.3, pause=0.05)

    seen = run(scenario())
    assert not seen.verdict.usable
    assert seen.case.found.plain.ended == "refused"


def test_a_quick_look_does_not_outlast_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A silent gateway is waited out once, by the look that tells why."""
    given: list[float] = []
    real = watch._Looking.look

    async def look(looking: watch._Looking, *, timeout: float) -> ProbeRecord:
        given.append(timeout)
        return await real(looking, timeout=timeout)

    async def scenario() -> Examination:
        async with playing("silent") as gateway:
            return await until_usable(at_address(f"127.0.0.1:{gateway.port}"), timeout=0.3, pause=0.05)

    monkeypatch.setattr(watch._Looking, "look", look)
    assert run(scenario()).verdict.code == "accepted-and-silent"
    assert max(given) <= 0.3


async def told(watched: AsyncIterator[Change]) -> str:
    change = await anext(watched)
    return f"{change.seen.case.found.plain.ended}: {change.seen.verdict.code}"


def test_each_change_is_told_once_and_a_dead_api_is_no_dead_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """One port: nobody, a gateway, one whose API is silent, nobody."""
    monkeypatch.setattr(watch, "_QUICK", 0.5)

    async def scenario() -> list[str]:
        async with playing("refuses") as nobody:
            port = nobody.port
            watched = changes(at_address(f"127.0.0.1:{port}"), interval=0.01)
            seen = [await told(watched)]
        async with aclosing(watched):  # type: ignore[type-var]
            for fault in (None, "silent", None):
                async with playing(fault, port=port):
                    seen.append(await told(watched))
            seen.append(await told(watched))
        return seen

    ends = [each.partition(":")[0] for each in run(scenario())]
    assert ends == ["refused", "ready", "silent", "ready", "refused"]


def test_what_stays_as_it_is_is_told_once(looks: Looks) -> None:
    async def scenario() -> tuple[Change, bool]:
        async with (
            playing() as gateway,
            aclosing(changes(at_address(f"127.0.0.1:{gateway.port}"), interval=0.01)) as watched,  # type: ignore[type-var]
        ):
            first = await anext(watched)
            second = asyncio.ensure_future(anext(watched))
            await looks.reach(4)
            told = second.done()
            second.cancel()
            await asyncio.wait([second])
        return first, told

    first, told_again = run(scenario())
    assert first.lasted is None
    assert not told_again


def test_a_change_tells_how_long_it_was_otherwise() -> None:
    """Since the change before, not since the first look."""

    async def scenario() -> list[Change]:
        async with playing() as gateway:
            watched = changes(at_address(f"127.0.0.1:{gateway.port}"), interval=0.01)
            seen = [await anext(watched)]
        seen.append(await anext(watched))
        async with playing(port=gateway.port):
            seen.append(await anext(watched))
        return seen

    began = time.monotonic()
    first, second, third = run(scenario())
    assert first.lasted is None
    assert second.lasted is not None
    assert third.lasted is not None
    assert min(second.lasted, third.lasted) > 0
    assert second.lasted + third.lasted < time.monotonic() - began
    assert first.at <= second.at <= third.at


def test_a_connection_to_ibkr_that_is_lost_is_a_change() -> None:
    """Clients still connect: only what the gateway says is different."""

    async def scenario() -> list[str]:
        async with playing() as gateway:
            watched = changes(at_address(f"127.0.0.1:{gateway.port}"), interval=0.01)
            codes = [(await anext(watched)).seen.verdict.code]
        async with playing("disconnected", port=gateway.port):
            while codes[-1] != "disconnected-from-ibkr":
                codes.append((await anext(watched)).seen.verdict.code)
        return codes

    codes = run(scenario())
    assert (codes[0], codes[-1]) == ("healthy", "disconnected-from-ibkr")
