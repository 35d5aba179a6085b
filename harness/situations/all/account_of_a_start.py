"""A program reads values, holdings and portfolio of its account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Look at what a start brings, and ask for it again."""
    ib = stage.connected()
    stage.says("ib.managedAccounts()", ib.managedAccounts())
    for name in ("positions", "portfolio", "accountValues"):
        records = getattr(ib, name)()
        stage.says(f"number of ib.{name}()", len(records))
        stage.says(f"record of ib.{name}()", type(records[0]).__mro__[1].__name__)
        stage.fields(f"ib.{name}()[0]", records[0])
        stage.calls(f"ib.{name}()[0] taken apart", lambda: len([*records[0]]))
    summary = stage.awaits(ib, "accountSummary()", lambda: ib.accountSummaryAsync(), quiet=True)
    stage.says("number of accountSummary()", len(summary))
    stage.says("tags of accountSummary()", sorted({value.tag for value in summary})[:5])
    stage.awaits(ib, "reqPositions()", lambda: ib.reqPositionsAsync(), quiet=True)
    stage.calls("ib.positions() of an account that is none", lambda: ib.positions("DU0000000"))
    stage.calls("util.tree() of a position", lambda: type(stage.library.util.tree(ib.positions()[0])).__name__)


def play_ibapi(stage: ClientStage) -> None:
    """Ask for values, portfolio, positions and a summary of an account."""
    app = stage.connected()
    heard = stage.asks(app, "reqAccountUpdates()", lambda: app.reqAccountUpdates(True, ""))
    for name in ("updateAccountValue", "updatePortfolio", "accountDownloadEnd"):
        stage.arguments(name, heard, name)
    heard = stage.asks(app, "reqPositions()", lambda: app.reqPositions())
    stage.arguments("position()", heard, "position")
    heard = stage.asks(app, "reqAccountSummary()", lambda: app.reqAccountSummary(1, "All", "NetLiquidation,Cushion"))
    stage.arguments("accountSummary", heard, "accountSummary")
    stage.asks(app, "reqManagedAccts()", lambda: app.reqManagedAccts())


SITUATION = Situation(about=About.ACCOUNT, play=play, ibapi=play_ibapi, gateway={"account": "held", "market": "still"})
