"""Serves one client of a replayed gateway, from its hello to the end of its connection."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import chain
from math import inf
from typing import Protocol

from harness.gateways.replay.asked import Asked, Expected
from harness.gateways.replay.names import Names, OrderIds
from harness.gateways.replay.playing import PART, Playing, Scheduled, Speed
from harness.gateways.replay.recorded import Guest, Recorded, ends_connection
from harness.gateways.replay.rewriting import Line
from harness.gateways.replay.unanswered import bare_end, wants_answer
from harness.gateways.simulator.answers.notices import NO_REQUEST, error
from harness.known.gateway_versions import document
from harness.recordings.attribution import ABOUT_ORDERS
from harness.recordings.indexed import IndexedDialogue, IndexedExchange
from harness.recordings.meaning import LIVE
from harness.shared import not_recorded
from harness.shared.errors import InputError
from harness.wire.codec import Spoken, in_words
from harness.wire.hello import Hello, VersionReply, negotiate
from harness.wire.message import Message, UnknownMessage
from harness.wire.side import GatewaySide
from harness.wire.wire_errors import ProtocolError, UnreadableError

log = logging.getLogger("ib_compat.replay")

LONGEST_REQUEST = 2**20
"""Bytes of the longest request that is taken."""

_CHUNK = 65536
_ID_TAKEN = "Unable to connect as the client id is already in use. Retry with a unique client id."
_ID_TAKEN_CODE = 326


class Registry(Protocol):
    """The clients of the gateway."""

    def claim(self, client_id: int) -> bool:
        """Take a client id; return whether it was free."""
        ...

    def release(self, client_id: int) -> None:
        """Release a client id."""
        ...

    def guest(self, client_id: int, hello: Hello) -> Guest:
        """Return a client by its id and hello; one that was here before is known."""
        ...


class Session:
    """Answers one client.

    Args:
        label: what the log calls the connection.
        recorded: what can be answered.
        registry: who else is connected.
        writer: the way to the client.
        speed: how fast.
    """

    def __init__(
        self, label: str, *, recorded: Recorded, registry: Registry, writer: asyncio.StreamWriter, speed: Speed
    ) -> None:
        self._label = label
        self._recorded = recorded
        self._registry = registry
        self._writer = writer
        self._speed = speed
        self._side = GatewaySide(longest=LONGEST_REQUEST)
        self._hello: Hello | None = None
        self._client_id: int | None = None
        self._guest: Guest | None = None
        self._dialogue: IndexedDialogue | None = None
        self._expected: Expected | None = None
        self._asked = 0
        self._data_type = LIVE
        self._playing: list[Playing] = []
        self._active: dict[int, IndexedExchange] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._later: asyncio.Task[None] | None = None
        self._open = True
        self._loop = asyncio.get_running_loop()

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Answer until the client leaves, the recorded gateway did, or the client says what no client may."""
        try:
            while self._open and (data := await reader.read(_CHUNK)):
                await self._receive(data)
                if early := self._side.early():
                    await self._receive(early)
        except ProtocolError as problem:
            log.warning("%s closed: %s", self._label, problem)
        except OSError as problem:
            log.info("%s broke off: %s", self._label, problem)
        finally:
            if self._client_id is not None:
                self._registry.release(self._client_id)
            if self._timer is not None:
                self._timer.cancel()
            if self._later is not None:
                self._later.cancel()
                await asyncio.gather(self._later, return_exceptions=True)

    async def _receive(self, data: bytes) -> None:
        """Answer all that came; one write for it costs a fraction of one for each message."""
        messages, answers = self._heard(data), bytearray()
        while self._open:
            try:
                heard = next(messages, None)
            except UnreadableError as problem:
                answers += self._not_recorded(f"a request that cannot be read ({problem.reason})", NO_REQUEST)
                continue
            if heard is None:
                break
            if log.isEnabledFor(logging.DEBUG):
                self._log("<<<", heard.message if isinstance(heard, Asked) else heard)
            try:
                answers += self._answer(heard)
            except InputError as problem:
                answers += self._damaged(problem, None, None)
            for frames in self._due():
                answers += frames
                if len(answers) >= PART:
                    await self._write(bytes(answers))
                    answers.clear()
        await self._write(bytes(answers))
        self._set_timer()

    def _heard(self, data: bytes) -> Iterator[Hello | Message | UnknownMessage | Asked]:
        """Take what came; yield what it completes, requests unread if they are recognised."""
        if self._side.server_version is None:
            return self._side.receive(data)
        return map(self._recognised, self._side.payloads(data))

    def _recognised(self, payload: bytes) -> Message | UnknownMessage | Asked:
        expected = self._expected.recognised(payload) if self._expected is not None else None
        return expected or self._side.read(payload)

    def _set_timer(self) -> None:
        """Wake up when the next message is due; to wake up too early costs less than a timer for each request."""
        due = min((playing.due(self._asked, self._speed) for playing in self._playing), default=inf)
        timer = self._timer
        if due == inf or (timer is not None and not timer.cancelled() and self._loop.time() < timer.when() <= due):
            return
        if timer is not None:
            timer.cancel()
        self._timer = self._loop.call_at(due, self._wake)

    def _wake(self) -> None:
        """Let be sent what is due by time, if it was not sent before, at a later request."""
        if not self._open or (self._later is not None and not self._later.done()):
            return
        now = self._loop.time()
        if any(playing.due(self._asked, self._speed) <= now for playing in self._playing):
            self._later = asyncio.create_task(self._play())
        else:
            self._set_timer()

    async def _play(self) -> None:
        """Send what is due by time."""
        try:
            for frames in self._due():
                await self._write(frames)
            await self._write(b"")
        except OSError as problem:
            log.info("%s broke off: %s", self._label, problem)
        else:
            self._set_timer()

    def _due(self) -> Iterator[bytes]:
        """Yield what is due; note if the gateway then ends the connection."""
        for playing in list(self._playing):
            while frames := playing.take(self._loop.time(), self._asked, self._speed, self._version):
                yield frames
            if playing.problem is not None:
                name = None if playing.exchange is None else playing.exchange.name
                yield self._damaged(playing.problem, name, playing.names.number)
                playing.problem = None
            if playing.done and playing.due(self._asked, self._speed) <= self._loop.time():
                log.info("%s closes, as in the recording", self._label)
                self._open = False
        self._playing = [each for each in self._playing if not each.done or each.closes_after < inf]

    async def _write(self, data: bytes) -> None:
        if data and not self._writer.is_closing():
            self._writer.write(data)
            await self._writer.drain()
        if not self._open:
            self._writer.close()

    @property
    def _version(self) -> int:
        return self._side.server_version or 0

    def _answer(self, heard: Hello | Message | UnknownMessage | Asked) -> bytes:
        """Return what is sent before all that is played."""
        if isinstance(heard, Hello):
            return self._greet(heard)
        if self._guest is None or self._dialogue is None:
            return self._start(heard)
        self._asked += 1
        if isinstance(heard, UnknownMessage):
            return self._not_recorded(f"message {heard.id}", NO_REQUEST)
        asked = heard if isinstance(heard, Asked) else self._read(heard)
        try:
            return self._answer_request(asked, self._guest, self._dialogue)
        except InputError as problem:
            return self._damaged(problem, asked.name, asked.number)

    def _greet(self, hello: Hello) -> bytes:
        least = document()["min_server_version"]
        version = negotiate(hello, gateway_min=least, gateway_max=self._recorded.highest)
        if version is None:
            log.warning("%s closed: it speaks %d to %d", self._label, hello.min_version, hello.max_version)
            self._open = False
            return b""
        self._hello = hello
        reply = VersionReply(server_version=version, connection_time=self._recorded.connection_time(hello))
        self._log(">>>", reply)
        return self._side.accept(reply)

    def _start(self, heard: Message | UnknownMessage | Asked) -> bytes:
        if not isinstance(heard, Message) or heard.name != "start_api" or self._hello is None:
            log.warning("%s dropped a request before START_API", self._label)
            return b""
        client_id = heard.number("client_id")
        if not self._registry.claim(client_id):
            self._open = False
            return self._id_taken(client_id)
        self._client_id = client_id
        self._guest = self._registry.guest(client_id, self._hello)
        dialogue = self._dialogue = self._guest.connect()
        self._expected = Expected(dialogue, self._version)
        lines = [Scheduled(line=line, delay=line.told.delay) for line in self._greeting(dialogue, self._guest)]
        closes = inf if dialogue.exchanges else self._recorded.closes_after(dialogue)
        self._play_all(None, lines, self._names(None, client_id, self._guest), closes)
        return b""

    def _greeting(self, dialogue: IndexedDialogue, guest: Guest) -> Iterable[Line]:
        for told in dialogue.greeting:
            yield self._recorded.above(Line(dialogue, told, None), guest.highest)

    def _id_taken(self, client_id: int) -> bytes:
        log.warning("%s closed: client id %d is in use", self._label, client_id)
        if self._recorded.id_taken is not None:
            return self._recorded.id_taken.frame(
                self._version, Names(number=None, client_id=client_id, orders=OrderIds())
            )
        return self._side.send(error(_ID_TAKEN_CODE, _ID_TAKEN))

    def _read(self, request: Message) -> Asked:
        if request.name == "req_market_data_type":
            self._data_type = request.number("market_data_type")
        return Asked.of(request, self._data_type)

    def _answer_request(self, request: Asked, guest: Guest, dialogue: IndexedDialogue) -> bytes:
        number = request.number
        about_order = request.name in ABOUT_ORDERS
        exchange = self._recorded_of(request, guest, dialogue)
        self._stop(request)
        if about_order and number is not None:
            guest.highest = max(guest.highest, number)
        if exchange is None:
            return self._refuse(request.message, number) if wants_answer(request.message) else b""
        if self._expected is not None:
            self._expected.follows(exchange)
        if number is not None and about_order:
            guest.order(number, exchange)
        elif number is not None:
            self._active[number] = exchange
        self._begin(exchange, number, guest, dialogue)
        return b""

    def _recorded_of(self, request: Asked, guest: Guest, dialogue: IndexedDialogue) -> IndexedExchange | None:
        known = guest.about if request.name in ABOUT_ORDERS else self._active
        before = known.get(request.number) if request.number is not None else None
        if before is not None and (request.name in ABOUT_ORDERS or request.kind.cancels):
            return self._recorded.follow(request.keys, before, guest)
        return self._recorded.find(request.keys, self._version, dialogue, guest)

    def _begin(self, exchange: IndexedExchange, number: int | None, guest: Guest, dialogue: IndexedDialogue) -> None:
        """Play what answers a request, and, the first time, what else happened on this connection then."""
        here = exchange.dialogue is dialogue and exchange not in guest.used
        guest.used.add(exchange)
        lines = self._recorded.scheduled(exchange, self._version)
        if exchange.name == "req_ids":
            lines = [each._replace(line=self._recorded.above(each.line, guest.highest)) for each in lines]
        if here:
            earlier = exchange.at - dialogue.at
            unasked = self._recorded.unasked(exchange)
            further = (Scheduled(line=line, delay=line.told.delay - earlier) for line in unasked)
            first = next(further, None)
            if first is not None:
                lines = merge(lines, chain((first,), further), key=lambda each: each.delay)
        closes = self._recorded.closes_after(dialogue) if here and ends_connection(exchange) else inf
        self._play_all(exchange, lines, self._names(number, self._client_id or 0, guest), closes)

    def _play_all(
        self, exchange: IndexedExchange | None, lines: Iterable[Scheduled], names: Names, closes: float
    ) -> None:
        playing = Playing(
            exchange=exchange,
            lines=lines,
            names=names,
            since=self._loop.time(),
            asked=self._asked,
            closes_after=closes,
        )
        self._playing.append(playing)

    def _names(self, number: int | None, client_id: int, guest: Guest) -> Names:
        return Names(number=number, client_id=client_id, orders=guest.orders)

    def _stop(self, request: Asked) -> None:
        """End what a request cancels."""
        if request.name in ABOUT_ORDERS or not request.is_cancel:
            return
        cancelled = request.kind.cancels, request.number
        self._playing = [
            each
            for each in self._playing
            if each.exchange is None or (each.exchange.name, each.names.number) != cancelled
        ]

    def _refuse(self, request: Message, number: int | None) -> bytes:
        """Refuse a request. One without a number cannot be: libraries would wait for its end, which follows at once."""
        refused = self._not_recorded(request.name, number)
        end = bare_end(request, self._version) if number is None else None
        if end is None:
            return refused
        self._log(">>>", end)
        return refused + self._side.send(end)

    def _not_recorded(self, what: str, number: int | None) -> bytes:
        log.warning("%s asked what is not in the recording: %s", self._label, what)
        asked = NO_REQUEST if number is None else number
        message = error(not_recorded.CODE, not_recorded.text_of(what), asked)
        self._log(">>>", message)
        return self._side.send(message)

    def _damaged(self, problem: InputError, name: str | None, number: int | None) -> bytes:
        """Refuse a request whose answer cannot be read; without its start, the client is let go."""
        log.error("%s: %s", self._label, problem)
        if name is not None:
            return self._not_recorded(name, number)
        self._open = False
        return b""

    def _log(self, direction: str, spoken: Spoken) -> None:
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s %s %s", self._label, direction, in_words(spoken))
