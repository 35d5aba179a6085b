"""Shared by all requests of ib_insync and ib_async: the ``IB``, its event loop, and the translation of errors."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from adapters import reading
from adapters.base import ConnectionLostError, RequestRejectedError, RequestTimeoutError
from adapters.listening import guarded
from adapters.records import NEVER_COMES, NO_REQUEST_IDS, READ_ONLY
from harness.shared import not_recorded

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence
    from types import ModuleType

    from adapters import records
    from adapters.records_market import Wanted

_NOT_RECORDED = frozenset({not_recorded.CODE})


@contextmanager
def heard(event: Any) -> Iterator[list[Any]]:
    """Yield a list that collects what an event of the library reports meanwhile."""
    rows: list[Any] = []

    @guarded
    def keep(row: Any) -> None:
        rows.append(row)

    event += keep
    try:
        yield rows
    finally:
        event -= keep


class Asking:
    """A connected ``IB`` and the loop that it lives on; the loop runs only while a request waits.

    Args:
        module: the library.
        loop: the loop.
        ib: the connected ``IB``.
        accounts: the managed accounts.
        callbacks: the error callbacks so far; more are added as they come.
    """

    def __init__(
        self,
        module: ModuleType,
        loop: asyncio.AbstractEventLoop,
        *,
        ib: Any,
        accounts: tuple[str, ...],
        callbacks: Sequence[records.ErrorCallback],
    ) -> None:
        self.module: Any = module
        self.ib = ib
        self.accounts = accounts
        self.callbacks = callbacks
        self._loop = loop
        self._request_error: type[Exception] = module.wrapper.RequestError
        # else an error answer would look like an empty one
        ib.RaiseRequestErrors = True

    def contract(self, wanted: Wanted) -> Any:
        """Return the library's contract object for a wanted contract."""
        return reading.fill(self.module.Contract(), wanted)

    def ask(
        self, request: Callable[[], Awaitable[Any]], timeout: float, refused_by: frozenset[int] = _NOT_RECORDED
    ) -> Any:
        """Let the loop run until a request is answered, or for ``timeout`` seconds.

        Args:
            request: what the library is to do.
            timeout: in seconds.
            refused_by: codes that refuse it without a request id. The library itself would wait on.

        Raises:
            RequestError: one of the errors of `adapters.base`.
            Exception: whatever the library raises.
        """
        try:
            return self._loop.run_until_complete(self._answer(request, timeout, refused_by))
        except asyncio.TimeoutError as error:
            raise RequestTimeoutError(f"no answer within {timeout:g} s") from error
        except ConnectionError as error:
            raise ConnectionLostError(f"the connection has ended ({type(error).__name__}: {error})") from error
        except self._request_error as error:
            said: Any = error
            raise RequestRejectedError(said.code, said.message) from error

    async def _answer(self, request: Callable[[], Awaitable[Any]], timeout: float, refused_by: frozenset[int]) -> Any:
        # called in here because the library's futures take the running loop
        asked = asyncio.ensure_future(asyncio.wait_for(request(), timeout))
        refusals: list[RequestRejectedError] = []

        @guarded
        def refuse(req_id: int, code: int, message: str, *_rest: Any) -> None:
            if req_id in NO_REQUEST_IDS and code in refused_by:
                refusals.append(RequestRejectedError(code, message))
                asked.cancel()

        self.ib.errorEvent += refuse
        try:
            return await asked
        except asyncio.CancelledError:
            raise refusals[0] if refusals else asyncio.CancelledError from None
        finally:
            self.ib.errorEvent -= refuse

    def ask_without_id(self, request: Callable[[], Awaitable[Any]], timeout: float) -> Any:
        """Ask something about orders, which a gateway in Read-Only mode refuses without a request id."""
        return self.ask(request, timeout, _NOT_RECORDED | {READ_ONLY})

    def until(self, event: Any, done: Callable[[], bool], timeout: float, *more: Any) -> None:
        """Let the loop run until ``done`` is true.

        It is called after each ``event`` or one of ``more``, and after each error callback.

        Raises:
            RequestTimeoutError: it is not true within ``timeout`` seconds.
            RequestRejectedError: the account is not subscribed to the data.
            ConnectionLostError: the connection has ended.
        """
        heard_before = len(self.callbacks)
        changed = asyncio.Event()

        @guarded
        def wake(*_: Any) -> None:
            changed.set()

        async def wait() -> None:
            while not done():
                self._refuse(heard_before)
                changed.clear()
                await changed.wait()

        events = [event, *more, self.ib.errorEvent]
        for each in events:
            each.connect(wake)
        try:
            self.ask(wait, timeout)
        finally:
            for each in events:
                each.disconnect(wake)

    def _refuse(self, heard_before: int) -> None:
        for callback in self.callbacks[heard_before:]:
            if callback.code in NEVER_COMES:
                raise RequestRejectedError(callback.code, callback.message)
