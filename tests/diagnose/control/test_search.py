"""What the control tries more depends on how the plain attempt ended; it says little, and leaves everything closed."""

from __future__ import annotations

import asyncio
import importlib
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from harness.diagnose import gateway_facts
from harness.diagnose.control import other_protocols
from harness.diagnose.control import search as tries
from harness.diagnose.control.attempt import Standing
from harness.diagnose.control.attempt_state import WIDEST, Try
from harness.diagnose.control.search import CAREFUL, CLIENT_IDS, LADDER, UNANSWERED, Manner, Patience, search, searching
from harness.known.scenarios import Behaviour
from harness.shared.evidence import Ended, Search, VersionRange
from harness.wire.hello import Hello
from tests.diagnose.control.hearing import OWN_VERSION, Hearing, hearing
from tests.diagnose.control.listeners import TIME, close_after_hello, frame, listening, saying, silence
from tests.diagnose.control.listeners import Behaviour as Behaves
from tests.gateways.simulator.talk import run, simulated, until

FIRST = 7399
PATIENCE = Patience(plain=0.31, again=0.32, more=0.33, step=0.34)
"""Short, and each wait another one."""

LONG = Patience(plain=10.0, again=10.0, more=10.0, step=10.0)
"""For gateways that keep nobody waiting."""

UNHEARD = [tries.PLAIN, tries.TEXT, tries.LONGER]
"""What is tried with a gateway that says nothing to the hello."""

TURNED_AWAY = [tries.PLAIN, tries.AGAIN, tries.TEXT]
MORE = Manner(more=True)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "_PAUSE", 0.0)


def found(port: int, host: str = "127.0.0.1", patience: Patience = LONG, manner: Manner = CAREFUL) -> Any:
    return search(host, port, client_id=FIRST, patience=patience, manner=manner)


def searched(behaviour: Behaves, patience: Patience = LONG, manner: Manner = CAREFUL) -> Search:
    """What a search finds; it must have left every connection."""

    async def scenario() -> Search:
        async with listening(behaviour) as listener:
            result = await found(listener.port, patience=patience, manner=manner)
            await listener.idle.wait()
            assert isinstance(result, Search)
            return result

    return run(scenario())


def heard_by(gateway: Hearing, patience: Patience = LONG, host: str = "127.0.0.1", manner: Manner = CAREFUL) -> Search:
    async def scenario() -> Search:
        async with hearing(gateway) as listener:
            result = await found(listener.port, host, patience, manner)
            assert isinstance(result, Search)
            return result

    return run(scenario())


def has_ipv6() -> bool:
    """Tell whether one can listen at ``::1``."""
    try:
        with socket.socket(socket.AF_INET6) as own:
            own.bind(("::1", 0))
    except OSError:
        return False
    return True


def tried(result: Search) -> list[str]:
    return [each.when for each in result.attempts]


def where(result: Search) -> list[str]:
    return [each.address[0] for each in result.attempts if each.address]


@contextmanager
def localhost(*hosts: str) -> Iterator[None]:
    """Resolve ``localhost`` to these, and every other host to itself."""

    async def addresses(host: str, port: int) -> list[tuple[str, int]]:
        return [(each, port) for each in (hosts if host == "localhost" else (host,))]

    with mock.patch.object(importlib.import_module("harness.diagnose.control.attempt"), "addresses_of", addresses):
        yield


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
    ("behaviour", "ended", "more"),
    [
        (silence, Ended.SILENT, UNHEARD),
        (close_after_hello, Ended.CLOSED, TURNED_AWAY),
        (saying(b"\x42" * 8, start=False), Ended.FOREIGN, TURNED_AWAY),
    ],
    ids=["silent", "closed", "foreign"],
)
def test_who_does_not_come_to_the_version_is_asked_as_far_as_that_may_tell_why(
    behaviour: Behaves, ended: Ended, more: list[str]
) -> None:
    result = searched(behaviour, PATIENCE)
    assert (tried(result), result.plain.ended) == (more, ended)
    assert result.speaks == ("unknown" if ended is Ended.FOREIGN else None)


def test_who_redirects_is_not_asked_again() -> None:
    result = searched(saying(frame(-1, "203.0.113.9:4002"), start=False))
    assert tried(result) == [tries.PLAIN]


@pytest.mark.parametrize("silent", [True, False])
def test_who_does_not_start_is_asked_with_other_client_ids(silent: bool) -> None:  # noqa: FBT001
    gateway = Hearing(starts=lambda _: False, silent=silent)
    result = heard_by(gateway, PATIENCE if silent else LONG)
    turned_away = [tries.PLAIN, tries.AGAIN, *tries.OTHER_IDS]
    assert tried(result) == ([tries.PLAIN, tries.OTHER_IDS[0], tries.LONGER] if silent else turned_away)
    assert (result.speaks, result.highest_answered) == ("api", None)


@pytest.mark.slow
def test_each_way_differs_in_what_it_is_called_after() -> None:
    plain, again, *others = heard_by(Hearing(starts=lambda _: False)).attempts
    assert again.client_id == plain.client_id
    assert len({each.client_id for each in (plain, *others)}) == 3
    text = searched(close_after_hello).attempts[-1]
    assert (text.announced, text.when) == (VersionRange(min=100, max=200), tries.TEXT)


