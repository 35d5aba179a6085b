"""One connect of ibapi, on a thread of its own because it can block for ever.

``EClient.connect`` has no timeout: a peer that accepts and says nothing holds it until the socket ends. So at the
deadline the socket is shut down, which ends the library's read at once and its threads with it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ibapi import errors
from ibapi.reader import EReader

from adapters.base import CloseError
from adapters.codes import NOTICES
from adapters.ibapi_app import App, WakeableQueue
from adapters.ibapi_inbox import Inbox
from adapters.stages import StageClock, missing_at_ready

if TYPE_CHECKING:
    from adapters.base import ConnectError, Endpoint, Kind, Observer

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
        """Connect and wait until ready; give the error, or None."""
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
        """Tell our reader from that of another connection of this process."""
        return bool(reader.msg_queue is self.app.msg_queue)

    def end(self, timeout: float) -> None:
        """Shut the socket down and see every thread of the library end; `CloseError` where one does not.

        ``EClient.disconnect`` alone would take a second: its reader sits out a socket timeout.
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
    """Connect, and give what is connected; on `ConnectError` no thread and no socket of the attempt is left."""
    session = Session(endpoint, observer)
    failure = session.start(timeout)
    if failure is not None:
        session.end(CLEANUP)
        raise failure
    return session
