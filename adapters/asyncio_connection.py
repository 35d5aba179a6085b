"""The requests of ib_insync and ib_async, each sent anew: none is answered from the library's caches."""

from __future__ import annotations

import asyncio

from adapters.asyncio_accounts import AsyncioAccounts
from adapters.asyncio_close import disconnect, release
from adapters.asyncio_history import AsyncioHistory
from adapters.asyncio_orders import AsyncioOrders
from adapters.asyncio_placing import AsyncioPlacing
from adapters.base import RequestTimeoutError


class AsyncioConnection(AsyncioAccounts, AsyncioHistory, AsyncioOrders, AsyncioPlacing):
    """A connected ``IB``, as `adapters.base.Connection`."""

    def current_time(self, timeout: float) -> int:
        """Ask the gateway's clock: seconds since 1970 in UTC."""
        answer = self._ask(self._ib.reqCurrentTimeAsync, timeout)
        return int(answer.timestamp())

    def managed_accounts(self) -> tuple[str, ...]:
        """Give what ``IB.managedAccounts`` gives."""
        return tuple(self._ib.managedAccounts())

    @property
    def connected(self) -> bool:
        """Whether the library holds the connection for open."""
        return bool(self._ib.isConnected())

    def wait_until_told(self, timeout: float) -> None:
        """Wait for ``disconnectedEvent``."""
        self._loop.run_until_complete(asyncio.wait({self._attempt.told}, timeout=timeout))
        if not self._attempt.told.done():
            raise RequestTimeoutError(f"no disconnectedEvent within {timeout:g} s")

    def leave(self, timeout: float) -> None:
        """End the connection and keep its loop, on which programs connect again."""
        disconnect(self._loop, self._ib, timeout)

    def close(self, timeout: float) -> None:
        """End the connection and its loop; `CloseError` where the library's socket stays open."""
        release(self._loop, self._ib, timeout)
