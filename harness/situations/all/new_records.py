"""A program makes orders, contracts and other records, and reads what it has not set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Make one of each without any argument."""
    library = stage.library
    for name in (
        *("Order", "Contract", "Ticker", "ExecutionFilter", "OrderState", "OrderStatus", "ComboLeg", "TagValue"),
        *(
            "ScannerSubscription",
            "Execution",
            "CommissionReport",
            "ContractDetails",
            "SoftDollarTier",
            "BarData",
            "WshEventData",
        ),
    ):
        record = stage.calls(f"{name}()", lambda: getattr(library, name)(), quiet=True)
        if record is not None:
            stage.fields(f"{name}()", record, kind="default")
    for name, arguments in (
        ("LimitOrder", ("BUY", 1, 1.0)),
        ("MarketOrder", ("BUY", 1)),
        ("StopOrder", ("SELL", 1, 1.0)),
    ):
        stage.calls(f"text of {name}", lambda: str(getattr(library, name)(*arguments)))
    stage.calls("text of Stock", lambda: str(library.Stock("AAPL", "SMART", "USD")))
    stage.says("OrderStatus.DoneStates", library.OrderStatus.DoneStates)
    stage.says("OrderStatus.ActiveStates", library.OrderStatus.ActiveStates)


SITUATION = Situation(about=About.OBJECTS, play=play)
