"""A request for bars is refused (162, 321), without and with RaiseRequestErrors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Ask for the year 1999, for a size and for a kind that there is none of."""
    ib = stage.connected()
    contract = stage.stock(ib)
    stage.hears("ib.errorEvent", ib.errorEvent, lambda _id, code, *_: code)
    for raises in (False, True):
        ib.RaiseRequestErrors = raises
        said = "with RaiseRequestErrors" if raises else "as it is"
        for what, size, kind, end in (
            ("an unknown size", "7 mins", "TRADES", ""),
            ("an unknown kind", "1 hour", "NONSENSE", ""),
            ("a time long ago", "1 hour", "TRADES", "19990101 00:00:00 UTC"),
        ):
            stage.awaits(
                ib,
                f"reqHistoricalData() of {what}, {said}",
                lambda: ib.reqHistoricalDataAsync(contract, end, "1 D", size, kind, useRTH=True),
            )
        stage.awaits(
            ib,
            f"reqContractDetails() of what there is none of, {said}",
            lambda: ib.reqContractDetailsAsync(stage.library.Stock("NOSUCHSYMBOL", "SMART", "USD")),
        )


def play_ibapi(stage: ClientStage) -> None:
    """Ask for the year 1999, for a size and for a kind that there is none of."""
    app = stage.connected()
    for number, (what, size, kind, end) in enumerate(
        (
            ("an unknown size", "7 mins", "TRADES", ""),
            ("an unknown kind", "1 hour", "NONSENSE", ""),
            ("a time long ago", "1 hour", "TRADES", "19990101 00:00:00 UTC"),
        ),
        start=1,
    ):
        heard = stage.asks(
            app,
            f"reqHistoricalData() of {what}",
            lambda: app.reqHistoricalData(number, stage.stock(), end, "1 D", size, kind, 1, 1, False, []),
        )
        stage.arguments(f"error of {what}", heard, "error")


SITUATION = Situation(about=About.MARKET, play=play, ibapi=play_ibapi, gateway={"market": "still"})
