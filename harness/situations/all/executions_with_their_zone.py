"""A program reads the times of executions and bars, which the Gateway writes with their zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Ask for executions and bars, and read their times, on a computer in Tokyo."""
    ib = stage.connected()
    fills = stage.awaits(ib, "reqExecutions()", lambda: ib.reqExecutionsAsync(), quiet=True)
    for fill in fills[:1]:
        stage.says("execution.time", fill.execution.time)
        stage.says("zone of execution.time", str(fill.execution.time.tzinfo))
        stage.says("fill.time", fill.time)
    contract = stage.stock(ib)
    for size, duration in (("1 hour", "1 D"), ("1 day", "5 D")):
        for form in (1, 2):
            bars = stage.awaits(
                ib,
                f"reqHistoricalData() of {size}, formatDate={form}",
                lambda: ib.reqHistoricalDataAsync(contract, "", duration, size, "TRADES", useRTH=True, formatDate=form),
                quiet=True,
            )
            if bars:
                stage.says(f"date of a bar of {size}, formatDate={form}", bars[0].date)
    later = stage.library.ExecutionFilter(time="20991231-00:00:00")
    stage.awaits(ib, "reqExecutions() after 2099", lambda: ib.reqExecutionsAsync(later))


def play_ibapi(stage: ClientStage) -> None:
    """Ask for executions, and for those after 2099."""
    app = stage.connected()
    heard = stage.asks(app, "reqExecutions()", lambda: app.reqExecutions(1, stage.record("ExecutionFilter")))
    stage.arguments("execDetails", heard, "execDetails")
    for name in ("commissionReport", "commissionAndFeesReport"):
        stage.arguments("report of the commission", heard, name)
    later = stage.record("ExecutionFilter", time="20991231-00:00:00")
    stage.asks(app, "reqExecutions() after 2099", lambda: app.reqExecutions(2, later))


SITUATION = Situation(about=About.ACCOUNT, play=play, ibapi=play_ibapi, gateway={"account": "held"})
