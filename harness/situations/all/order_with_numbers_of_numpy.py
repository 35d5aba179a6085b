"""A program takes size and price from NumPy or a calculation."""

from __future__ import annotations

import importlib
from fractions import Fraction
from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Place orders with whatever behaves as a number."""
    ib = stage.connected()
    contract = stage.stock(ib)
    numbers = {
        "bool": (True, 100.0),
        "text": ("10", "100.0"),
        "fraction": (Fraction(10), Fraction(100)),
        "none": (10, None),
    }
    try:
        np = importlib.import_module("numpy")  # not every environment has it
    except ImportError:
        pass
    else:
        numbers["numpy"] = (np.float64(10), np.float64(100.0))
        numbers["numpy's whole number"] = (np.int64(10), np.float32(100.0))
    for kind, (size, price) in numbers.items():
        order = stage.library.LimitOrder("BUY", size, price, tif="GTC")
        trade = stage.calls(f"placeOrder() with {kind}", lambda: ib.placeOrder(contract, order), quiet=True)
        stage.settle(ib)
        if trade is not None:
            stage.says(f"status with {kind}", trade.orderStatus.status)
            stage.calls(f"trade.remaining() with {kind}", lambda: trade.remaining())
    stage.says("orders at the Gateway", [(each["quantity"], each["limit"]) for each in stage.gateway.orders()])


SITUATION = Situation(about=About.ORDERS, play=play)
