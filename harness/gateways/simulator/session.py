"""Runs one client's session with a simulated gateway."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import math
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Protocol, TypeVar

from harness.gateways.simulator import version_reply
from harness.gateways.simulator.answers import UNREADABLE, UNREADABLE_TEXT, answer, greeting, limits
from harness.gateways.simulator.answers.accounts import watch_positions
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.client import Client
from harness.gateways.simulator.doors import CHUNK, MAY_LEAVE, part
from harness.gateways.simulator.gateway_profiles import Profile
from harness.gateways.simulator.own_errors import OwnError, id_in, name_of, words_of
from harness.gateways.simulator.pacing import Rate
from harness.gateways.simulator.streams import AT_ONCE, WHOLE, Kind, due_after, phase_of
from harness.gateways.simulator.timing import Timing, WallTime
from harness.gateways.simulator.trading.desk import Desk, desk_of
from harness.gateways.simulator.truth import Truth
from harness.gateways.simulator.writing import in_parts, write
from harness.known.scenarios import ANY, ORDINARY, Behaviour
from harness.wire.codec import Spoken, in_words
from harness.wire.hello import Hello
from harness.wire.message import Message, Sender, UnknownMessage
from harness.wire.side import GatewaySide
from harness.wire.wire_errors import ProtocolError, UnreadableError

log = logging.getLogger("ib_compat.simulator")

CLIENT_ID_IN_USE = 326

LONGEST_REQUEST = 2**20
"""Bytes; an order with a thousand conditions is shorter. So 32 clients that end none take no more than 32 MiB."""

_APART = 0.3
"""Seconds between two pieces that must not be read as one."""

_SAME_FOR_ALL = frozenset({"req_positions"})
"""Requests whose answer does not depend on who asks."""


T = TypeVar("T")


class Registry(Protocol):
    """The connected clients; shared by the sessions of one gateway."""

    def claim(self, client_id: int) -> bool:
        """Take a client id; return whether it was free."""
        ...

    def release(self, client_id: int) -> None:
        """Release a client id."""
        ...

    def restart(self) -> None:
        """Begin a restart, which ends all connections."""
        ...


class Session:
    """Serves one client from its hello to the end of its connection.

    Args:
        label: what the log calls the connection.
        profile: what the gateway speaks.
        truth: returns the data of its answers at this moment.
        registry: who else is connected.
        writer: the way to the client.
        behaviour: how the gateway differs from an ordinary one.
        written: answers that are the same for every client of the gateway, by request and server version.
        timing: the clock of the computer that the gateway runs on.
        desk_of_client: returns a client id's orders and accounts; by default its own, which end with the connection.
        overhear: is told all that the client sends, and all that is sent to it; by default nobody listens.
    """

    def __init__(
        self,
        label: str,
        *,
        profile: Profile,
        truth: Callable[[], Truth],
        registry: Registry,
        writer: asyncio.StreamWriter,
        behaviour: Behaviour = ORDINARY,
        written: dict[tuple[str, int | None], bytes] | None = None,
        timing: Timing | None = None,
        desk_of_client: Callable[[int], Desk] | None = None,
        overhear: Callable[[Sender, bytes], None] = lambda _sender, _data: None,
    ) -> None:
        self._label, self._overhear = label, overhear
        self._profile, self._truth = profile, truth
        self._registry, self._writer = registry, writer
        self._side = GatewaySide(longest=LONGEST_REQUEST)
        self._behaviour, self._written = behaviour, {} if written is None else written
        self._timing = timing or WallTime()
        self._desk_of_client = desk_of_client or (lambda _: desk_of(truth(), behaviour, self._timing))
        self._rate = Rate(behaviour, self._timing)
        self._client: Client | None = None
        self._beats: dict[float, asyncio.Task[None]] = {}
        self._push: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()
        self._reader: asyncio.StreamReader | None = None
        self._open = True
        self.greeted = False
        """Whether the client has sent a hello."""
        self.answered = False
        """Whether it was still there when it was answered."""
        self.overdue = False
        """Whether it was closed because it sent nothing for too long."""
        self._since = asyncio.get_running_loop().time()
        self._due: float | None = self._since + behaviour.hello_timeout

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Answer until the client leaves, or says what no client may."""
        self._reader = reader
        try:
            while self._open and (data := await self._read(reader)):
                self._overhear(Sender.CLIENT, data)
                await self._receive(data)
                await self._receive(self._side.early())
            if self._behaviour.closes_after_version and not self._open:
                await part(reader, self._writer)  # START_API is on its way
        except ProtocolError as problem:
            log.warning("%s closed: %s", self._label, problem)
        except OwnError as problem:
            log.warning("%s closed: the simulator failed before START_API: %s", self._label, problem)
        except OSError as problem:
            log.info("%s broke off: %s", self._label, problem)
        finally:
            if self._client is not None:
                self._client.desk.leave(self._client)
                self._registry.release(self._client.client_id)
            tasks = [*self._beats.values(), *([self._push] if self._push else [])]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._rate.is_used_up:  # what it was told last must not be lost in a reset
                await part(reader, self._writer, within=MAY_LEAVE)

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        """Read what comes next; who is to say hello, or to start the API, has so long for it."""
        if self._due is None:
            return await reader.read(CHUNK)
        try:
            async with asyncio.timeout_at(self._due):
                return await reader.read(CHUNK)
        except TimeoutError:
            self.overdue = True
            self._close(f"no {'START_API' if self.greeted else 'hello'} within {self._behaviour.hello_timeout:g} s")
            return b""

    async def _receive(self, data: bytes) -> None:
        """Answer one message at a time: the client must take the answers, and other clients want theirs too."""
        messages = self._side.receive(data)
        while self._open:
            try:
                heard = next(messages)
            except StopIteration:
                return
            except UnreadableError as problem:
                await self._write(self._refuse(problem))
                continue
            if isinstance(heard, Hello):
                self.greeted, self._due = True, None  # now it is our turn
                await self._delay()
            if self._client is not None:
                await self._rate.take()
            pieces = self._answer_or_own_up(heard)
            self.answered |= bool(pieces) and not self._left()
            await self._write_apart(pieces)
            self._beat_on()
            await asyncio.sleep(0)

    def _beat_on(self) -> None:
        """Begin to send what the client watches, if that is not done already."""
        if self._client is None:
            return
        for period in self._client.streams.periods():
            beat = self._beats.get(period)
            if beat is None or beat.done():
                self._beats[period] = asyncio.create_task(self._send_streams(self._client, period))

    async def _send_unasked(self, client: Client) -> None:
        """Send what happens to a client's orders and accounts, when it happens."""
        try:
            while True:
                await client.outbox.filled()
                await self._write(self._unasked(client))
                self._beat_on()
        except OSError as problem:
            log.info("%s broke off: %s", self._label, problem)
        except Exception:
            log.exception("%s is told nothing unasked any more: the simulator failed", self._label)

    def _unasked(self, client: Client) -> bytes:
        """Return what waits for a client; a message that cannot be written is left out, and is our own error."""
        frames = []
        for message in client.outbox.drain():
            with contextlib.suppress(OwnError):
                frames.append(self._made(functools.partial(self._frames, [message]), f"with {message.name}, unasked"))
        return b"".join(frames)

    async def _send_streams(self, client: Client, period: float) -> None:
        """Send what the client watches of a period, as long as there is any; others have their turn after each part."""
        told, phase = -math.inf, phase_of(client.client_id, period)
        try:
            while client.streams.watched(period):
                told = due_after(max(told, client.now()), period, phase)  # the clock may be slower than the wait
                await self._timing.until(told - self._behaviour.clock_ahead)
                told = max(told, due_after(client.now(), period, phase) - period)  # or faster
                watched = client.streams.watched(period)
                for due in in_parts(piece for each in watched for piece in self._stream(client, *each, told)):
                    await self._write(due)
                    await asyncio.sleep(0)
        except OSError as problem:
            log.info("%s broke off: %s", self._label, problem)
        except Exception:
            log.exception("%s gets nothing more of what it watches: the simulator failed", self._label)

    def _stream(self, client: Client, kind: Kind, req_id: int, moment: float) -> Iterator[bytes]:
        """Yield what one of the things that a client watches is due; one that fails ends with an error."""
        due = client.streams.told_at(moment, kind, req_id)
        try:
            while piece := self._made(lambda: self._frames(islice(due, AT_ONCE)), f"{kind} {req_id}"):
                yield piece
                if kind not in WHOLE:
                    break
        except OwnError as failure:
            client.streams.cancel(kind, req_id)
            yield self._frames([error(UNREADABLE, words_of(failure), req_id)])

    def _answer_or_own_up(self, heard: Hello | Message | UnknownMessage) -> tuple[bytes, ...]:
        """Answer; if the simulator fails, say so with 320, and go on. Before START_API no client reads an error.

        Raises:
            OwnError: it failed before START_API.
        """
        unasked = b"" if self._client is None else self._unasked(self._client)  # not lost if the answer fails
        try:
            pieces = self._made(lambda: self._answer(heard), name_of(heard))
        except OwnError as failure:
            if self._client is None:
                raise
            pieces = (self._frames([error(UNREADABLE, words_of(failure), id_in(heard))]),)
        return (unasked + pieces[0], *pieces[1:]) if pieces else ()

    def _made(self, make: Callable[[], T], what: str) -> T:
        """Make what is to be sent: nothing here is read or written, so whatever is raised is our own error.

        Raises:
            OwnError: it could not be made.
        """
        try:
            return make()
        except Exception as problem:
            log.exception("%s: the simulator failed to answer %s", self._label, what)
            raise OwnError(problem) from problem

    def _left(self) -> bool:
        """Return whether the client has ended its side."""
        return self._reader is not None and self._reader.at_eof()

    def _refuse(self, problem: UnreadableError) -> bytes:
        """Answer a request that cannot be read with 320, as IBKR documents; before START_API it ends the session."""
        if self._client is None:
            raise problem
        log.warning("%s sent what cannot be read: %s", self._label, problem)
        return self._frames([error(UNREADABLE, f"{UNREADABLE_TEXT}{problem.reason}")])

    async def _write_apart(self, pieces: tuple[bytes, ...]) -> None:
        """Write pieces so that each is read alone: the client has the time to take one before the next."""
        for number, piece in enumerate(pieces):
            if number:
                await asyncio.sleep(_APART)
            await self._write(piece)

    async def _write(self, data: bytes) -> None:
        self._overhear(Sender.GATEWAY, data)
        async with self._writing:  # slow bytes of an answer are not torn by what is sent unasked
            await write(self._writer, data, self._behaviour, greeted=self._client is not None)

    async def _delay(self) -> None:
        """Wait until the version reply is due, counted from the connect: for so long a dialog is open."""
        due = self._since + self._behaviour.version_delay
        await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))

    def _answer(self, heard: Hello | Message | UnknownMessage) -> tuple[bytes, ...]:
        self._log("<<<", heard)
        if isinstance(heard, Hello):
            return self._greet(heard)
        if self._ends_on(heard):
            self._close(f"the scenario closes on {self._behaviour.closes_on}")
            return ()
        if self._client is None:
            return (self._start(heard),)
        if isinstance(heard, Message) and heard.name == self._behaviour.restarts_on:
            self._close(f"the scenario restarts on {heard.name}")
            self._registry.restart()
            return ()
        if (refusal := limits.of_rate(heard, self._rate)) is not None:
            if self._rate.is_used_up:
                self._close("it has sent too fast too often")
            return (self._frames([refusal]),)
        return (self._answer_of(heard, self._client),)

    def _answer_of(self, heard: Message | UnknownMessage, client: Client) -> bytes:
        client.truth = self._truth()
        client.desk.settle()
        if isinstance(heard, Message) and heard.name in _SAME_FOR_ALL and not log.isEnabledFor(logging.DEBUG):
            return self._same_for_all(heard, client)
        return self._frames(answer(heard, client))

    def _ends_on(self, heard: Message | UnknownMessage) -> bool:
        named = isinstance(heard, Message) and heard.name == self._behaviour.closes_on
        return self._client is not None if self._behaviour.closes_on == ANY else named

    def _same_for_all(self, request: Message, client: Client) -> bytes:
        """Write an answer once for each server version: ten thousand holdings would hold up everybody, each time."""
        watch_positions(client)
        if not client.desk.ledger.is_still:
            return self._frames(answer(request, client))
        key = (request.name, self._side.server_version)
        if key not in self._written:
            self._written[key] = self._frames(answer(request, client))
        return self._written[key]

    def _greet(self, hello: Hello) -> tuple[bytes, ...]:
        """Send the version reply in one piece and alone; IBKR's own client reads nothing that comes with it."""
        self._rate.heed(hello.options)
        most = self._behaviour.silent_above
        if most is not None and hello.max_version > most:
            return ()
        reply = version_reply.reply_to(hello, self._profile, self._behaviour)
        if reply is None:
            self._close(f"the client speaks {hello.min_version} to {hello.max_version} only")
            return ()
        self._log(">>>", reply)
        if version_reply.goes_on(self._behaviour):
            self._side.accept(reply)
            self._due = asyncio.get_running_loop().time() + self._behaviour.hello_timeout
        if self._behaviour.closes_after_version:
            self._close("the scenario closes after the version reply")
        return version_reply.pieces(reply, self._behaviour)

    def _start(self, heard: Message | UnknownMessage) -> bytes:
        """Take START_API; a request before it is dropped, as IBKR's documentation warns."""
        if not isinstance(heard, Message) or heard.name != "start_api":
            log.warning("%s dropped a request before START_API", self._label)
            return b""
        client_id = heard.number("client_id")
        if self._behaviour.holds(client_id) or not self._registry.claim(client_id):
            text = "Unable to connect as the client id is already in use. Retry with a unique client id."
            self._close(f"client id {client_id} is in use")
            return self._frames([error(CLIENT_ID_IN_USE, text)])
        self._due = None
        self._client = Client(
            client_id=client_id,
            server_version=self._side.server_version or 0,
            truth=self._truth(),
            behaviour=self._behaviour,
            timing=self._timing,
            application=tuple(map(int, self._profile.version.split("."))),
            desk=self._desk_of_client(client_id),
        )
        self._client.desk.join(self._client)
        self._push = asyncio.create_task(self._send_unasked(self._client))
        return self._frames(greeting(self._client))

    def _frames(self, messages: Iterable[Message]) -> bytes:
        frames = []
        for message in messages:
            if not self._behaviour.sends(message.name):
                continue
            by_our_clock = self._by_our_clock(message)
            self._log(">>>", by_our_clock)
            frames.append(self._side.send(by_our_clock))
        return b"".join(frames)

    def _by_our_clock(self, message: Message) -> Message:
        """Set an error's time by the gateway's clock, which the code that creates errors does not know."""
        if message.name != "error":
            return message
        now = self._timing.now() + self._behaviour.clock_ahead
        return Message("error", {**message.values, "time_ms": int(now * 1000)})

    def _close(self, reason: str) -> None:
        log.warning("%s closed: %s", self._label, reason)
        self._open = False

    def _log(self, direction: str, spoken: Spoken) -> None:
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s %s %s", self._label, direction, in_words(spoken))
