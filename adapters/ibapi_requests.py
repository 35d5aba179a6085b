"""What every request of ibapi needs: sent from our thread, answered on the library's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adapters import records
    from adapters.base import Stage
    from adapters.ibapi_connect import Session
    from adapters.ibapi_inbox import Inbox

FIRST_REQUEST_ID = 1_000_001
"""Far from order ids, because the error callback uses one number for both."""


class IbapiRequests:
    """A connected ``EClient``. Families of requests derive from it, each in a module of its own."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._app: Any = session.app
        self._inbox = session.inbox
        self._next_request_id = FIRST_REQUEST_ID
        self.server_version: int = session.app.negotiated or 0
        self.accounts: tuple[str, ...] = self._inbox.accounts or ()
        self.next_order_id: int = self._inbox.next_order_id or 0
        self.times: Mapping[Stage, float] = session.clock.times
        self.callbacks: Sequence[records.ErrorCallback] = self._inbox.callbacks

    def _request_id(self) -> int:
        request_id = self._next_request_id
        self._next_request_id += 1
        return request_id


def _of_kind(rows: list[tuple[Any, ...]], kind: str) -> list[tuple[Any, ...]]:
    return [row for row in rows if row[0] == kind]


class IbapiCallbacks:
    """The callbacks of a family of requests; `adapters.ibapi_app.App` derives from each, before the library's class."""

    _inbox: Inbox


Rows = list[tuple[Any, ...]]
"""The callbacks that came for a request."""


def of_kind(rows: Rows, kind: str) -> Rows:
    """Give the rows that begin with a word."""
    return [row for row in rows if row[0] == kind]
