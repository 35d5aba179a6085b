"""What a test holds of a simulated IB Gateway: its address, its clock, its orders, and what may be done to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import TypeVar

from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.set_prices import SetPrices
from harness.gateways.simulator.timing import SteppedTime
from harness.gateways.simulator.trading.matching import ADDED, Part
from harness.gateways.simulator.trading.order import Order as Placed
from harness.pytest_plugin.contracts import con_id_of
from harness.pytest_plugin.gateway_thread import GatewayThread
from harness.pytest_plugin.orders import Order, shown
from harness.pytest_plugin.placed_orders import PlacedOrders, numbers
from harness.pytest_plugin.settings import moment
from harness.wire.message import Value

PATIENCE = 10.0
"""Seconds by the clock on the wall that a test waits for its program."""

T = TypeVar("T")


class IBGateway:
    """A live simulated IB Gateway.

    It runs in a thread of its own, so it answers while the test waits. Every method can be called from any thread.
    They block: a test that is a coroutine awaits ``asyncio.to_thread(ib_gateway.wait_for_order)`` where its program
    has to go on meanwhile.

    Args:
        thread: runs it.
    """

    def __init__(self, thread: GatewayThread) -> None:
        self._thread = thread
        self._gateway = thread.gateway
        self._desk = thread.gateway.desk
        self._prices = SetPrices(self._desk.prices)
        self._desk.prices = self._desk.ledger.prices = self._prices
        self._placed = PlacedOrders(self._gateway)
        self._returned: set[int] = set()

    def __repr__(self) -> str:
        return f"<IBGateway {self._gateway.profile.name} {self.mode} at {self.host}:{self.port}>"

    @property
    def host(self) -> str:
        """The address that it listens at."""
        return self._gateway.host

    @property
    def port(self) -> int:
        """The port that it listens at; a restart keeps it."""
        return self._gateway.port

    @property
    def version(self) -> str:
        """The version of the application, such as ``10.45``."""
        return self._gateway.profile.version

    @property
    def server_version(self) -> int:
        """The highest server version that it speaks."""
        return self._gateway.profile.server_version

    @property
    def mode(self) -> str:
        """``paper`` or ``live``."""
        return self._gateway.mode

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts that it manages."""
        return self._gateway.truth.accounts

    @property
    def clients(self) -> tuple[int, ...]:
        """The client ids that are connected, lowest first."""
        return self._look(lambda: tuple(sorted(self._gateway.clients)))

    # The clock.

    @property
    def now(self) -> dt.datetime:
        """The time by its clock, in UTC."""
        return dt.datetime.fromtimestamp(self._gateway.timing.now(), dt.UTC)

    def step(self, seconds: float) -> None:
        """Let time pass by its clock; return when all that was due meanwhile is sent.

        Args:
            seconds: how long; 0 only waits until all that clients have sent is answered.

        Raises:
            ValueError: it is negative, or the clock goes by itself.
        """
        __tracebackhide__ = True
        if not seconds >= 0:
            raise ValueError(f"step({seconds!r}): expected seconds from 0 on: its clock does not go back")
        self._thread.call(self._pass(seconds))

    def step_to(self, when: dt.datetime | str) -> None:
        """Let time pass until a moment by its clock, such as ``"2026-12-02T16:00:00-05:00"``.

        Raises:
            ValueError: it is no moment with a zone, it is past, or the clock goes by itself.
        """
        __tracebackhide__ = True
        try:
            seconds = moment(when).timestamp() - self._gateway.timing.now()
        except ValueError as problem:
            raise ValueError(f"step_to({when!r}): expected {problem}") from None
        if seconds < 0:
            raise ValueError(f"step_to({when!r}): expected a moment from {self.now.isoformat()} on, which is now")
        self.step(seconds)

    async def _pass(self, seconds: float) -> None:
        clock = self._gateway.timing
        if not isinstance(clock, SteppedTime):
            raise ValueError("its clock goes by itself: only one with clock='stepped' can be stepped")  # noqa: TRY004
        await self._thread.idle()
        ends = clock.now() + seconds
        while (due := clock.due) is not None and due <= ends:
            clock.step(due - clock.now())
            await self._thread.idle()
        clock.step(ends - clock.now())
        await self._thread.idle()

    # Its orders.

    @property
    def orders(self) -> tuple[Order, ...]:
        """All orders that clients have placed, in the order in which they came, as they are now.

        An order that was refused, or only asked what it would cost, is none.
        """
        return self._look(lambda: tuple(map(shown, self._placed)))

    def wait_for_order(
        self,
        *,
        client: int | None = None,
        symbol: str | None = None,
        action: str | None = None,
        timeout: float = PATIENCE,
    ) -> Order:
        """Return the next order: the first that has come, or comes, and was not returned by this method before.

        Args:
            client: only of this client id.
            symbol: only of this symbol.
            action: only ``BUY``, or only ``SELL``.
            timeout: seconds by the clock on the wall.

        Raises:
            TimeoutError: none came in time; the text has those that did come.
        """
        __tracebackhide__ = True

        def fits(placed: Placed) -> bool:
            has = placed.client_id, placed.contract.get("symbol"), placed.values["action"]
            wanted = all(want in {None, it} for want, it in zip((client, symbol, action), has, strict=True))
            return wanted and placed.perm_id not in self._returned

        def came() -> bool:
            return any(map(fits, self._placed))

        async def take() -> Order:
            found = None
            while found is None:  # another thread may have taken the one that came
                await self._thread.until(came, timeout, lambda: f"no such order ({self._placed.in_words()})")
                found = next(filter(fits, self._placed), None)
            self._returned.add(found.perm_id)
            return shown(found)

        return self._thread.call(take())

    def wait_for_status(self, order: Order, status: str, *, timeout: float = PATIENCE) -> Order:
        """Return an order once it has a status, such as ``Cancelled``.

        Raises:
            TimeoutError: it had another status all the time.
        """
        __tracebackhide__ = True
        placed = self._look(lambda: self._placed.find(order))

        async def wait() -> Order:
            await self._thread.until(
                lambda: placed.status == status, timeout, lambda: f"{shown(placed)} did not become {status}"
            )
            return shown(placed)

        return self._thread.call(wait())

    def fill(self, order: Order, shares: float | Decimal | None = None, price: float | None = None) -> Order:
        """Fill an order, or a part of it, whatever its limit, its hours and the market say; return it as it is then.

        Args:
            order: which.
            shares: how many; all that remain if not given.
            price: at which; if not given, its limit, else what the opposite side asks now.

        Raises:
            ValueError: it has ended, so many do not remain, or there is no price.
        """
        __tracebackhide__ = True

        def do(placed: Placed) -> None:
            many = placed.remaining if shares is None else Decimal(str(shares))
            if not 0 < many <= placed.remaining:
                raise ValueError(f"{shown(placed)}: cannot fill {many:f}: {placed.remaining:f} remain")
            at = self._placed.fill_price(placed) if price is None else price
            self._desk.fill(placed, Part(price=at, shares=many, liquidity=ADDED))

        return self._do(order, do)

    def reject(
        self, order: Order, code: int = 201, text: str = "Order rejected - reason:Rejected by the test"
    ) -> Order:
        """End an order as ``Inactive``, with an error about it; return it as it is then.

        Raises:
            ValueError: it has ended already.
        """
        __tracebackhide__ = True
        return self._do(order, lambda placed: self._desk.reject(placed, text, code))

    def cancel(self, order: Order) -> Order:
        """End an order as ``Cancelled``, as its exchange may; return it as it is then.

        Raises:
            ValueError: it has ended already.
        """
        __tracebackhide__ = True
        return self._do(order, self._desk.cancel)

    # Its lines and its market.

    def wait_for_client(self, client_id: int | None = None, *, timeout: float = PATIENCE) -> int:
        """Return the id of a client once it is connected: any if none is given.

        Raises:
            TimeoutError: it did not connect in time.
        """
        __tracebackhide__ = True

        def there() -> bool:
            return bool(self._gateway.clients) if client_id is None else client_id in self._gateway.clients

        async def wait() -> int:
            who = "no client" if client_id is None else f"client {client_id} never"
            await self._thread.until(there, timeout, lambda: f"{who} connected")
            return min(self._gateway.clients) if client_id is None else client_id

        return self._thread.call(wait())

    def drop(self, client_id: int | None = None) -> None:
        """Break the connection of a client, or of all; their ids are free, and they may connect again at once.

        Raises:
            ValueError: that client is not connected.
        """
        __tracebackhide__ = True

        async def do() -> None:
            await self._thread.idle()
            if client_id is not None:
                self._connected(client_id)
            await self._gateway.drop(client_id)

        self._thread.call(do())

    def restart(self) -> None:
        """End all connections, and listen again at the same port; orders, holdings and the clock stay."""
        with self.down():
            pass

    @contextmanager
    def down(self) -> Iterator[None]:
        """Be away for as long as the context lasts: all connections end, and the port refuses."""

        async def end() -> None:
            await self._thread.idle()
            await self._gateway.go_down()

        self._thread.call(end())
        try:
            yield
        finally:
            self._thread.call(self._gateway.come_up())

    def say(self, code: int, text: str, client_id: int | None = None) -> None:
        """Tell all clients, or one of them, a notice, such as 1100; it is said, and nothing else happens.

        Raises:
            ValueError: that client is not connected.
        """
        __tracebackhide__ = True

        async def do() -> None:
            await self._thread.idle()
            if client_id is not None:
                self._connected(client_id)
            for number, client in self._desk.clients.items():
                if client_id in {None, number}:
                    client.outbox.put([error(code, text)])
            await self._thread.idle()

        self._thread.call(do())

    def set_price(
        self, contract: str | int, bid: float, ask: float, *, last: float | None = None, size: float = 100
    ) -> None:
        """Set the quote of a contract for the rest of the test; working orders that it fills are filled at once.

        Lines of quotes follow on their next moment. Ticks one by one, bars and history stay the market's own.

        Args:
            contract: its local symbol, such as ``AAPL``, ``EUR.USD`` or ``ESZ6``; or its con id.
            bid: the price that buyers bid.
            ask: the price that sellers ask.
            last: the price of the last trade, by which stops go; the bid if not given.
            size: how many are bid and asked; a larger order is filled in parts.

        Raises:
            ValueError: there is no such contract, or the bid is above the ask.
        """
        __tracebackhide__ = True
        if not 0 < bid <= ask:
            raise ValueError(
                f"set_price({contract!r}): expected a bid above 0 and at most the ask, not {bid:g} and {ask:g}"
            )

        async def do() -> None:
            con_id = con_id_of(contract, self._gateway.truth_now())
            shown_size = f"{size:g}"
            quote: dict[str, Value] = {"bid": bid, "ask": ask, "bid_size": shown_size, "ask_size": shown_size}
            self._prices.set(con_id, {**quote, "last": bid if last is None else last})
            self._desk.tick()
            await self._thread.idle()

        self._thread.call(do())

    # Behind the scenes.

    def _look(self, at: Callable[[], T]) -> T:
        """Return what there is once the gateway has answered all that came."""
        __tracebackhide__ = True

        async def look() -> T:
            await self._thread.idle()
            return at()

        return self._thread.call(look())

    def _do(self, order: Order, do: Callable[[Placed], None]) -> Order:
        """Do something to an order that works; return what it is when its client was told."""
        __tracebackhide__ = True

        async def act() -> Order:
            await self._thread.idle()
            placed = self._placed.working(order)
            do(placed)
            await self._thread.idle()
            return shown(placed)

        return self._thread.call(act())

    def _connected(self, client_id: int) -> None:
        if client_id not in self._gateway.clients:
            raise ValueError(f"client {client_id} is not connected; connected: {numbers(self._gateway.clients)}")
