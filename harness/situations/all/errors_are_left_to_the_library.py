"""A program overrides nothing but the first order id, and reads errors in its log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage


def play_ibapi(stage: ClientStage) -> None:
    """Ask for an unknown contract, place an order that is refused, and look at what is logged."""
    heard: list[str] = []

    class Counting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(f"{record.levelname} of {record.name}")

    app = stage.connected(error=stage.own("error"))
    counting = Counting()
    logging.getLogger().addHandler(counting)
    app.reqContractDetails(1, stage.stock("NOSUCHSYMBOL"))
    app.placeOrder(stage.next_id(app), stage.stock(), stage.limit_order(triggerMethod=99))
    stage.settle(app)
    logging.getLogger().removeHandler(counting)
    stage.says("log records of two errors", heard)


SITUATION = Situation(about=About.CONNECTION, ibapi=play_ibapi)
