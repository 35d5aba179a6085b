"""A program connects in a thread of its own, as web servers and user interfaces do."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from harness.situations.observer import PATIENCE
from harness.situations.situation import About, Situation
from harness.situations.stage import CONNECT_TIMEOUT

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Connect in a thread that has no event loop."""

    def program() -> None:
        ib = stage.library.IB()

        def connect() -> None:
            ib.connect(stage.gateway.host, stage.gateway.port, clientId=1, timeout=CONNECT_TIMEOUT)

        stage.calls("ib.connect() in a thread", connect, quiet=True)
        if ib.isConnected():
            stage.says("accounts", ib.managedAccounts())
            ib.disconnect()

    thread = threading.Thread(target=program, name="program")
    thread.start()
    thread.join(PATIENCE)


SITUATION = Situation(about=About.CONNECTION, play=play)
