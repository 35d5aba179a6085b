"""Connects ib_insync or ib_async, watches the stages in the library's own log records, and closes the connection.

Deadlines: ``timeout`` is given to the library as users give it. The library applies it four times: to the TCP
connect, to the wait for readiness, to the start-up requests and to the request for executions. We allow ``timeout``
until "API connection ready" and twice ``timeout`` for what follows, each with a little grace, so that the library's own
timeout fires first if it works.

Closing: both libraries leave the transport and the event loop to the garbage collector. We close them.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.base import MOST_CALLBACKS, CloseError
from adapters.listening import LogListener, guarded, heard_first
from adapters.records import ErrorCallback
from adapters.stages import StageClock, missing_at_ready

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from types import ModuleType

    from adapters.base import ConnectError, Endpoint, Kind, Observer


def release(loop: asyncio.AbstractEventLoop, ib: Any, timeout: float) -> None:
    """Disconnect as in `disconnect`, and close the loop."""
    try:
        disconnect(loop, ib, timeout)
    finally:
        _end(loop)


def disconnect(loop: asyncio.AbstractEventLoop, ib: Any, timeout: float) -> None:
    """Disconnect and wait until the socket is closed, for ``timeout`` seconds.

    The library's ``disconnect`` only asks the transport to close, which takes a turn of the loop.

    Raises:
        CloseError: the library did not close the socket, and it was closed here.
    """
    loop.run_until_complete(_disconnect(ib, timeout))


async def _disconnect(ib: Any, timeout: float) -> None:
    connection = ib.client.conn
    gone = asyncio.get_running_loop().create_future()

    @guarded
    def on_disconnected(*_: Any) -> None:
        if not gone.done():
            gone.set_result(None)

    connection.disconnected += on_disconnected
    ib.disconnect()
    if not connection.isConnected():
        return
    await asyncio.wait({gone}, timeout=timeout)
    if connection.isConnected():
        connection.transport.abort()
        raise CloseError(f"the library's socket was still open {timeout:g} s after disconnect")


def _end(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks, timeout=1.0))
    loop.run_until_complete(_shutdown(loop))
    asyncio.set_event_loop(None)
    loop.close()


def _shutdown(loop: asyncio.AbstractEventLoop) -> Coroutine[Any, Any, None]:
    # a host name, unlike an address, is resolved in a thread of the loop's executor
    return loop.shutdown_default_executor()


GRACE = 0.25
"""Seconds by which the library may exceed its own timeout before we end the connect."""

SYNC_TIMEOUTS = 2
"""How many timeouts the library may need after "API connection ready"."""

TURNS = 100
"""The most turns of the loop that a library needs to give up after its own timeout fired."""

CLEANUP = 1.0
"""Seconds for the library to let go of its socket after a failed connect."""


@dataclass(frozen=True)
class Limits:
    """How long a connect may take: ``timeout`` in seconds, or if requested until the gateway closes the connection.

    ``keep_loop`` leaves the loop open after a failure, because another connection uses it, or may.
    """

    timeout: float
    until_closed: bool = False
    keep_loop: bool = False


LOGGED_ON = "Logged on to server version "
TOO_OLD = "version must be >="


class ConnectLog(LogListener):
    """Follows a connect by the library's log records, because the library gives no other sign of its progress."""

    def __init__(self, clock: StageClock, observer: Observer, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._clock = clock
        self._observer = observer
        self._leaving = False
        self.api_ready: float | None = None
        self.peer_closed: float | None = None
        self.closed: asyncio.Future[None] = loop.create_future()
        self.errors: list[str] = []

    def hear(self, record: logging.LogRecord, message: str) -> None:
        """Read one record of the library."""
        if message == "Connected":
            self._clock.reached("tcp")
        elif message.startswith(LOGGED_ON):
            self._observer.negotiated(int(message.removeprefix(LOGGED_ON)))
            self._clock.reached("version")
        elif message == "API connection ready":
            self.api_ready = self._clock.elapsed()
        else:
            self._note_ending(message, record.levelno)

    def _note_ending(self, message: str, level: int) -> None:
        if message == "Disconnecting":
            self._leaving = True
        elif not self._leaving and message.startswith(("Disconnected.", "Peer closed connection")):
            self.peer_closed = self._clock.elapsed()
            if not self.closed.done():
                self.closed.set_result(None)
        if level >= logging.ERROR and not message.startswith("API connection failed"):
            self.errors.append(message)


class Attempt:
    """A connect under way."""

    def __init__(
        self, module: ModuleType, endpoint: Endpoint, observer: Observer, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.ib: Any = module.IB()
        self.clock = StageClock(observer)
        self.log = ConnectLog(self.clock, observer, loop)
        self.told: asyncio.Future[None] = loop.create_future()
        """Completed when the library has reported the end of the connection to its user."""
        self.callbacks: list[ErrorCallback] = []
        self.accounts: tuple[str, ...] | None = None
        self.next_order_id: int | None = None
        self._endpoint = endpoint
        self._observer = observer
        self._watch()

    def _watch(self) -> None:
        wrapper = self.ib.wrapper
        # the decoder looks these up on the instance for every message
        wrapper.managedAccounts = heard_first(self._keep_accounts, wrapper.managedAccounts)
        wrapper.nextValidId = heard_first(self._keep_order_id, wrapper.nextValidId)
        self.ib.errorEvent += self._on_error
        self.ib.disconnectedEvent += self._on_disconnected

    @guarded
    def _keep_accounts(self, accounts: str) -> None:
        self.accounts = tuple(name for name in accounts.split(",") if name)

    @guarded
    def _keep_order_id(self, order_id: int) -> None:
        if self.next_order_id is None:
            self.next_order_id = order_id

    @guarded
    def _on_error(self, req_id: int, code: int, message: str, *_rest: Any) -> None:
        callback = ErrorCallback(req_id, code, message)
        if len(self.callbacks) < MOST_CALLBACKS:
            self.callbacks.append(callback)
        self._observer.error_callback(callback)

    @guarded
    def _on_disconnected(self) -> None:
        if not self.told.done():
            self.told.set_result(None)

    async def run(self, limits: Limits) -> ConnectError | None:
        """Connect; return the error, or None when the library has returned to its user."""
        timeout = limits.timeout
        endpoint = self._endpoint
        task = asyncio.ensure_future(
            self.ib.connectAsync(endpoint.host, endpoint.port, clientId=endpoint.client_id, timeout=timeout)
        )
        ends = {task, self.log.closed} if limits.until_closed else {task}
        done, _ = await asyncio.wait(ends, timeout=timeout + GRACE, return_when=asyncio.FIRST_COMPLETED)
        late = self.clock.times.get("tcp", 0.0) + timeout + GRACE - self.clock.elapsed()
        if not done and self.log.api_ready is None and late > 0:  # its wait for readiness begins when it is connected
            await asyncio.wait(ends, timeout=late, return_when=asyncio.FIRST_COMPLETED)
        if not task.done() and self.log.api_ready is not None:
            await asyncio.wait({task}, timeout=SYNC_TIMEOUTS * timeout + GRACE)
        await self._let_turn(task)
        return await self._outcome(task)

    async def _let_turn(self, task: asyncio.Future[Any]) -> None:
        """Let the library finish if its own timeout fired before ours.

        On a busy machine both may be noticed at the same time.
        """
        for _ in range(TURNS):
            if task.done():
                return
            await asyncio.sleep(0)

    async def _outcome(self, task: asyncio.Future[Any]) -> ConnectError | None:
        if not task.done():
            # worded before the cancelling, which the library logs as well
            failure = self._failure(asyncio.TimeoutError("the library did not keep its own timeout"))
            task.cancel()
            await asyncio.wait({task}, timeout=CLEANUP)
            return failure
        error = task.exception()
        if error is not None:
            return self._failure(error)
        self.clock.reached("ready")
        return None

    def _failure(self, error: BaseException) -> ConnectError:
        said = [f"{type(error).__name__}: {error}".removesuffix(": ")]
        if self.log.peer_closed is not None and not self._refused_version():
            said.append(f"the gateway closed the connection after {self.log.peer_closed:.2f} s")
        if self.log.api_ready is not None:
            said.append(f"API ready after {self.log.api_ready:.2f} s, start-up requests not finished")
        elif self.clock.awaited() == "ready":
            said.append(missing_at_ready(self.accounts, self.next_order_id))
        said += [f"logged {message!r}" for message in self.log.errors]
        return self.clock.failure(self._kind(error), "; ".join(part for part in said if part))

    def _refused_version(self) -> bool:
        # the library ends such a connect as if the gateway had closed it
        return any(TOO_OLD in message for message in self.log.errors)

    def _kind(self, error: BaseException) -> Kind:
        if self._refused_version():
            return "error"
        if isinstance(error, ConnectionRefusedError):
            return "refused"
        if self.log.peer_closed is not None or isinstance(error, ConnectionError):
            return "closed"
        return "timeout" if isinstance(error, asyncio.TimeoutError) else "error"


def connect(
    module: ModuleType,
    loop: asyncio.AbstractEventLoop,
    endpoint: Endpoint,
    limits: Limits,
    observer: Observer,
) -> Attempt:
    """Connect as users do, and return the connection.

    Raises:
        ConnectError: it did not get ready in time; nothing of the attempt stays open.
    """
    attempt = Attempt(module, endpoint, observer, loop)
    logger = logging.getLogger(module.__name__)
    if not logger.isEnabledFor(logging.INFO):
        logger.setLevel(logging.INFO)
    logger.addHandler(attempt.log)
    try:
        failure = loop.run_until_complete(attempt.run(limits))
    finally:
        logger.removeHandler(attempt.log)
    if failure is not None:
        end = disconnect if limits.keep_loop else release
        end(loop, attempt.ib, CLEANUP)
        raise failure
    return attempt
