"""Asks a simulated gateway what the clients of a recording asked, in the same order, and records what it answers.

The gateway's clock stands still but for this: it is stepped to the moment of each thing that was recorded. So a
recording of an hour takes seconds, and the same recording gets the same answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from harness.gateways.simulator.server import SimulatedGateway
from harness.gateways.simulator.timing import SteppedTime
from harness.recordings.exchange import Dialogue
from harness.recordings.recording import Ended, Entry, Framed, Greeted, Opened, Recording
from harness.verify.simulation import Simulation
from harness.wire.codec import Codec
from harness.wire.conversation import Stream
from harness.wire.framing import MAX_FRAME, encode_frame
from harness.wire.hello import Hello, parse_version_reply
from harness.wire.message import Message, Sender, Value
from harness.wire.transcript import Change
from harness.wire.wire_errors import ProtocolError

_TURNS = 10
"""Turns of the event loop, and after them a moment, in which nothing comes from a gateway that has said all."""

_MOMENT = 0.001
"""Seconds by the clock on the wall."""

_LAST_PATIENCE = 0.1
"""The same, for what may still be on its way at the end."""

_MOST_WAITS = 2_000
"""Moments between two requests at which the gateway may say something of itself: some minutes of quotes. After them
the clock goes on at once, as nobody waits for a day of them."""

_CHUNK = 2**16
_ENDS = frozenset({Change.RESET, Change.CLOSED, Change.CUT_OFF, Change.HELD_BACK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of it.

    Args:
        recording: what was asked and answered; requests have the times that they have in the original.
        accounts: the simulated account that stands for each recorded one.
        unasked: how many requests could not be sent: nobody can read them, or the version has none such.
    """

    recording: Recording
    accounts: Mapping[str, str]
    unasked: int


async def ask(recording: Recording, dialogues: Sequence[Dialogue], simulation: Simulation) -> Asked:
    """Ask a simulated gateway all that a recording has.

    Raises:
        GatewayError: no port is free for it.
    """
    clock = SteppedTime(simulation.began.timestamp())
    gateway = SimulatedGateway(
        simulation.profile,
        mode=simulation.mode,
        behaviour=simulation.behaviour,
        timing=clock,
        seed=simulation.seed,
        fresh=simulation.fresh,
        apart=simulation.apart,
        patient=True,
    )
    async with gateway:
        asking = _Asking(gateway, clock, dialogues)
        try:
            for entry in recording.entries:
                await asking.take(entry)
            await asking.finish()
        finally:
            await asking.leave()
    made = Recording(manifest=recording.manifest, entries=tuple(asking.entries))
    return Asked(recording=made, accounts=asking.accounts, unasked=asking.unasked)


@dataclass(slots=True, kw_only=True)
class _Connection:
    """One client's connection to the simulated gateway."""

    recorded: Codec
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    codec: Codec | None = None
    hearing: asyncio.Task[None] | None = None
    stream: Stream = field(default_factory=lambda: Stream(Sender.GATEWAY))


