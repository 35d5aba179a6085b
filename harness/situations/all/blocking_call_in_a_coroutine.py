"""A coroutine calls what blocks: ib.connect, ib.sleep and ib.reqPositions."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation
from harness.situations.stage import CONNECT_TIMEOUT

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Call them where an event loop runs already."""

    async def program() -> None:
        ib = stage.library.IB()
        stage.calls(
            "ib.connect() in a coroutine",
            lambda: ib.connect(stage.gateway.host, stage.gateway.port, clientId=1, timeout=5),
            quiet=True,
        )
        other = stage.library.IB()
        await other.connectAsync(stage.gateway.host, stage.gateway.port, clientId=2, timeout=CONNECT_TIMEOUT)
        stage.calls("ib.reqPositions() in a coroutine", lambda: other.reqPositions(), quiet=True)
        stage.calls("ib.sleep() in a coroutine", lambda: other.sleep(0))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a coroutine that was never awaited
        stage.library.util.run(program())


SITUATION = Situation(about=About.CONNECTION, play=play)
