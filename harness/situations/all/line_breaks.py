"""The connection breaks while a program waits for an answer, and has an order that works."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
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


def play_ibapi(stage: ClientStage) -> None:
    """Ask for something, and lose the line before its answer is read."""
    app = stage.connected()
    app.placeOrder(stage.next_id(app), stage.stock(), stage.limit_order())
    stage.settle(app)
    stage.ears(app).heard.clear()
    stage.gateway.drop()
    stage.ends(app, "run() when the line breaks")
    stage.hears(app, "callbacks when the line breaks")
    stage.says("isConnected() after the break", bool(app.isConnected()))
    stage.calls("reqPositions() after the break", lambda: app.reqPositions(), quiet=True)
    stage.hears(app, "callbacks of reqPositions() after the break")


SITUATION = Situation(about=About.CONNECTION, play=play, ibapi=play_ibapi)