def unanswered(result: Search) -> int:
    """How many connections were left without an answer: each has an end of its own."""
    return len({each.source for each in result.attempts if each.ended is Ended.SILENT})


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


def test_a_person_who_asks_for_more_gets_more() -> None:
    result = searched(silence, PATIENCE, MORE)
    assert unanswered(result) > UNANSWERED
    assert {tries.AGAIN, tries.TEXT, tries.OTHER_ADDRESS, *other_protocols.greetings()} <= set(tried(result))


def test_where_the_first_passes_a_second_connects_beside_it() -> None:
    gateway = Hearing()
    result = heard_by(gateway)
    assert tried(result) == [tries.PLAIN, tries.TOGETHER]
    assert all(each.passed for each in result.attempts)
    first, second = gateway.heard
    assert not first.beside
    assert second.beside == {first.client_id}


def test_where_bytes_come_drop_by_drop_no_second_client_is_tried() -> None:
    async def scenario() -> Search:
        async with simulated("10.45", behaviour=Behaviour(bytes_per_second=80)) as gateway:
            return await search(gateway.host, gateway.port, client_id=FIRST, patience=LONG)

    result = run(scenario())
    assert result.plain.passed
    assert result.plain.trickles
    assert tried(result) == [tries.PLAIN]


def test_where_no_second_connects_beside_the_first_one_connects_alone() -> None:
    gateway = Hearing(starts=lambda client_id: client_id != FIRST - 1)
    result = heard_by(gateway)
    assert tried(result) == [tries.PLAIN, tries.TOGETHER, tries.ALONE]
    assert [each.passed for each in result.attempts] == [True, False, True]
    assert [each.beside for each in gateway.heard] == [frozenset(), {FIRST}, frozenset()]


@pytest.mark.parametrize(
    ("scenario", "passes"), [("few-clients", [True, False, True]), ("wedges", [True, False, False])]
)
def test_a_simulated_gateway_without_room_is_told_from_one_that_wedges(scenario: str, passes: list[bool]) -> None:
    async def scene() -> Search:
        async with simulated("10.45", scenario=scenario) as gateway:
            patience = LONG if all(passes[2:]) else Patience(plain=1.0)
            result: Search = await found(gateway.port, patience=patience)
            return result

    assert [each.passed for each in run(scene()).attempts] == passes


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


def test_each_attempt_has_the_patience_that_is_meant_for_it() -> None:
    plain, text, longer = searched(silence, PATIENCE).attempts
    assert (plain.timeout, text.timeout, longer.timeout) == (PATIENCE.plain, PATIENCE.more, PATIENCE.plain)
    _, again, _ = searched(close_after_hello, PATIENCE).attempts
    assert again.timeout == PATIENCE.again


def test_a_second_client_and_one_alone_have_the_patience_of_the_first() -> None:
    patience = Patience(plain=9.0, again=8.0, more=7.0)
    result = heard_by(Hearing(starts=lambda client_id: client_id == FIRST), patience)
    assert [each.timeout for each in result.attempts] == [9.0] * 3


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


@pytest.mark.parametrize("highest", [200, 201, OWN_VERSION, 399])
def test_the_highest_version_that_is_answered_is_found_where_more_may_be_asked(highest: int) -> None:
    gateway = Hearing(lambda hello: hello.max_version <= highest)
    result = heard_by(gateway, PATIENCE, manner=MORE)
    assert (result.highest_answered, result.speaks) == (highest, "api")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("highest", "told"),
    [(199, None), (200, 200), (201, 200), (203, 203), (OWN_VERSION, OWN_VERSION), (399, LADDER[-1])],
)
def test_the_highest_step_that_is_answered_is_found_with_one_that_is_not(highest: int, told: int | None) -> None:
    result = heard_by(Hearing(lambda hello: hello.max_version <= highest, silent=True), PATIENCE)
    assert result.highest_answered == told
    assert unanswered(result) == UNANSWERED


def test_who_answers_everything_but_the_first_has_no_highest_version() -> None:
    """It was the moment, not the version."""
    heard: list[Hello] = []

    def answers(hello: Hello) -> bool:
        heard.append(hello)
        return len(heard) > 1

    result = heard_by(Hearing(answers, silent=True), PATIENCE)
    assert (result.highest_answered, result.attempts[-1].when) == (None, tries.LONGER)
    assert gateway_facts.of_search(result, port=4002).again == gateway_facts.PASSES


def test_where_the_widest_range_is_answered_no_other_is_looked_for() -> None:
    gateway = Hearing(starts=lambda _: False)
    assert heard_by(gateway).highest_answered is None
    announced = {each.hello.max_version for each in gateway.heard if each.hello}
    assert announced == {WIDEST.max_version}


def test_where_not_even_text_is_answered_no_version_is_looked_for() -> None:
    gateway = Hearing(answers=lambda _: False)
    assert heard_by(gateway).highest_answered is None
    assert {each.hello.max_version for each in gateway.heard if each.hello} == {WIDEST.max_version, 200}


def test_an_answer_that_takes_its_time_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_facts, "LATE", 0.1)

    async def scenario() -> Search:
        async with simulated("10.45", behaviour=Behaviour(version_delay=0.2)) as gateway:
            result: Search = await found(gateway.port)
            return result

    result = run(scenario())
    assert result.plain.passed
    assert gateway_facts.of_search(result, port=4002).late


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
