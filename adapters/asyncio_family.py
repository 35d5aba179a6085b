"""Drives ib_insync and ib_async, which share their classes, log records and event loop.

A connection has a part for each group of requests.

The facts come from reading ib_insync 0.9.70 and 0.9.86 and ib_async 1.0.3 to 2.1.0. Nothing here depends on a version.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sys
from typing import TYPE_CHECKING, Any

from adapters.asyncio_accounts import AsyncioAccounts
from adapters.asyncio_asking import Asking
from adapters.asyncio_connect import Limits, connect, disconnect, release
from adapters.asyncio_feeds import AsyncioFeeds
from adapters.asyncio_lists import AsyncioLists
from adapters.asyncio_market import AsyncioContracts, AsyncioMarket, AsyncioSystem
from adapters.asyncio_orders import AsyncioOrders
from adapters.asyncio_placing import AsyncioPlacing
from adapters.base import ProtocolRange, RequestTimeoutError
from adapters.listening import message_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

    from adapters.asyncio_connect import Attempt
    from adapters.base import Connection, Endpoint, Observer, Stage
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
        self.feeds = AsyncioFeeds(asking)
        self.lists = AsyncioLists(asking)
        self.orders = AsyncioOrders(asking)
        self.placing = AsyncioPlacing(asking)

    def managed_accounts(self) -> tuple[str, ...]:
        """Return what ``IB.managedAccounts`` returns."""
        return tuple(self._ib.managedAccounts())

    def wait_until_told(self, timeout: float) -> None:
        """Wait for ``disconnectedEvent``."""
        self._loop.run_until_complete(asyncio.wait({self._attempt.told}, timeout=timeout))
        if not self._attempt.told.done():
            raise RequestTimeoutError(f"no disconnectedEvent within {timeout:g} s")

    def leave(self, timeout: float) -> None:
        """End the connection and keep its loop, on which programs connect again."""
        disconnect(self._loop, self._ib, timeout)

    def close(self, timeout: float) -> None:
        """End the connection and its loop.

        Raises:
            CloseError: the library's socket stays open.
        """
        release(self._loop, self._ib, timeout)


GATEWAY_MESSAGE = re.compile(r"(Error|Warning) -?\d+, reqId ")
"""Matches how the wrapper logs an error callback. These are the gateway's words, not an error that was swallowed."""

LOOP_HOLDERS = ("eventkit.util", "eventkit.event")
"""Modules of eventkit 1.0.3 that keep the loop of the import in ``main_event_loop``; aeventkit has none."""


class AsyncioAdapter:
    """The library ``module``: ib_insync or ib_async."""

    dropped_codes: frozenset[int] = frozenset()

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connections: list[AsyncioConnection] = []
        # asyncio logs what the library's protocol callbacks raise, eventkit what listeners raise
        self.logger_names: tuple[str, ...] = (module.__name__, "eventkit", "asyncio")

    def module_version(self) -> str | None:
        """Return the version that the library reports for itself; ib_async 1.0.3 reports 1.0.0."""
        version: str | None = getattr(self._module, "__version__", None)
        return version

    def version_range(self) -> ProtocolRange:
        """Return the range that ``Client`` announces in its hello."""
        client: Any = self._module.client.Client
        return ProtocolRange(client.MinClientVersion, client.MaxClientVersion)

    def renew(self) -> None:
        """Create this process's event loop; one that the parent created at import is left alone.

        The parent's loop shares its epoll object with every child, so not even closing it is harmless.
        """
        self._new_loop()

    def _new_loop(self) -> asyncio.AbstractEventLoop:
        self._loop = loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        for name in LOOP_HOLDERS:
            holder: Any = sys.modules.get(name)
            if hasattr(holder, "main_event_loop"):
                holder.main_event_loop = loop
        return loop

    def swallowed(self, record: logging.LogRecord) -> bool:
        """Return whether a log record is an error that the library did not raise, not a gateway's message."""
        return record.levelno >= logging.ERROR and not GATEWAY_MESSAGE.match(message_of(record))

    def connect(
        self, endpoint: Endpoint, timeout: float, observer: Observer, *, until_closed: bool = False
    ) -> Connection:
        """Connect with ``IB().connectAsync``; see `adapters.asyncio_connect` for the deadlines.

        A loop on which there was a connection stays open if the attempt fails: programs connect again on it, until they
        `close`. ib_async 2.0 keeps the first one for ever.

        ``until_closed`` ends the attempt once the gateway has closed it, which the library itself does not notice.
        """
        loop, again = self._loop, bool(self._connections)
        if loop is None or loop.is_closed():
            loop, again = self._new_loop(), False
        limits = Limits(timeout, until_closed=until_closed, keep_loop=again)
        attempt = connect(self._module, loop, endpoint, limits, observer)
        connection = AsyncioConnection(self._module, loop, attempt)
        self._connections.append(connection)
        return connection
