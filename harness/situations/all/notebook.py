"""A notebook calls util.startLoop, and then what blocks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Run in an event loop that runs already, as Jupyter does."""
    library = stage.library

    async def cell() -> None:
        stage.calls("util.startLoop()", lambda: library.util.startLoop())
        ib = library.IB()
        stage.calls(
            "ib.connect() after util.startLoop()",
            lambda: ib.connect(stage.gateway.host, stage.gateway.port, clientId=1, timeout=5),
            quiet=True,
        )
        stage.says("ib.isConnected() after util.startLoop()", ib.isConnected())
        stage.calls("ib.reqPositions() after util.startLoop()", lambda: ib.reqPositions(), quiet=True)
        stage.calls("ib.sleep() after util.startLoop()", lambda: ib.sleep(0.01))

    asyncio.run(cell())


SITUATION = Situation(about=About.CONNECTION, play=play)
