"""A program asks in several threads, and from within a callback."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage


def play_ibapi(stage: ClientStage) -> None:
    """Ask for details in eight threads, and for positions in ``contractDetailsEnd``."""

    def ask_more(self: Any, _id: int) -> None:
        self.reqPositions()

    app = stage.connected(contractDetailsEnd=ask_more)
    threads = [threading.Thread(target=app.reqContractDetails, args=(number, stage.stock())) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stage.settle(app)
    heard = stage.ears(app).heard[:]
    stage.says("details", sorted(each.values["reqId"] for each in heard if each.name == "contractDetails"))
    stage.says("positionEnd comes", any(each.name == "positionEnd" for each in heard))
    stage.says("threads of callbacks", {each.thread for each in heard})


SITUATION = Situation(about=About.CONNECTION, ibapi=play_ibapi, gateway={"account": "held"})
