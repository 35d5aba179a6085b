"""The connection breaks while a program waits for an answer, and has an order that works."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Ask for something that takes long, and lose the line."""
    ib = stage.connected()
    contract = stage.stock(ib)
    trade = ib.placeOrder(contract, stage.library.LimitOrder("BUY", 10, 100.0, tif="GTC"))
    stage.settle(ib)
    stage.hears("ib.disconnectedEvent", ib.disconnectedEvent)
    stage.hears("ib.errorEvent", ib.errorEvent, lambda _id, code, *_: code)

    async def program() -> None:
        waits = asyncio.ensure_future(ib.wrapper.startReq("an answer that never comes"))
        stage.gateway.drop()
        await asyncio.wait({waits})
        stage.calls("what waits for an answer", waits.result)

    stage.calls("util.run() while the line breaks", lambda: stage.library.util.run(program()))
    stage.until(lambda: not ib.isConnected(), "the library hears of it")
    stage.says("status of the order", trade.orderStatus.status)
    for name in ("positions", "trades", "openTrades", "managedAccounts"):
        stage.says(f"ib.{name}() after the break", len(getattr(ib, name)()))
    stage.calls(
        "ib.connect() again",
        lambda: ib.connect(stage.gateway.host, stage.gateway.port, clientId=1, timeout=20),
        quiet=True,
    )
    stage.settle(ib)
    stage.says("statuses of ib.openTrades() after a new connect", [each.orderStatus.status for each in ib.openTrades()])


SITUATION = Situation(about=About.CONNECTION, play=play)
