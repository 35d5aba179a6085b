"""What every request of ibapi needs: sent from our thread, answered on the library's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibapi.contract import Contract

from adapters import reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters import records
    from adapters.ibapi_inbox import Inbox
    from adapters.records_market import Wanted

FIRST_REQUEST_ID = 1_000_001
"""Far from order ids, because the error callback uses one number for both."""


class Asking:
    """A connected ``EClient``, and what every part of its connection asks with.

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
        """Give the id of the next request."""
        request_id = self._next_request_id
        self._next_request_id += 1
        return request_id

    def contract(self, wanted: Wanted) -> Any:
        """Give a contract as the library has it."""
        return reading.fill(Contract(), wanted)


class IbapiCallbacks:
    """The callbacks of a family of requests; `ibapi_connect.App` derives from each, before the library's class."""

    _inbox: Inbox


Rows = list[tuple[Any, ...]]
"""The callbacks that came for a request."""


def of_kind(rows: Rows, kind: str) -> Rows:
    """Give the rows that begin with a word."""
    return [row for row in rows if row[0] == kind]
