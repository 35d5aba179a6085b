"""A program scans the market."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Scan once, subscribe, and use the list as a key."""
    ib = stage.connected()
    wanted = stage.library.ScannerSubscription(instrument="STK", locationCode="STK.US.MAJOR", scanCode="TOP_PERC_GAIN")
    found = stage.calls("reqScannerSubscription()", lambda: ib.reqScannerSubscription(wanted), quiet=True)
    stage.settle(ib, seconds=1)
    stage.says("rows came", bool(found))
    stage.fields("row", found[0], ("rank", "distance", "benchmark", "projection", "legsStr"))
    stage.calls("the list of a scan as a key", lambda: len({found: 1}))
    stage.calls("cancelScannerSubscription()", lambda: ib.cancelScannerSubscription(found))
    stage.awaits(ib, "reqScannerParameters()", lambda: ib.reqScannerParametersAsync(), quiet=True)


SITUATION = Situation(about=About.MARKET, play=play)
