"""Connects ibapi in a separate thread, because its ``connect`` can block forever.

``EClient.connect`` has no timeout: if a peer accepts and says nothing, it blocks until the socket ends. So at the
deadline the socket is shut down, which ends the library's read at once, and its threads with it.

`App` is the class that a user of ibapi writes: ``EWrapper`` and ``EClient`` in one, collecting what arrives.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
from typing import TYPE_CHECKING, Any

from ibapi import errors
from ibapi.client import EClient
from ibapi.reader import EReader
from ibapi.wrapper import EWrapper

from adapters.base import CloseError
from adapters.ibapi_accounts import AccountCallbacks
from adapters.ibapi_asking import Inbox
from adapters.ibapi_feeds import FeedCallbacks
from adapters.ibapi_lists import ListCallbacks
from adapters.ibapi_market import ContractCallbacks, MarketCallbacks, SystemCallbacks
from adapters.ibapi_orders import OrderCallbacks
from adapters.listening import guard_overrides, guarded
from adapters.records import NOTICES, ErrorCallback
from adapters.stages import StageClock, missing_at_ready

if TYPE_CHECKING:
    from adapters.base import ConnectError, Endpoint, Kind, Observer

# ruff: noqa: N802, N803 - callbacks and their arguments are named by the library


class WakeableQueue(queue.Queue[Any]):
    """The library's message queue, whose reader can be woken.

    ``EClient.run`` checks only every 0.2 s whether the connection has ended; `wake` makes it check at once.
    """

    _WAKE = object()

    def wake(self) -> None:
        """Make the waiting ``get`` end as if nothing had come."""
        self.put(self._WAKE)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:  # noqa: FBT001, FBT002 - as the base class
        """Return the next message; raise ``queue.Empty`` after ``timeout`` seconds or a `wake`."""
        item = super().get(block, timeout)
        if item is self._WAKE:
            raise queue.Empty
        return item


def read_error(arguments: tuple[Any, ...]) -> ErrorCallback:
    """Return an error callback from the arguments of ``error``, whose signature depends on the version.

    At first it was (reqId, code, text); later advancedOrderRejectJson came last, and then errorTime second. So the
    arguments before the text are the id, perhaps the gateway's time in milliseconds, and the code.
    """
    texts = [index for index, argument in enumerate(arguments) if isinstance(argument, str)]
    numbers = arguments[: texts[0]] if texts else arguments
    request_id, *time_ms, code = numbers
    return ErrorCallback(request_id, code, arguments[texts[0]] if texts else "", time_ms[0] if time_ms else None)


class Callbacks(
    AccountCallbacks,
    ContractCallbacks,
    FeedCallbacks,
    ListCallbacks,
    MarketCallbacks,
    OrderCallbacks,
    SystemCallbacks,
):
    """The callbacks of every family of requests."""


class App(Callbacks, EWrapper, EClient):  # type: ignore[misc]
    """Connects, and passes the callbacks of the connect and of our requests to the inbox.

    Methods named in the library's style override its callbacks; they run on the library's thread.
    """

    def __init__(self, inbox: Inbox, clock: StageClock, observer: Observer) -> None:
        self._inbox = inbox
        self._clock = clock
        self._observer = observer
        self._leaving = False
        self.negotiated: int | None = None
        EClient.__init__(self, wrapper=self)
        self.msg_queue = WakeableQueue()

    def setConnState(self, connState: int) -> None:
        """Note the stages: ``connect()`` calls this after the TCP connect, and after the version reply."""
        super().setConnState(connState)
        self._note_stage(connState)

    @guarded
    def _note_stage(self, state: int) -> None:
        if state == EClient.CONNECTING and _is_open(self.conn.socket):
            self._clock.reached("tcp")
            if self._leaving:  # the deadline came before there was a socket to shut down
                self.leave()
        elif state == EClient.CONNECTED:
            self.negotiated = int(self.serverVersion())
            self._observer.negotiated(self.negotiated)
            self._clock.reached("version")

    def disconnect(self) -> None:
        """End the connection as the library does, after ending the reader's wait for the socket.

        Closing a socket does not wake its reader, which would wait for its timeout of a second.
        """
        self.leave()
        super().disconnect()

    def leave(self) -> None:
        """End whatever the library waits for on its socket, from another thread."""
        self._leaving = True
        # both may go at any moment: the library's thread closes the socket and forgets the connection
        with contextlib.suppress(AttributeError, OSError):
            self.conn.socket.shutdown(socket.SHUT_RDWR)

    def connectionClosed(self) -> None:
        """Hear that the connection has ended."""
        self._inbox.note_told()

    def error(self, *arguments: Any) -> None:
        """Hear an error or a notice, whatever the signature of this version."""
        callback = read_error(arguments)
        self._observer.error_callback(callback)
        self._inbox.note_error(callback)

    def managedAccounts(self, accountsList: str) -> None:
        """Hear the accounts."""
        self._inbox.note_accounts(accountsList)

    def nextValidId(self, orderId: int) -> None:
        """Hear the next order id."""
        self._inbox.note_next_order_id(orderId)


guard_overrides(App, EWrapper)


def _is_open(opened: Any) -> bool:
    # conn.connect() swallows the error of the TCP connect, so the socket has to be asked
    try:
        opened.getpeername()
    except OSError:
        return False
    return True


CLEANUP = 2.0
"""Seconds for the library's threads to end after a failed connect; they need microseconds."""


