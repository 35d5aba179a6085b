"""Shared by all requests of ibapi: sends a request from our thread and waits for the answer on the library's thread.

`Inbox` keeps what the library's thread has received until the caller picks it up.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ibapi.contract import Contract

from adapters import reading
from adapters.base import ConnectionLostError, RequestRejectedError, RequestTimeoutError
from adapters.records import GOES_WITH_AN_ANSWER, NO_REQUEST_IDS, NOTICES, READ_ONLY, ErrorCallback
from harness.shared import not_recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from adapters import records
    from adapters.records_market import Wanted
    from adapters.records_orders import StatusTold

ABOUT_ORDERS = frozenset({"open_orders", "completed_orders"})
"""Keys of the requests about orders; they have no id that an error callback could name."""


@dataclass
class Answer:
    """The callbacks that came for one request so far."""

    until: Callable[[list[tuple[Any, ...]]], bool] | None = None
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    ended: bool = False
    rejected: ErrorCallback | None = None


class Inbox:
    """Holds what the library's threads receive until our thread takes it; every change wakes the waiting thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._answers: dict[Hashable, Answer] = {}
        self.accounts: tuple[str, ...] | None = None
        self.next_order_id: int | None = None
        self.callbacks: list[ErrorCallback] = []
        self.statuses: dict[int, list[StatusTold]] = {}
        """By order id: the statuses that came."""
        self.orders: dict[int, list[tuple[Any, ...]]] = {}
        """By order id: contract, order and state of each open order that came without being asked for."""
        self.fills: dict[int, list[tuple[Any, Any]]] = {}
        """By order id: contract and execution of each fill that came without being asked for."""
        self.commissions: dict[str, Any] = {}
        """The last commission report of each execution; the callback does not say which request it answers."""
        self.failure: Exception | None = None
        self.ended = False
        self.told = False
        """Whether the library has reported the end of the connection to its user."""

    def ready(self) -> bool:
        """Return whether both messages came that make a client ready."""
        return bool(self.accounts) and self.next_order_id is not None

    def wait(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Wait until ``condition`` holds or the library's thread has ended; False after ``timeout`` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self.ended or condition(), timeout)

    def note_accounts(self, accounts: str) -> None:
        """Keep the comma-separated account list of managedAccounts."""
        with self._changed:
            self.accounts = tuple(name for name in accounts.split(",") if name)
            self._changed.notify_all()

    def note_next_order_id(self, order_id: int) -> None:
        """Keep the order id of the first nextValidId."""
        with self._changed:
            if self.next_order_id is None:
                self.next_order_id = order_id
            self._changed.notify_all()

    def note_error(self, callback: ErrorCallback) -> None:
        """Keep an error callback, and end the requests that it refuses."""
        with self._changed:
            self.callbacks.append(callback)
            for answer in self._refused_by(callback):
                answer.rejected = callback
            self._changed.notify_all()

    def _refused_by(self, callback: ErrorCallback) -> Iterable[Answer]:
        """Return the answers that wait under the id; requests without one may be refused without one."""
        if callback.req_id in NO_REQUEST_IDS and callback.code == READ_ONLY:
            return [answer for key, answer in self._answers.items() if key in ABOUT_ORDERS]
        if callback.req_id in NO_REQUEST_IDS and callback.code == not_recorded.CODE:
            return [answer for key, answer in self._answers.items() if not isinstance(key, int)]
        answer = self._answers.get(callback.req_id)
        goes_with_it = callback.code in GOES_WITH_AN_ANSWER or callback.code in NOTICES
        return [] if answer is None or goes_with_it else [answer]

    def note_status(self, order_id: int, told: StatusTold) -> None:
        """Keep the status of an order."""
        with self._changed:
            self.statuses.setdefault(order_id, []).append(told)
            self._changed.notify_all()

    def last_status(self, order_id: int) -> str:
        """Return the last status of an order; empty if none came."""
        told = self.statuses.get(order_id)
        return told[-1].status if told else ""

    def note_order(self, order_id: int, *row: Any) -> None:
        """Keep an open order, unless it answers a request."""
        with self._changed:
            if "open_orders" not in self._answers:
                self.orders.setdefault(order_id, []).append(row)
            self._changed.notify_all()

    def note_fill(self, contract: Any, execution: Any) -> None:
        """Keep a fill of an order."""
        with self._changed:
            self.fills.setdefault(execution.orderId, []).append((contract, execution))
            self._changed.notify_all()

    def note_commission(self, report: Any) -> None:
        """Keep the commission of a fill."""
        with self._changed:
            self.commissions[report.execId] = report
            self._changed.notify_all()

    def note_end(self, failure: Exception | None) -> None:
        """Note that the library's thread has ended, and what it raised."""
        with self._changed:
            self.failure = failure
            self.ended = True
            self._changed.notify_all()

    def note_told(self) -> None:
        """Note that the library has reported the end to its user."""
        with self._changed:
            self.told = True
            self._changed.notify_all()

    def wait_until_told(self, timeout: float) -> bool:
        """Wait until the library reports the end; return False after ``timeout`` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self.told, timeout)

    def add(self, key: Hashable, *row: Any) -> None:
        """Add a row to the answer under ``key``; a row of no open request is dropped."""
        with self._changed:
            answer = self._answers.get(key)
            if answer is None:
                return
            answer.rows.append(row)
            if answer.until is not None and answer.until(answer.rows):
                answer.ended = True
                self._changed.notify_all()

    def finish(self, key: Hashable) -> None:
        """End the answer under ``key``: its end marker came; what is to be waited for after it ends a subscription."""
        with self._changed:
            answer = self._answers.get(key)
            if answer is not None and answer.until is None:
                answer.ended = True
            self._changed.notify_all()

    def ask(
        self,
        key: Hashable,
        send: Callable[[], Any],
        timeout: float,
        until: Callable[[list[tuple[Any, ...]]], bool] | None = None,
    ) -> list[tuple[Any, ...]]:
        """Send a request, wait for its end marker, and return the rows that came before it.

        A subscription has no end marker, or goes on after it. It ends when ``until`` is true of its rows, or at the
        timeout with the rows that came.

        Raises:
            RequestError: one of the errors of `adapters.base`.
            Exception: whatever the library raised, here or on its thread.
        """
        answer = Answer(until)
        with self._changed:
            if self.ended:
                raise ConnectionLostError("the connection has ended")
            self._answers[key] = answer
        try:
            send()
            in_time = self.wait(lambda: answer.ended or answer.rejected is not None, timeout)
        finally:
            with self._changed:
                del self._answers[key]
        self._check(answer, in_time=in_time, timeout=timeout)
        return answer.rows

    def _check(self, answer: Answer, *, in_time: bool, timeout: float) -> None:
        if answer.ended:
            return
        if answer.rejected is not None:
            raise RequestRejectedError(answer.rejected.code, answer.rejected.message)
        if self.failure is not None:
            raise self.failure
        if self.ended:
            raise ConnectionLostError("the connection ended before the answer came")
        if not in_time and not (answer.until is not None and answer.rows):
            raise RequestTimeoutError(f"no answer within {timeout:g} s")


FIRST_REQUEST_ID = 1_000_001
"""The first request id. It is far from order ids, because the error callback has one number for both."""


class Asking:
    """A connected ``EClient``, and what every part of its connection needs for a request.

    Args:
        app: the client.
        inbox: what its thread has received.
    """

    def __init__(self, app: Any, inbox: Inbox) -> None:
        self.app = app
        self.inbox = inbox
        self.accounts: tuple[str, ...] = inbox.accounts or ()
        self.next_order_id: int = inbox.next_order_id or 0
        self.callbacks: Sequence[records.ErrorCallback] = inbox.callbacks
        self._next_request_id = FIRST_REQUEST_ID

    def request_id(self) -> int:
        """Return the id of the next request."""
        request_id = self._next_request_id
        self._next_request_id += 1
        return request_id

    def contract(self, wanted: Wanted) -> Any:
        """Return the library's contract object for a wanted contract."""
        return reading.fill(Contract(), wanted)


class IbapiCallbacks:
    """The callbacks of a family of requests; `ibapi_connect.App` derives from each, before the library's class."""

    _inbox: Inbox


Rows = list[tuple[Any, ...]]
"""The callbacks that came for a request."""


def of_kind(rows: Rows, kind: str) -> Rows:
    """Return the rows that begin with a word."""
    return [row for row in rows if row[0] == kind]