class _Asking:
    """Plays the clients of a recording.

    Args:
        gateway: whom they ask.
        clock: the gateway's.
        dialogues: what the recording has of each connection.
    """

    def __init__(self, gateway: SimulatedGateway, clock: SteppedTime, dialogues: Sequence[Dialogue]) -> None:
        self.entries: list[Entry] = []
        self.unasked = 0
        ours = gateway.truth.accounts
        self.accounts = {name: ours[min(place, len(ours) - 1)] for place, name in enumerate(_accounts(dialogues))}
        self._gateway, self._clock = gateway, clock
        self._began, self._at = clock.now(), 0.0
        self._versions = {each.connection: each.server_version for each in dialogues}
        self._open: dict[int, _Connection] = {}
        self._heard = 0

    async def take(self, entry: Entry) -> None:
        """Do what a client did, at its moment; what the gateway did is only waited for."""
        match entry:
            case Greeted() if entry.connection in self._versions:
                await self._advance(entry.at)
                await self._greet(entry)
            case Framed(sender=Sender.CLIENT) if entry.connection in self._open:
                await self._advance(entry.at)
                await self._request(entry, self._open[entry.connection])
            case Ended(change=change, by=by) if change in _ENDS or by is Sender.CLIENT:
                await self._advance(entry.at)
                await self._end(entry.connection)
            case _:
                pass

    async def finish(self) -> None:
        """Wait for what the gateway still has to say."""
        await self._settle(_LAST_PATIENCE)

    async def leave(self) -> None:
        """End all connections."""
        for number in list(self._open):
            await self._end(number)

    async def _advance(self, at: float) -> None:
        """Go on to a moment; whoever waits for one before it has it."""
        target = self._began + at
        for _ in range(_MOST_WAITS):
            due = self._clock.due
            if due is None or due > target:
                break
            self._clock.step(max(0.0, due - self._clock.now()))
            self._at = max(self._at, self._clock.now() - self._began)
            await self._settle()
        self._clock.step(max(0.0, target - self._clock.now()))
        self._at = max(self._at, at)
        await self._settle()

    async def _settle(self, patience: float = _MOMENT) -> None:
        """Let the gateway say all that it has to say now."""
        before = -1
        while before != self._heard:
            before = self._heard
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            await asyncio.sleep(patience)

    async def _greet(self, entry: Greeted) -> None:
        reader, writer = await asyncio.open_connection(self._gateway.host, self._gateway.port)
        number = entry.connection
        connection = _Connection(recorded=Codec(self._versions[number]), reader=reader, writer=writer)
        self._open[number] = connection
        self.entries += [Opened(at=entry.at, connection=number), entry]
        connection.hearing = asyncio.create_task(self._hear(number, connection))
        writer.write(entry.data)
        await self._settle()

    async def _request(self, entry: Framed, connection: _Connection) -> None:
        payload = self._payload(entry.payload, connection)
        if payload is None:
            self.unasked += 1
            return
        self.entries.append(Framed(at=entry.at, connection=entry.connection, sender=Sender.CLIENT, payload=payload))
        if not connection.writer.is_closing():
            connection.writer.write(encode_frame(payload))
        await self._settle()

    def _payload(self, payload: bytes, connection: _Connection) -> bytes | None:
        """Write a request anew, as the simulated gateway's version has it and with its accounts."""
        if connection.codec is None:
            return None
        try:
            request = connection.recorded.decode(payload, Sender.CLIENT)
            if isinstance(request, Message):
                written = connection.codec.encode(Message(request.name, _renamed(request.values, self.accounts)))
                return written if len(written) <= MAX_FRAME else None
        except ProtocolError:
            pass
        return payload if connection.codec.server_version == connection.recorded.server_version else None

    async def _hear(self, number: int, connection: _Connection) -> None:
        with suppress(OSError):
            while data := await connection.reader.read(_CHUNK):
                for part in connection.stream.feed(data):
                    if not isinstance(part.content, Hello):
                        self._framed(number, part.content, connection)
        connection.writer.close()  # nobody has files for all connections that a recording may have
        self._heard += 1
        self.entries.append(Ended(at=self._at, connection=number, change=Change.HALF_CLOSED, by=Sender.GATEWAY))

    def _framed(self, number: int, payload: bytes, connection: _Connection) -> None:
        self._heard += 1
        if connection.codec is None:
            with suppress(ProtocolError):
                connection.codec = Codec(parse_version_reply(payload).server_version)
        self.entries.append(Framed(at=self._at, connection=number, sender=Sender.GATEWAY, payload=payload))

    async def _end(self, number: int) -> None:
        connection = self._open.pop(number, None)
        if connection is None:
            return
        if connection.hearing is not None:
            connection.hearing.cancel()
            await asyncio.gather(connection.hearing, return_exceptions=True)
        connection.writer.close()
        with suppress(OSError):
            await connection.writer.wait_closed()
        self.entries.append(Ended(at=self._at, connection=number, change=Change.CLOSED))
        await self._settle()


def _accounts(dialogues: Sequence[Dialogue]) -> tuple[str, ...]:
    """Return the accounts that a recorded gateway showed, in its order."""
    for dialogue in dialogues:
        for told in dialogue.greeting:
            message = dialogue.read(told) if told.name == "managed_accounts" else None
            if message is not None:
                return tuple(filter(None, message.text("accounts").split(",")))
    return ()


def _renamed(values: Mapping[str, Value], accounts: Mapping[str, str]) -> dict[str, Value]:
    """Return values with the accounts of the simulated gateway in place of those that were recorded."""
    return {name: _renamed_in(value, accounts) for name, value in values.items()}


def _renamed_in(value: Value, accounts: Mapping[str, str]) -> Value:
    if isinstance(value, str):
        return accounts.get(value, value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(_renamed(item, accounts) for item in value)
    return value
