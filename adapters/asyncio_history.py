"""Historical bars, asked of ib_insync and ib_async."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters import records_history
from adapters.asyncio_contracts import AsyncioContracts

if TYPE_CHECKING:
    from adapters.records_contracts import Wanted
    from adapters.records_history import Bar, WantedBars

ALL_HOURS, TRADES = False, "TRADES"


class AsyncioHistory(AsyncioContracts):
    """The requests for historical bars."""

    def historical_bars(self, wanted: Wanted, bars: WantedBars, timeout: float) -> list[Bar]:
        """Ask the bars of trades, within and outside regular hours, that end now."""
        contract = self._contract(wanted)
        asked = (contract, "", bars.duration, bars.bar_size, TRADES, ALL_HOURS, bars.format_date)
        # the library's own timeout would hide that there was no answer: it gives an empty one then
        answer = self._ask(lambda: self._ib.reqHistoricalDataAsync(*asked, timeout=0), timeout)
        return [records_history.bar(row) for row in answer]
