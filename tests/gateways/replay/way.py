"""A way to a client of a replayed gateway that needs no socket: what is sent at once is seen, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from harness.gateways.replay.playing import AT_THE_CLIENTS_PACE, Speed
from harness.gateways.replay.server import ReplayedGateway
from harness.recordings.recording import Recording
from harness.wire.hello import Hello
from harness.wire.message import Message, Value
from harness.wire.side import ClientSide
from tests.gateways.simulator.talk import run


class Way(asyncio.Transport):
    """The way to a client that takes ``room`` more writes."""

    def __init__(self, gateway: ReplayedGateway, room: int = 99) -> None:
        super().__init__()
        self.connection = gateway._accept()
        self.sent: list[list[str]] = []
        """The messages of each write."""
        self.room = room
        self.reads, self.aborted = True, False
        self.side = ClientSide(Hello(min_version=100, max_version=178))
        self.connection.connection_made(self)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append([each.name for each in self.side.receive(bytes(data)) if isinstance(each, Message)])
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

    def says(self, name: str, *, times: int = 1, **values: Value) -> None:
        self.connection.data_received(self.side.send(Message(name, values)) * times)

    def start(self, client_id: int = 50) -> None:
        self.connection.data_received(self.side.greet())
        self.says("start_api", client_id=client_id)
        self.sent.clear()


def on_the_way(
    recording: Recording,
    talk: Callable[[Way], Awaitable[None]],
    *,
    room: int = 99,
    client_id: int = 50,
    speed: Speed = AT_THE_CLIENTS_PACE,
) -> None:
    """Replay a recording to a client that has started, and leave."""

    async def inside() -> None:
        way = Way(ReplayedGateway(recording, speed=speed), room)
        way.start(client_id)
        await talk(way)
        way.connection.connection_lost(None)

    run(inside())