class Session:
    """An ibapi client with the thread that it runs on: first ``connect``, then ``run``, as users do."""

    def __init__(self, endpoint: Endpoint, observer: Observer) -> None:
        self.inbox = Inbox()
        self.clock = StageClock(observer)
        self.app = App(self.inbox, self.clock, observer)
        self._endpoint = endpoint
        self._thread = threading.Thread(target=self._serve, name="ibapi", daemon=True)

    def start(self, timeout: float) -> ConnectError | None:
        """Connect and wait until ready, for ``timeout`` seconds; return the error, or None."""
        self._thread.start()
        in_time = self.inbox.wait(self.inbox.ready, timeout)
        if in_time and self.inbox.ready():
            self.clock.reached("ready")
            return None
        return self._failure(in_time=in_time)

    def _serve(self) -> None:
        failure = None
        try:
            endpoint = self._endpoint
            self.app.connect(endpoint.host, endpoint.port, endpoint.client_id)
            if self.app.negotiated is not None:
                self.app.run()
        except Exception as error:  # noqa: BLE001 - the library's; handed to the waiting caller
            failure = error
        self.inbox.note_end(failure)

    def _failure(self, *, in_time: bool) -> ConnectError:
        inbox = self.inbox
        said = []
        if inbox.failure is not None:
            said.append(f"{type(inbox.failure).__name__}: {inbox.failure}")
        elif in_time:
            said.append("the connection ended")
        else:
            said.append("no answer")
        if self.clock.awaited() == "ready":
            said.append(missing_at_ready(inbox.accounts, inbox.next_order_id))
        errors_heard = [callback for callback in inbox.callbacks if callback.code not in NOTICES]
        said += [f"error {callback.code}: {callback.message}" for callback in errors_heard]
        return self.clock.failure(self._kind(in_time=in_time), "; ".join(part for part in said if part))

    def _kind(self, *, in_time: bool) -> Kind:
        if not in_time:
            return "timeout"
        if self.inbox.failure is not None:
            return "error"
        # the library hides the reason of a failed TCP connect behind one code
        failed = any(callback.code == errors.CONNECT_FAIL.code() for callback in self.inbox.callbacks)
        return "refused" if failed and self.clock.awaited() == "tcp" else "closed"

    def _owns(self, reader: EReader) -> bool:
        """Return whether a reader is ours, and not that of another connection in this process."""
        return bool(reader.msg_queue is self.app.msg_queue)

    def end(self, timeout: float) -> None:
        """Shut the socket down, and wait until every thread of the library has ended.

        ``EClient.disconnect`` alone would take a second, because its reader waits for a socket timeout.

        Raises:
            CloseError: a thread did not end within ``timeout`` seconds.
        """
        failure = self.inbox.failure
        readers = [thread for thread in threading.enumerate() if isinstance(thread, EReader) and self._owns(thread)]
        self.app.leave()
        for thread in readers:
            thread.join(timeout)
        queue: WakeableQueue = self.app.msg_queue
        queue.wake()
        self._thread.join(timeout)
        if self.app.conn is not None:  # connect() failed with an error of its own and left its socket open
            self.app.disconnect()
        left = [thread.name for thread in (*readers, self._thread) if thread.is_alive()]
        if left:
            raise CloseError(f"still running {timeout:g} s after the socket was shut down: {', '.join(left)}")
        if self.inbox.failure is not failure:
            raise CloseError("the library's thread failed at the end") from self.inbox.failure


def connect(endpoint: Endpoint, timeout: float, observer: Observer) -> Session:
    """Connect, and return the connection.

    Raises:
        ConnectError: it did not get ready in time; no thread and no socket of the attempt is left.
    """
    session = Session(endpoint, observer)
    failure = session.start(timeout)
    if failure is not None:
        session.end(CLEANUP)
        raise failure
    return session
