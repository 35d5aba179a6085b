"""A connection of ib_insync or ib_async, with a part for each group of requests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from adapters.asyncio_accounts import AsyncioAccounts
from adapters.asyncio_close import disconnect, release
from adapters.asyncio_contracts import AsyncioContracts, AsyncioSystem
from adapters.asyncio_market import AsyncioMarket
from adapters.asyncio_orders import AsyncioOrders
from adapters.asyncio_placing import AsyncioPlacing
from adapters.asyncio_requests import Asking
from adapters.base import RequestTimeoutError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

    from adapters.asyncio_connect import Attempt
    from adapters.base import Stage
    from adapters.records import ErrorCallback


class AsyncioConnection:
    """A connected ``IB``, as `adapters.base.Connection`; no request is answered from the library's caches."""

    def __init__(self, module: ModuleType, loop: asyncio.AbstractEventLoop, attempt: Attempt) -> None:
        self._loop = loop
        self._attempt = attempt  # kept alive: events of the library hold their listeners weakly
        self._ib: Any = attempt.ib
        self.server_version: int = self._ib.client.serverVersion()
        self.accounts: tuple[str, ...] = attempt.accounts or ()
        self.next_order_id: int = attempt.next_order_id or 0
        self.times: Mapping[Stage, float] = attempt.clock.times
        self.callbacks: Sequence[ErrorCallback] = attempt.callbacks
        asking = Asking(module, loop, ib=self._ib, accounts=self.accounts, callbacks=self.callbacks)
        self.system = AsyncioSystem(asking)
        self.account = AsyncioAccounts(asking)
        self.contracts = AsyncioContracts(asking)
        self.market = AsyncioMarket(asking)
        self.orders = AsyncioOrders(asking)
        self.placing = AsyncioPlacing(asking)

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
