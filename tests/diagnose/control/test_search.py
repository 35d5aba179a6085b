"""What the control tries more depends on how the plain attempt ended."""

from __future__ import annotations

import pytest

from harness.diagnose import gateway_facts
from harness.diagnose.control import other_protocols
from harness.diagnose.control import search as tries
from harness.diagnose.control.search import UNANSWERED, Patience, search
from harness.known.scenarios import Behaviour
from harness.shared.evidence import Ended, Search, VersionRange
from tests.diagnose.control.hearing import Hearing
from tests.diagnose.control.listeners import Behaviour as Behaves
from tests.diagnose.control.listeners import close_after_hello, frame, saying, silence
from tests.diagnose.control.searches import (
    FIRST,
    LONG,
    MORE,
    PATIENCE,
    TURNED_AWAY,
    UNHEARD,
    found,
    heard_by,
    searched,
    tried,
    unanswered,
)
from tests.gateways.simulator.talk import run, simulated

pytestmark = pytest.mark.usefixtures("no_pause")


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


def test_each_attempt_has_the_patience_that_is_meant_for_it() -> None:
    plain, text, longer = searched(silence, PATIENCE).attempts
    assert (plain.timeout, text.timeout, longer.timeout) == (PATIENCE.plain, PATIENCE.more, PATIENCE.plain)
    _, again, _ = searched(close_after_hello, PATIENCE).attempts
    assert again.timeout == PATIENCE.again


def test_a_second_client_and_one_alone_have_the_patience_of_the_first() -> None:
    patience = Patience(plain=9.0, again=8.0, more=7.0)
    result = heard_by(Hearing(starts=lambda client_id: client_id == FIRST), patience)
    assert [each.timeout for each in result.attempts] == [9.0] * 3


def test_an_answer_that_takes_its_time_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_facts, "LATE", 0.1)

    async def scenario() -> Search:
        async with simulated("10.45", behaviour=Behaviour(version_delay=0.2)) as gateway:
            result: Search = await found(gateway.port)
            return result

    result = run(scenario())
    assert result.plain.passed
    assert gateway_facts.of_search(result, port=4002).late
