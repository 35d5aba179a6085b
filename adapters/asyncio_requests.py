"""What every request of ib_insync and ib_async needs: the ``IB``, its loop, and the errors that we give them."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from adapters.base import (
    NO_REQUEST_IDS,
    READ_ONLY,
    ConnectionLostError,
    RequestRejectedError,
    RequestTimeoutError,
)
from adapters.listening import guarded

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
    from types import ModuleType

    from adapters import records
    from adapters.asyncio_connect import Attempt
    from adapters.base import Stage


@contextmanager
def heard(event: Any) -> Iterator[list[Any]]:
    """Give what an event of the library tells meanwhile."""
    rows: list[Any] = []

    @guarded
    def keep(row: Any) -> None:
        rows.append(row)

    event += keep
    try:
        yield rows
    finally:
        event -= keep


class AsyncioRequests:
    """A connected ``IB`` and the loop that it lives on; the loop runs only while a request waits.

    Families of requests derive from it, each in a module of its own.
    """

    def __init__(self, module: ModuleType, loop: asyncio.AbstractEventLoop, attempt: Attempt) -> None:
        self._module: Any = module
        self._loop = loop
        self._attempt = attempt  # kept alive: events of the library hold their listeners weakly
        self._ib: Any = attempt.ib
        self._request_error: type[Exception] = module.wrapper.RequestError
        self.server_version: int = self._ib.client.serverVersion()
        self.accounts: tuple[str, ...] = attempt.accounts or ()
        self.next_order_id: int = attempt.next_order_id or 0
        self.times: Mapping[Stage, float] = attempt.clock.times
        self.callbacks: Sequence[records.ErrorCallback] = attempt.callbacks
        # else an error answer would look like an empty one
        self._ib.RaiseRequestErrors = True

    def _ask(self, request: Callable[[], Awaitable[Any]], timeout: float) -> Any:
        async def answer() -> Any:
            # called in here because the library's futures take the running loop
            return await asyncio.wait_for(request(), timeout)

        try:
            return self._loop.run_until_complete(answer())
        except asyncio.TimeoutError as error:
            raise RequestTimeoutError(f"no answer within {timeout:g} s") from error
        except ConnectionError as error:
            raise ConnectionLostError(f"the connection has ended ({type(error).__name__}: {error})") from error
        except self._request_error as error:
            said: Any = error
            raise RequestRejectedError(said.code, said.message) from error

    def _ask_without_id(self, request: Callable[[], Awaitable[Any]], timeout: float) -> Any:
        """Ask what a gateway in Read-Only mode refuses without naming the request: the library would wait for ever."""

        async def answer() -> Any:
            refused: asyncio.Future[None] = asyncio.get_running_loop().create_future()

            @guarded
            def refuse(req_id: int, code: int, message: str, *_rest: Any) -> None:
                if req_id in NO_REQUEST_IDS and code == READ_ONLY and not refused.done():
                    refused.set_exception(RequestRejectedError(code, message))

            asked = asyncio.ensure_future(request())
            self._ib.errorEvent += refuse
            try:
                ended, _ = await asyncio.wait({asked, refused}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self._ib.errorEvent -= refuse
                asked.cancel()
            return ended.pop().result()

        return self._ask(answer, timeout)
