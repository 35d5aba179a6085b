"""A program uses the helpers of util: times, trees, dictionaries."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Call them with what programs call them with."""
    util = stage.library.util
    order = stage.library.LimitOrder("BUY", 1, 1.0)
    for text in (
        "20261127",
        "20261127 15:30:00",
        "20261127 15:30:00 US/Eastern",
        "20261127-15:30:00",
        "1795793400",
        "",
    ):
        stage.calls(f"parseIBDatetime({text!r})", lambda: util.parseIBDatetime(text))
    for when in (
        dt.date(2026, 11, 27),
        dt.datetime(2026, 11, 27, 15, 30),  # noqa: DTZ001 - as programs write it
        dt.datetime(2026, 11, 27, 15, tzinfo=dt.timezone.utc),
        "",
    ):
        stage.calls(f"formatIBDatetime({str(when)!r})", lambda: util.formatIBDatetime(when))
    stage.calls("dataclassNonDefaults(order)", lambda: util.dataclassNonDefaults(order))
    order.lmtPrice = None
    stage.calls("dataclassNonDefaults() with None", lambda: util.dataclassNonDefaults(order))
    stage.calls("dataclassAsTuple(order)", lambda: len(util.dataclassAsTuple(order)) > 0)
    stage.calls("isNan()", lambda: [util.isNan(float("nan")), util.isNan(1.0)])
    stage.calls("formatSI()", lambda: [util.formatSI(number) for number in (0, 0.001, 1234.5)])
    stage.calls("tree()", lambda: util.tree({"a": (1, [dt.date(2026, 1, 1)])}))
    stage.calls("UNSET_DOUBLE and UNSET_INTEGER", lambda: [util.UNSET_DOUBLE, util.UNSET_INTEGER])
    state = stage.library.OrderState(initMarginChange="100.5", commission=1.0)
    stage.calls("OrderState.initMarginChange", lambda: state.initMarginChange)


SITUATION = Situation(about=About.OBJECTS, play=play)
