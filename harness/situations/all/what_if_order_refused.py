"""A program asks what an order would cost, and the Gateway refuses the order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Ask for the margin of an order with a trigger method that there is none of (321)."""
    ib = stage.connected()
    contract = stage.stock(ib)
    order = stage.library.LimitOrder("BUY", 10, 100.0, tif="GTC", triggerMethod=99)
    stage.hears("ib.errorEvent", ib.errorEvent, lambda _id, code, *_: code)
    stage.awaits(ib, "whatIfOrder() that is refused with 321", lambda: ib.whatIfOrderAsync(contract, order))
    order = stage.library.LimitOrder("BUY", 10, 100.001, tif="GTC")
    stage.awaits(ib, "whatIfOrder() that is refused with 110", lambda: ib.whatIfOrderAsync(contract, order))
    order = stage.library.LimitOrder("BUY", 10, 100.0, tif="GTC", account="DU0000000")
    stage.awaits(ib, "whatIfOrder() for an account that is not ours", lambda: ib.whatIfOrderAsync(contract, order))
    order = stage.library.LimitOrder("BUY", 10, 100.0, tif="GTC")
    state = stage.awaits(ib, "whatIfOrder() that is right", lambda: ib.whatIfOrderAsync(contract, order), quiet=True)
    stage.says("what it would cost", [state.initMarginChange, state.commission])


SITUATION = Situation(about=About.ORDERS, play=play)
