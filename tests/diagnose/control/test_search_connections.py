"""The connections of a search: it leaves at most two without an answer, and none open."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.diagnose.control import search as tries
from harness.diagnose.control.attempt import Standing
from harness.diagnose.control.attempt_state import Try
from harness.diagnose.control.search import CLIENT_IDS, UNANSWERED, Patience, searching
from harness.shared.evidence import Ended, Search
from tests.diagnose.control.hearing import OWN_VERSION, Hearing, hearing
from tests.diagnose.control.listeners import listening, silence
from tests.diagnose.control.searches import FIRST, PATIENCE, UNHEARD, found, heard_by, tried, unanswered
from tests.gateways.simulator.talk import run, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.wire.hello import Hello

pytestmark = pytest.mark.usefixtures("no_pause")


def silent_from(count: int) -> Hearing:
    """Answer so many hellos and start nobody; then answer no hello."""
    heard: list[Hello] = []

    def answers(hello: Hello) -> bool:
        heard.append(hello)
        return len(heard) <= count

    return Hearing(answers, lambda _: False, silent=True)


@pytest.mark.parametrize(
    "gateway",
    [
        lambda: Hearing(answers=lambda _: False, silent=True),
        lambda: Hearing(starts=lambda _: False, silent=True),
        lambda: Hearing(answers=lambda hello: hello.max_version <= OWN_VERSION, silent=True),
        lambda: Hearing(answers=lambda hello: hello.max_version <= 200, silent=True),
        lambda: Hearing(starts=lambda client_id: client_id == FIRST, silent=True),
        *(partial(silent_from, count) for count in range(1, 5)),
    ],
    ids=["deaf", "never starts", "up to 217", "text only", "one id", "1", "2", "3", "4"],
)
def test_no_more_than_two_are_left_without_an_answer(gateway: Callable[[], Hearing]) -> None:
    """A Gateway may keep each of them for ever, and answer nobody after a few."""
    talk = gateway()
    result = heard_by(talk, PATIENCE)
    assert unanswered(result) <= UNANSWERED
    assert all(each.hello for each in talk.heard), "nothing comes that is no client's hello"
    assert not any(each.hello.options for each in talk.heard if each.hello)


def test_what_is_not_answered_stands_until_the_look_is_over() -> None:
    async def scenario() -> tuple[int, int]:
        async with listening(silence) as listener:
            looking = searching("127.0.0.1", listener.port, client_id=FIRST, patience=PATIENCE)
            async with looking as found:
                during = listener.open
                assert unanswered(found) == during
            await listener.idle.wait()
            return during, listener.served

    assert run(scenario()) == (2, 2)


def test_a_connection_that_stands_is_taken_in_place_of_the_plain_attempt() -> None:
    async def scenario() -> tuple[Search, int]:
        async with listening(silence) as listener:
            first = Try(host="127.0.0.1", port=listener.port, client_id=FIRST, timeout=0.1)
            async with Standing(first) as standing:
                await standing.look()
                looking = searching("127.0.0.1", listener.port, client_id=FIRST, patience=PATIENCE, first=standing)
                async with looking as found:
                    pass
                return found, listener.served

    result, served = run(scenario())
    assert (tried(result), served) == (UNHEARD, 2)
    assert result.plain.ended is Ended.SILENT


@pytest.mark.parametrize(
    "gateway",
    [
        Hearing,
        lambda: Hearing(starts=lambda client_id: client_id != FIRST - 1),
        lambda: Hearing(starts=lambda _: False),
        lambda: Hearing(answers=lambda _: False),
        lambda: Hearing(answers=lambda hello: hello.max_version <= OWN_VERSION),
        lambda: Hearing(lambda hello: hello.max_version <= OWN_VERSION, lambda _: False),
    ],
    ids=["healthy", "one only", "never starts", "never answers", "up to 217", "up to 217, never starts"],
)
class TestAnySearch:
    def test_uses_its_own_client_ids_and_none_twice_at_once(self, gateway: Callable[[], Hearing]) -> None:
        talk = gateway()
        result = heard_by(talk)
        allowed = set(range(FIRST - CLIENT_IDS + 1, FIRST + 1))
        assert {each.client_id for each in result.attempts} <= allowed
        for heard in talk.heard:
            assert heard.client_id in {None, *allowed}
            assert heard.client_id not in heard.beside
        used = [each.client_id for each in result.attempts if each.when != tries.AGAIN]
        assert len(used) == len(set(used))

    def test_says_hello_and_starts_and_no_more(self, gateway: Callable[[], Hearing]) -> None:
        talk = gateway()
        result = heard_by(talk)
        assert talk.heard
        for heard in talk.heard:
            assert [message.name for message in heard.messages] in ([], ["start_api"])
        assert not any(heard.foreign for heard in talk.heard)
        assert result.attempts


@pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors as Linux lists them")
def test_no_descriptor_is_left() -> None:
    gateways = [Hearing(), Hearing(starts=lambda _: False), Hearing(answers=lambda _: False)]

    async def scenario() -> None:
        before = _descriptors()
        for gateway in gateways:
            async with hearing(gateway) as listener:
                await found(listener.port)
        await until(lambda: _descriptors() <= before)

    run(scenario())


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_what_is_tried_more_is_tried_side_by_side() -> None:
    async def scenario() -> None:
        async with listening(silence) as listener:
            task = asyncio.create_task(found(listener.port, patience=Patience(plain=0.1, again=10.0, more=10.0)))
            await until(lambda: listener.open == len(("plain", "text")))
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await listener.idle.wait()

    run(scenario())


def test_a_search_that_is_given_up_leaves_nothing_open() -> None:
    async def scenario() -> None:
        async with listening(silence) as listener:
            task = asyncio.create_task(found(listener.port))
            await until(lambda: listener.open)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await listener.idle.wait()

    run(scenario())
