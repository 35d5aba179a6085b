"""A client of a replayed gateway that takes what it is sent slowly, or not at all, and one that has said all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from harness.gateways.replay.server import ReplayedGateway
from harness.recordings.recording import Recording
from harness.wire.hello import Hello
from harness.wire.message import Message
from harness.wire.side import ClientSide
from tests.gateways.replay.asking import joined, names, replayed
from tests.gateways.simulator.talk import run
from tests.recordings.making import Script

LARGE = 100_000
"""Bytes of an answer: more than are sent before others have their turn."""

MANY = 60


class Way(asyncio.Transport):
    """The way to a client that takes ``room`` more writes."""

    def __init__(self, gateway: ReplayedGateway, room: int) -> None:
        super().__init__()
        self.connection = gateway._accept()
        self.sent: list[int] = []
        self.room = room
        self.reads, self.aborted = True, False
        self.side = ClientSide(Hello(min_version=100, max_version=178))
        self.connection.connection_made(self)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(len(data))
        list(self.side.receive(bytes(data)))
        self.room -= 1
        if self.room == 0:
            self.connection.pause_writing()

    def takes(self, more: int) -> None:
        self.room = more
        self.connection.resume_writing()

    def is_closing(self) -> bool:
        return self.aborted

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True

    def abort(self) -> None:
        self.aborted = True

    def asks(self, times: int) -> bytes:
        return self.side.send(Message("req_scanner_parameters")) * times

    def start(self) -> None:
        self.connection.data_received(self.side.greet())
        self.connection.data_received(self.side.send(Message("start_api", {"client_id": 50})))
        self.sent.clear()


@pytest.fixture(name="large", scope="module")
def with_a_large_answer() -> Recording:
    script = Script()
    one = script.connect()
    script.asks(one, "req_scanner_parameters")
    script.says(one, "scanner_parameters", xml="x" * LARGE)
    return script.recording()


def on_the_way(recording: Recording, talk: Callable[[Way], Awaitable[None]], room: int) -> None:
    async def inside() -> None:
        way = Way(ReplayedGateway(recording), room)
        way.start()
        await talk(way)
        way.connection.connection_lost(None)

    run(inside())


def test_a_client_that_does_not_read_is_neither_answered_nor_read_until_it_does(large: Recording) -> None:
    async def talk(way: Way) -> None:
        way.connection.data_received(way.asks(3))
        assert (len(way.sent), way.reads) == (1, False)
        way.connection.data_received(way.asks(1))  # as it may still come where the system reads ahead
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
        way.connection.data_received(way.asks(3))
        for sent in (1, 2, 3):
            assert (len(way.sent), way.reads) == (sent, False)
            await asyncio.sleep(0)
        assert (len(way.sent), way.reads) == (3, True)
        assert all(LARGE < each < 2 * LARGE for each in way.sent)

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
