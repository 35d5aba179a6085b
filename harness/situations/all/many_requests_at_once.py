"""A program asks a hundred things at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Ask details in parallel, more than fifty a second."""
    ib = stage.connected()
    stage.hears("ib.errorEvent", ib.errorEvent, lambda _id, code, *_: code)
    contracts = [stage.library.Stock(symbol, "SMART", "USD") for symbol in ("AAPL", "MSFT", "IBM", "SPY") * 25]
    throttled: list[str] = []
    ib.client.throttleStart.connect(lambda: throttled.append("start"), keep_ref=True)

    async def program() -> int:
        found = await asyncio.gather(*(ib.reqContractDetailsAsync(contract) for contract in contracts))
        return sum(len(details) for details in found)

    stage.calls("a hundred requests at once", lambda: stage.library.util.run(program()))
    stage.says("the library throttles", bool(throttled))


SITUATION = Situation(about=About.CONNECTION, play=play)
