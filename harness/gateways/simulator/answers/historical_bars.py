"""Answers requests for historical bars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.gateways.simulator.answers import historical_refusals, moments, moving_bars, schedule, sizes
from harness.gateways.simulator.answers.contracts import meant_one
from harness.gateways.simulator.answers.historical_refusals import END_SINCE, NO_DATA, no_data
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.answers.refusals import AGGREGATED, TRADES, other_trades, refuse
from harness.gateways.simulator.bars import Series
from harness.gateways.simulator.client import Answer, Client
from harness.gateways.simulator.streams import PERIODS, Kind, due_after
from harness.gateways.simulator.truth import Values
from harness.wire.message import Message

NOT_RUNNING = 366
"""Error code: there is no such request for bars."""

_TRADES, _PRICES = frozenset({TRADES, AGGREGATED}), frozenset({"BID", "ASK", "MIDPOINT"})


def _bars(request: Message, client: Client) -> Iterator[Message]:
    """Yield all bars of the contract and the size; when they end and how long they go back is not looked at.

    The truth has bars of trades alone. Those of quotes and midpoints have their prices (ours), and no trades
    (captured). There is no data of other kinds.
    """
    refuse(historical_refusals.refusal(request, client))
    contract = meant_one(request, client)
    refuse(other_trades(request, contract))
    warned = moments.warning(request, "end")
    if warned is not None:
        yield warned
    if request["what_to_show"] == historical_refusals.SCHEDULE:
        yield schedule.told(request, contract, client)
        return
    if client.prices.moves:
        yield from moving_bars.told(request, contract, client)
        return
    series = _series(request, contract, client)
    if series is None:
        yield no_data(request, contract)
        return
    yield from _of_series(series, request, client)


def _series(request: Message, contract: Values, client: Client) -> Series | None:
    wanted, shown = (contract["con_id"], request["bar_size"]), request["what_to_show"]
    series = next((one for one in client.truth.bars if (one.con_id, one.bar_size) == wanted), None)
    if series is None or shown in _TRADES:
        return series
    return series.without_trades() if shown in _PRICES else None


def _of_series(series: Series, request: Message, client: Client) -> Iterator[Message]:
    if client.server_version < sizes.SINCE:
        yield from sizes.warnings(series, request)
        series = series.without_fractions()
    clock = client.clock
    ends = (("start", series.start), ("end", series.end))
    span = {name: clock.text(when, series.time_zone) for name, when in ends}
    told = {**span, "req_id": request["req_id"]}
    bars = series.written(clock, request.number("format_date"))
    yield Message("historical_data", {**told, "bars": bars})
    if client.server_version >= END_SINCE:
        yield Message("historical_data_end", told)
    if request["keep_up_to_date"]:
        _keep_up(request.number("req_id"), series.update(client.clock, request.number("format_date")), client)


_SOON = 0.25
"""Seconds after which a bar that is kept up to date is told first, at the earliest: enough to read the bars before, and
no more, as who waits for a market that stands still waits for nothing (ours; a Gateway takes four to six seconds)."""


def _keep_up(req_id: int, newest: Values, client: Client) -> None:
    """Send what the newest bar has become, again and again, also where nothing is traded (captured)."""
    due = client.now() + _SOON

    def tell(moment: float) -> Iterator[Message]:
        nonlocal due
        if moment >= due:
            due = due_after(moment, PERIODS[Kind.BARS])
            yield Message("historical_data_update", {"req_id": req_id, **newest})

    client.streams.watch(Kind.BARS, req_id, tell, _SOON)


def _cancel(request: Message, client: Client) -> Iterator[Message]:
    """Say that a running request is cancelled, or that there is none: the answer of another is complete (captured)."""
    req_id = request.number("req_id")
    if client.streams.cancel(Kind.BARS, req_id):
        text = f"Historical Market Data Service error message:API historical data query cancelled: {req_id}"
        yield error(NO_DATA, text, req_id)
    else:
        yield error(NOT_RUNNING, f"No historical data query found for ticker id:{req_id}", req_id)


ANSWERS: Mapping[str, Answer] = {
    "cancel_historical_data": _cancel,
    "req_historical_data": _bars,
}
