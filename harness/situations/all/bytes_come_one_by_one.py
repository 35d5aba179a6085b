"""The line is slow: every byte comes alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Connect, and ask for something large."""
    ib = stage.connected()
    stage.says("ib.isConnected()", ib.isConnected())
    contract = stage.stock(ib)
    found = stage.awaits(ib, "reqContractDetails()", lambda: ib.reqContractDetailsAsync(contract), quiet=True)
    stage.says("number of details", len(found))


SITUATION = Situation(about=About.CONNECTION, play=play, gateway={"scenario": "split-frames"})
