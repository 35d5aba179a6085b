"""Serves one client of a replayed gateway, from its hello to the end of its connection."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from itertools import chain
from math import inf
from typing import Protocol

from harness.gateways.replay.asked import Asked, Expected
from harness.gateways.replay.names import Names, OrderIds
from harness.gateways.replay.playing import AT_THE_CLIENTS_PACE, PART, Due, Playing, Speed
from harness.gateways.replay.recorded import NOTHING, Guest, Recorded, ends_connection
from harness.gateways.replay.rewriting import Line, as_it_was
from harness.gateways.replay.together import Together
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

_ID_TAKEN = "Unable to connect as the client id is already in use. Retry with a unique client id."
_ID_TAKEN_CODE = 326


Heard = Hello | Message | UnknownMessage | Asked
"""What a client says; requests are unread if they are recognised."""


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
    """Answers one client, without an input or output of its own.

    Args:
        label: what the log calls the connection.
        recorded: what can be answered.
        registry: who else is connected.
        speed: how fast.
        clock: what time it is, in seconds.
    """

    def __init__(
        self, label: str, *, recorded: Recorded, registry: Registry, speed: Speed, clock: Callable[[], float]
    ) -> None:
        self._label = label
        self._recorded = recorded
        self._registry = registry
        self._speed = speed
        self._clock = clock
        self._now = clock()
        self._side = GatewaySide(longest=LONGEST_REQUEST)
        self._heard: Iterator[Heard] = iter(())
        self._version = 0
        self._hello: Hello | None = None
        self._client_id: int | None = None
        self._guest: Guest | None = None
        self._dialogue: IndexedDialogue | None = None
        self._expected: Expected | None = None
        self._asked = 0
        self._data_type = LIVE
        self._playing: list[Playing] = []
        self._active: dict[int, IndexedExchange] = {}
        self.is_open = True
        """Whether the gateway goes on: it ends where the recorded one did, and where the client says what none may."""

    def hear(self, data: bytes) -> None:
        """Take what the client said."""
        try:
            self._heard = self._requests(data) if self._version else self._side.receive(data)
        except ProtocolError as problem:
            self._let_go(problem)

    def take(self) -> bytes:
        """Return what is to be sent by now: about a part, if it is more, and nothing if it is nothing."""
        part, self._now = bytearray(), self._clock()
        while self.is_open:
            self._take_due(part)
            if len(part) >= PART or not self.is_open:
                break
            try:
                heard = next(self._heard, None)
                if heard is None:
                    break
                if log.isEnabledFor(logging.DEBUG):
                    self._log("<<<", heard.message if isinstance(heard, Asked) else heard)
                part += self._answer(heard)
            except UnreadableError as problem:
                part += self._not_recorded(f"a request that cannot be read ({problem.reason})", NO_REQUEST)
            except InputError as problem:
                part += self._damaged(problem, None, None)
            except ProtocolError as problem:
                self._let_go(problem)
        return bytes(part)

    def due(self) -> float:
        """Return when there is something to be sent though the client says nothing; infinity if there is not."""
        if not self._playing:
            return inf
        return min(playing.due(self._asked, self._speed) for playing in self._playing)

    def leave(self) -> None:
        """Let others have the client's id."""
        if self._client_id is not None:
            self._registry.release(self._client_id)
            self._client_id = None

    def _let_go(self, problem: ProtocolError) -> None:
        log.warning("%s closed: %s", self._label, problem)
        self.is_open = False

    def _requests(self, data: bytes) -> Iterator[Heard]:
        return map(self._recognised, self._side.payloads(data))

    def _recognised(self, payload: bytes) -> Message | UnknownMessage | Asked:
        expected = self._expected.recognised(payload) if self._expected is not None else None
        return expected or self._side.read(payload)

    def _take_due(self, part: bytearray) -> None:
        """Add what is due, as far as there is room in the part; note if the gateway then ends the connection."""
        if not self._playing:
            return
        over = False
        for playing in self._playing:
            playing.take(part, self._now, self._asked, self._speed, self._version)
            if len(part) >= PART:
                return
            if playing.problem is not None:
                name = None if playing.exchange is None else playing.exchange.name
                part += self._damaged(playing.problem, name, playing.names.number)
                playing.problem = None
            if playing.is_done:
                over = True
                if playing.due(self._asked, self._speed) <= self._now:
                    log.info("%s closes, as in the recording", self._label)
                    self.is_open = False
        if over:
            self._playing = [each for each in self._playing if not each.is_done or each.closes_after < inf]

    def _answer(self, heard: Heard) -> bytes:
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
            self.is_open = False
            return b""
        self._hello = hello
        reply = VersionReply(server_version=version, connection_time=self._recorded.connection_time(hello))
        self._log(">>>", reply)
        accepted, self._version = self._side.accept(reply), version
        self._heard = self._requests(self._side.early())
        return accepted

    def _start(self, heard: Message | UnknownMessage | Asked) -> bytes:
        if not isinstance(heard, Message) or heard.name != "start_api" or self._hello is None:
            log.warning("%s dropped a request before START_API", self._label)
            return b""
        client_id = heard.number("client_id")
        if not self._registry.claim(client_id):
            self.is_open = False
            return self._id_taken(client_id)
        self._client_id = client_id
        self._guest = self._registry.guest(client_id, self._hello)
        dialogue = self._dialogue = self._guest.connect()
        self._expected = Expected(dialogue, self._version)
        lines = list(self._greeting(dialogue, self._guest))
        closes = inf if dialogue.exchanges else self._recorded.closes_after(dialogue)
        self._play_all(None, lines, Names(None, client_id, self._guest.orders), closes)
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
        return self._begin(exchange, number, guest, dialogue)

    def _recorded_of(self, request: Asked, guest: Guest, dialogue: IndexedDialogue) -> IndexedExchange | None:
        known = guest.about if request.name in ABOUT_ORDERS else self._active
        before = known.get(request.number) if request.number is not None else None
        if before is not None and (request.name in ABOUT_ORDERS or request.kind.cancels):
            return self._recorded.follow(request.keys, before, guest)
        return self._recorded.find(request.keys, self._version, dialogue, guest)

    def _begin(self, exchange: IndexedExchange, number: int | None, guest: Guest, dialogue: IndexedDialogue) -> bytes:
        """Play what answers a request, and, the first time, what else happened on this connection then.

        Return what need not be played, because it is all there is and due at once.
        """
        here = exchange.dialogue is dialogue and exchange not in guest.used
        guest.used.add(exchange)
        names = Names(number, self._client_id or 0, guest.orders)
        unasked = self._recorded.unasked(exchange) if here else NOTHING
        first = next(unasked, None)
        closes = self._recorded.closes_after(dialogue) if here and ends_connection(exchange) else inf
        whole = self._whole(exchange, names) if first is None else None
        if whole is not None and not whole.requests and closes == inf and not self._playing:
            return whole.frames
        lines = self._lines(exchange, guest) if whole is None else (whole,)
        if first is not None:
            lines = merge(lines, chain((first,), unasked), key=lambda each: each.delay)
        self._play_all(exchange, lines, names, closes)
        return b""

    def _whole(self, exchange: IndexedExchange, names: Names) -> Together | None:
        may_be = self._speed is AT_THE_CLIENTS_PACE and exchange.name != "req_ids"
        return self._recorded.together(exchange) if may_be and as_it_was(exchange, self._version, names) else None

    def _lines(self, exchange: IndexedExchange, guest: Guest) -> Iterable[Due]:
        lines = self._recorded.scheduled(exchange, self._version)
        if exchange.name != "req_ids":
            return lines
        return [self._recorded.above(each, guest.highest) for each in lines]

    def _play_all(self, exchange: IndexedExchange | None, lines: Iterable[Due], names: Names, closes: float) -> None:
        playing = Playing(
            exchange=exchange,
            lines=lines,
            names=names,
            since=self._now,
            asked=self._asked,
            closes_after=closes,
        )
        self._playing.append(playing)

    def _stop(self, request: Asked) -> None:
        """End what a request cancels."""
        if not self._playing or request.name in ABOUT_ORDERS or not request.is_cancel:
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
        self.is_open = False
        return b""

    def _log(self, direction: str, spoken: Spoken) -> None:
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s %s %s", self._label, direction, in_words(spoken))
