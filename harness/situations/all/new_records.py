"""A program makes orders, contracts and other records, and reads what it has not set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.client_stage import RECORDS
from harness.situations.shown import fields_of
from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
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


def play_ibapi(stage: ClientStage) -> None:
    """Make one of each without any argument."""
    for name in sorted(RECORDS):
        record = stage.calls(f"{name}()", lambda: stage.record(name), quiet=True)
        if record is not None:
            single = (each for each in fields_of(record) or () if fields_of(getattr(record, each)) is None)
            stage.fields(f"{name}()", record, single, kind="default")
    for name in ("Contract", "Order", "OrderState", "Execution"):
        stage.calls(f"text of {name}", lambda: str(stage.record(name)))


SITUATION = Situation(about=About.OBJECTS, play=play, ibapi=play_ibapi)
