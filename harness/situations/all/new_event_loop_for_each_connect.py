"""A program calls asyncio.run for each attempt to connect."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Connect and disconnect in two event loops, one after the other."""
    ib = stage.library.IB()

    async def session() -> list[str]:
        stage.gateway.step()  # it has heard of who left
        await ib.connectAsync(stage.gateway.host, stage.gateway.port, clientId=1, timeout=5)
        await ib.reqCurrentTimeAsync()
        accounts: list[str] = ib.managedAccounts()
        ib.disconnect()
        return accounts

    stage.calls("the first asyncio.run()", lambda: asyncio.run(session()))
    stage.calls("the second asyncio.run()", lambda: asyncio.run(session()))
    ib = stage.library.IB()
    stage.calls("asyncio.run() with a new IB", lambda: asyncio.run(session()))


SITUATION = Situation(about=About.CONNECTION, play=play)
