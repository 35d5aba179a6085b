"""An account has 10,000 holdings, and bars come by the thousand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Read all of them."""
    ib = stage.connected()
    stage.says("number of ib.positions()", len(ib.positions()))
    found = stage.awaits(ib, "reqPositions()", lambda: ib.reqPositionsAsync(), quiet=True)
    stage.says("number of reqPositions()", len(found))


SITUATION = Situation(about=About.ACCOUNT, play=play, gateway={"scenario": "large", "market": "still"})
