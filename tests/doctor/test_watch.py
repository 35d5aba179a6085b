"""Looking again and again: until a client can connect, and one item for each change."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import aclosing
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from harness.diagnose.verdict import Sureness
from harness.doctor import watch
from harness.doctor.examine import Examination
from harness.doctor.subject import at_address
from harness.doctor.watch import ASKS_EVERY, Change, changes, until_usable
from harness.gateways.simulator.server import SimulatedGateway
from harness.known.scenarios import Behaviour
from harness.shared.evidence import Answer, ProbeRecord
from tests.doctor.looking import playing
from tests.virtual import run_virtually

pytestmark = pytest.mark.slow

Result = TypeVar("Result")
SECONDS = 60.0
"""After which a test that waits has failed."""


async def in_time(scenario: Coroutine[Any, Any, Result]) -> Result:
    async with asyncio.timeout(SECONDS):
        return await scenario


def run(scenario: Coroutine[Any, Any, Result]) -> Result:
    return asyncio.run(in_time(scenario))


class Looks:
    """Keeps what quick looks saw, and lets a test wait for one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._more = asyncio.Condition()
        self.seen: list[ProbeRecord] = []
        self.examined = 0
        self.otherwise: Answer | None = None
        """What the next look that asks is to have heard of all of it, in place of what it did."""
        real, everything, looks = watch._Looking.look, watch._Looking.examine, self

        async def look(looking: watch._Looking, **how: Any) -> ProbeRecord:
            record = await real(looking, **how)
            if record.asked and looks.otherwise is not None:
                record = replace(record, asked=tuple(replace(each, answer=looks.otherwise) for each in record.asked))
                looks.otherwise = None
            async with looks._more:
                looks.seen.append(record)
                looks._more.notify_all()
            return record

        async def examine(looking: watch._Looking) -> Examination:
            looks.examined += 1
            return await everything(looking)

        monkeypatch.setattr(watch._Looking, "look", look)
        monkeypatch.setattr(watch._Looking, "examine", examine)

    @property
    def count(self) -> int:
        return len(self.seen)

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


def test_waiting_reads_no_live_account_and_does_not_say_for_certain_that_it_is_well(looks: Looks) -> None:
    """It would end the connection if it were asked."""

    async def scenario() -> Examination:
        async with playing(mode="live", behaviour=Behaviour(closes_on="req_positions")) as gateway:
            return await until_usable(at_address(f"127.0.0.1:{gateway.port}"), timeout=SECONDS)

    verdict = run(scenario()).verdict
    assert (verdict.usable, verdict.sure) == (True, Sureness.LIKELY)
    assert [each.asked for each in looks.seen] == [()]


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

    async def look(looking: watch._Looking, **how: Any) -> ProbeRecord:
        given.append(how["timeout"])
        return await real(looking, **how)

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


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("no-positions-end", "start-unanswered"),
        ("no-open-orders-end", "start-unanswered"),
        ("no-executions-end", "executions-unanswered"),
        ("closes-on-first-request", "ends-when-asked"),
    ],
)
def test_a_gateway_that_begins_to_leave_unanswered_what_libraries_read_first_is_a_change(fault: str, code: str) -> None:
    """A client connects all the while: no other look would show it."""

    async def scenario() -> list[str]:
        async with playing() as gateway:
            address = at_address(f"127.0.0.1:{gateway.port}")
            watched = changes(address, interval=0.01, asks_every=0.0)
            codes = [(await anext(watched)).seen.verdict.code]
        async with aclosing(watched):  # type: ignore[type-var]
            for played in (fault, None):
                async with playing(played, port=gateway.port):
                    codes.append((await anext(watched)).seen.verdict.code)
        return codes

    assert run_virtually(in_time(scenario())) == ["healthy", code, "healthy"]


async def stays(gateway: SimulatedGateway, looks: Looks, asks_every: float, *, allow_live: bool = False) -> Change:
    """Watch until five quick looks were made, and see that the first only is told."""
    async with gateway:
        subject = replace(at_address(f"127.0.0.1:{gateway.port}"), allow_live=allow_live)
        async with aclosing(changes(subject, interval=0.01, asks_every=asks_every)) as watched:  # type: ignore[type-var]
            first = await anext(watched)
            second = asyncio.ensure_future(anext(watched))
            reached = asyncio.ensure_future(looks.reach(5))
            await asyncio.wait({second, reached}, return_when=asyncio.FIRST_COMPLETED)
            told_again = second.done()
            for each in (second, reached):
                each.cancel()
            await asyncio.wait({second, reached})
            assert not told_again
    return first


@pytest.mark.parametrize("fault", ["read-only", "no-positions-end", "closes-on-first-request"])
def test_what_is_asked_again_and_again_is_told_once(fault: str, looks: Looks) -> None:
    """Refusals are told to looks that ask, and to no others."""
    first = run_virtually(in_time(stays(playing(fault), looks, 0.0)))
    assert first.seen.case.found.plain.asked
    assert [bool(each.asked) for each in looks.seen] == [False, True, True, True, True]
    assert looks.examined == 1


@pytest.mark.parametrize(("otherwise", "examined"), [(Answer.UNANSWERED, 2), (Answer.UNREAD, 1)])
def test_what_is_otherwise_once_is_looked_at_and_not_told(otherwise: Answer, examined: int, looks: Looks) -> None:
    """A moment later all is answered as before; what we could not read is not even looked at."""
    looks.otherwise = otherwise
    run_virtually(in_time(stays(playing(), looks, 0.0)))
    assert otherwise in {each.answer for seen in looks.seen for each in seen.asked}
    assert looks.examined == examined


def test_looks_between_ask_nothing(looks: Looks) -> None:
    first = run_virtually(in_time(stays(playing(), looks, ASKS_EVERY)))
    assert (first.seen.verdict.code, first.seen.verdict.sure) == ("healthy", Sureness.CERTAIN)
    assert not any(each.asked for each in looks.seen)


@pytest.mark.parametrize(("allow_live", "sure"), [(False, Sureness.LIKELY), (True, Sureness.CERTAIN)])
def test_a_live_account_is_watched_without_being_read_unless_that_was_allowed(
    looks: Looks,
    allow_live: bool,  # noqa: FBT001
    sure: Sureness,
) -> None:
    first = run_virtually(in_time(stays(playing(mode="live"), looks, 0.0, allow_live=allow_live)))
    assert (first.seen.verdict.code, first.seen.verdict.sure) == ("healthy", sure)
    assert any(each.asked for each in looks.seen) is allow_live
