"""What a situation of ib_insync and ib_async works with: the library, a gateway, and ways to say what it sees."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from harness.situations.observer import LOOK, PATIENCE, Observer
from harness.situations.played_gateway import HarnessError
from harness.situations.shown import masked

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from harness.situations.played_gateway import PlayedGateway

ROUNDS = 5
"""How often all that was asked is answered before what is not done counts as pending; some calls ask several times."""

TURNS = 10
"""How many turns of the event loop tasks get that were started by what was read last."""

CONNECT_TIMEOUT = 20.0
"""Seconds that a connect may take, unless the situation is about that."""


class Stage(Observer):
    """One situation's view: every method that observes takes the words by which both versions are compared.

    Args:
        library: the imported package, ``ib_async`` or ``ib_insync``.
        gateway: the simulated gateway.
        observed: takes what was seen: its words, its kind, and its facts.
    """

    def __init__(self, library: Any, gateway: PlayedGateway, observed: Callable[..., None]) -> None:
        super().__init__(library, gateway, observed)
        self._heard: list[tuple[str, list[str]]] = []

    def connected(self, client_id: int = 1, **options: Any) -> Any:
        """Return an ``IB`` that is connected, and has heard all that a start brings."""
        self.gateway.step()  # it has heard of who left, and their ids are free
        ib = self.library.IB()
        options.setdefault("timeout", CONNECT_TIMEOUT)
        ib.connect(self.gateway.host, self.gateway.port, clientId=client_id, **options)
        self.settle(ib)
        return ib

    def stock(self, ib: Any, symbol: str = "AAPL") -> Any:
        """Return a qualified stock."""
        contract = self.library.Stock(symbol, "SMART", "USD")
        ib.qualifyContracts(contract)
        return contract

    def awaits(self, ib: Any, what: str, start: Callable[[], Awaitable[Any]], *, quiet: bool = False) -> Any:
        """Start a request and observe its result, its exception, or that it is pending once all else is answered."""

        async def play() -> asyncio.Future[Any]:
            task = asyncio.ensure_future(_started(start))
            for _ in range(ROUNDS):
                await self._settled(ib)
                if task.done():
                    break
            return task

        task = self.library.util.run(play())
        if not task.done():
            task.cancel()
            self._observed(what, "pending", value="still waits after all else was answered", type="")
            return None
        return self.calls(what, task.result, quiet=quiet)

    def settle(self, ib: Any, seconds: float = 0) -> None:
        """Wait until the library has read all that the gateway has to say, some seconds by its clock from now."""
        self.gateway.step(seconds)
        self.library.util.run(self._settled(ib))

    async def _settled(self, ib: Any) -> None:
        """A gateway answers in turn: when it has told its time, all before that was read."""
        self.gateway.step()
        await asyncio.wait_for(ib.reqCurrentTimeAsync(), PATIENCE)
        for _ in range(TURNS):  # what came in one piece with that may have started tasks
            await asyncio.sleep(0)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Let the library work until a condition holds.

        Raises:
            HarnessError: it never did, which says nothing about the library.
        """

        async def wait() -> None:
            ends = time.monotonic() + PATIENCE
            while not condition():
                if time.monotonic() > ends:
                    raise HarnessError(f"waited {PATIENCE:g} s in vain until {what}")
                await asyncio.sleep(LOOK)

        self.library.util.run(wait())

    def hears(self, what: str, event: Any, told: Callable[..., Any] = lambda *_: "emitted") -> None:
        """Observe, at the end, all that an event emits: one text for each time."""
        heard: list[str] = []
        self._heard.append((what, heard))
        event.connect(lambda *arguments: heard.append(masked(str(told(*arguments)))), keep_ref=True)

    def end(self) -> None:
        """Observe what events have emitted."""
        for what, heard in self._heard:
            self._observed(what, "event", value=", ".join(heard) or "nothing", type="")


async def _started(start: Callable[[], Awaitable[Any]]) -> Any:
    """Start a request and wait for it: what a version does not have, or refuses at once, is raised here, too."""
    return await start()
