"""A client of a replayed gateway that takes what it is sent slowly, or not at all, and one that has said all."""

from __future__ import annotations

import asyncio

import pytest

from harness.gateways.replay.server import ReplayedGateway
from harness.recordings.recording import Recording
from harness.wire.message import Message
from tests.gateways.replay.asking import joined, names, replayed
from tests.gateways.replay.way import Way, on_the_way
from tests.gateways.simulator.talk import run
from tests.recordings.making import Script

LARGE = 100_000
"""Bytes of an answer: more than are sent before others have their turn."""

MANY = 60


@pytest.fixture(name="large", scope="module")
def with_a_large_answer() -> Recording:
    script = Script()
    one = script.connect()
    script.asks(one, "req_scanner_parameters")
    script.says(one, "scanner_parameters", xml="x" * LARGE)
    return script.recording()


def test_a_client_that_does_not_read_is_neither_answered_nor_read_until_it_does(large: Recording) -> None:
    async def talk(way: Way) -> None:
        way.says("req_scanner_parameters", times=3)
        assert (len(way.sent), way.reads) == (1, False)
        way.says("req_scanner_parameters")  # as it may still come where the system reads ahead
        await asyncio.sleep(0)
        assert (len(way.sent), way.reads) == (1, False)
        for sent in (2, 3):
            way.takes(1)
            assert (len(way.sent), way.reads) == (sent, False)
        way.takes(9)
        assert len(way.sent) == 4

    on_the_way(large, talk, room=3)


def test_others_have_their_turn_after_each_part_and_more_is_read_after_the_last(large: Recording) -> None:
    async def talk(way: Way) -> None:
        way.says("req_scanner_parameters", times=3)
        for sent in (1, 2, 3):
            assert (len(way.sent), way.reads) == (sent, False)
            await asyncio.sleep(0)
        assert (len(way.sent), way.reads) == (3, True)
        assert way.sent == [["scanner_parameters"]] * 3

    on_the_way(large, talk, room=99)


def test_who_says_all_at_once_and_reads_later_is_told_all(large: Recording) -> None:
    async def talk(port: int) -> list[str]:
        async with joined(port) as asker:
            for _ in range(MANY):
                asker.say(Message("req_scanner_parameters"))
            asker.writer.write_eof()
            heard = names(await asker.said(MANY))
            assert await asker.ended()
            return heard

    assert replayed(large, talk) == ["scanner_parameters"] * MANY


def test_who_was_accepted_after_the_gateway_closed_is_let_go(large: Recording) -> None:
    async def inside() -> tuple[bool, bool]:
        async with ReplayedGateway(large) as gateway:
            before = Way(gateway, 9)
            before.connection.connection_lost(None)
        return before.aborted, Way(gateway, 9).aborted

    assert run(inside()) == (False, True)
