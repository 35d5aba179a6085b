"""A program scans the market."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
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


def play_ibapi(stage: ClientStage) -> None:
    """Scan for the most active stocks, and ask for the parameters."""
    app = stage.connected()
    wanted = stage.record(
        "ScannerSubscription", instrument="STK", locationCode="STK.US.MAJOR", scanCode="MOST_ACTIVE", numberOfRows=5
    )
    heard = stage.asks(app, "reqScannerSubscription()", lambda: app.reqScannerSubscription(1, wanted, [], []))
    stage.arguments("scannerData", heard, "scannerData")
    stage.asks(app, "cancelScannerSubscription()", lambda: app.cancelScannerSubscription(1))


SITUATION = Situation(about=About.MARKET, play=play, ibapi=play_ibapi)
