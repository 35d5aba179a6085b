"""The class that a user of ibapi writes: ``EWrapper`` and ``EClient`` in one, collecting what comes in."""

# ruff: noqa: N802, N803 - callbacks and their arguments are named by the library

from __future__ import annotations

import contextlib
import queue
import socket
from typing import TYPE_CHECKING, Any

from ibapi.client import EClient
from ibapi.wrapper import EWrapper

from adapters.ibapi_accounts import AccountCallbacks
from adapters.ibapi_contracts import ContractCallbacks, SystemCallbacks
from adapters.ibapi_market import MarketCallbacks
from adapters.ibapi_orders import OrderCallbacks
from adapters.listening import guard_overrides, guarded
from adapters.records import ErrorCallback

if TYPE_CHECKING:
    from adapters.base import Observer
    from adapters.ibapi_inbox import Inbox
    from adapters.stages import StageClock


class WakeableQueue(queue.Queue[Any]):
    """The library's message queue, whose reader can be woken.

    ``EClient.run`` looks only every 0.2 s whether the connection has ended; `wake` makes it look at once.
    """

    _WAKE = object()

    def wake(self) -> None:
        """Make the waiting ``get`` end as if nothing had come."""
        self.put(self._WAKE)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:  # noqa: FBT001, FBT002 - as the base class
        """Give the next message; ``queue.Empty`` after ``timeout`` seconds or a `wake`."""
        item = super().get(block, timeout)
        if item is self._WAKE:
            raise queue.Empty
        return item


def read_error(arguments: tuple[Any, ...]) -> ErrorCallback:
    """Read the arguments of ``error``, whose signature differs by version.

    First (reqId, code, text), then with advancedOrderRejectJson last, then with errorTime second: what stands before
    the text is the id, perhaps the gateway's time in milliseconds, and the code.
    """
    texts = [index for index, argument in enumerate(arguments) if isinstance(argument, str)]
    numbers = arguments[: texts[0]] if texts else arguments
    request_id, *time_ms, code = numbers
    return ErrorCallback(request_id, code, arguments[texts[0]] if texts else "", time_ms[0] if time_ms else None)


class Callbacks(AccountCallbacks, ContractCallbacks, MarketCallbacks, OrderCallbacks, SystemCallbacks):
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
        self.commissions = {}
        EClient.__init__(self, wrapper=self)
        self.msg_queue = WakeableQueue()

    def setConnState(self, connState: int) -> None:
        """Learn the stages: connect() comes here after the TCP connect and after the version reply."""
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
        """End the connection as the library does, but its reader's wait for the socket first.

        Closing a socket does not wake who reads from it: the reader would sit out its timeout of a second.
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
