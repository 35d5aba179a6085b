"""Historical bars, asked of ibapi."""

# ruff: noqa: N802, N803 - callbacks and their arguments are named by the library

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters import records_history
from adapters.ibapi_contracts import IbapiContracts
from adapters.ibapi_requests import IbapiCallbacks

if TYPE_CHECKING:
    from adapters.records_contracts import Wanted
    from adapters.records_history import Bar, WantedBars

ALL_HOURS, TRADES, ONCE = 0, "TRADES", False


class IbapiHistory(IbapiContracts):
    """The requests for historical bars."""

    def historical_bars(self, wanted: Wanted, bars: WantedBars, timeout: float) -> list[Bar]:
        """Ask the bars of trades, within and outside regular hours, that end now."""
        request_id = self._request_id()
        contract = self._contract(wanted)
        span = ("", bars.duration, bars.bar_size, TRADES, ALL_HOURS, bars.format_date)

        def send() -> None:
            self._app.reqHistoricalData(request_id, contract, *span, ONCE, [])

        return [records_history.bar(row) for (row,) in self._inbox.ask(request_id, send, timeout)]


class HistoryCallbacks(IbapiCallbacks):
    """The callbacks for historical bars."""

    def historicalData(self, reqId: int, bar: Any) -> None:
        """Hear one bar."""
        self._inbox.add(reqId, bar)

    def historicalDataEnd(self, reqId: int, *_span: str) -> None:
        """Hear the end of the bars."""
        self._inbox.finish(reqId)
