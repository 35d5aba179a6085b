"""Answers requests for historical bars of a market that moves: those that the trades of the time make.

Sources: recordings of Gateways 10.37 to 10.45 for the form of the answer and its updates; which bars there are is said
in :mod:`harness.gateways.simulator.bar_times`. How many bars are too many is ours, the text is in users' logs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from harness.gateways.simulator.answers import kinds_of_bars, moments
from harness.gateways.simulator.answers.historical_refusals import END_SINCE, NO_DATA, no_data
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.bar_times import BEGAN, BarTime, bar_times, moment, since
from harness.gateways.simulator.bars import EPOCH_SECONDS, Bar, rows
from harness.gateways.simulator.client import Client
from harness.gateways.simulator.sessions import Session
from harness.gateways.simulator.streams import Kind, Tell
from harness.gateways.simulator.truth import Values
from harness.wire.message import Message

MOST_BARS = 5000
"""So many take a second or two, in which nobody else is answered."""


_OF_DAYS = frozenset({"1 day", "1W", "1M", "1 days", "1 week", "1 month"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _History:
    """A request that is not refused.

    Args:
        request: what was asked for.
        contract: of which contract.
        client: who asked.
        session: when the contract is traded.
    """

    request: Message
    contract: Values
    client: Client
    session: Session

    @property
    def zone(self) -> str:
        """The exchange's time zone."""
        return str(self.contract["time_zone_id"])

    @property
    def liquid(self) -> bool:
        """Whether only regular trading hours count."""
        return bool(self.request["use_rth"])

    def since(self, ends: float) -> float:
        """Return how far back from a moment it goes, in Unix seconds."""
        return since(self.session, self.request.text("duration"), ends, liquid=self.liquid)

    def times(self, begins: float, ends: float) -> Iterator[BarTime]:
        """Yield when its bars between two moments are, in Unix seconds."""
        return bar_times(self.session, self.request.text("bar_size"), begins, ends, liquid=self.liquid)

    def bars(self, times: Iterable[BarTime]) -> Iterator[Values]:
        """Yield bars as they are written; one that is not finished has what happened until now."""
        now, prices, shown = self.client.now(), self.client.prices, self.request.text("what_to_show")
        made = (
            Bar(moment(time, self.zone), values)
            for time in times
            if (values := kinds_of_bars.bar_of(prices, self.contract, shown, time.until(now))) is not None
        )
        return rows(made, self.zone, self.client.clock, epoch=self.request["format_date"] == EPOCH_SECONDS)


def told(request: Message, contract: Values, client: Client) -> Iterator[Message]:
    """Yield the bars of a request, and keep them up to date if it asks for that."""
    if contract["sec_type"] == "OPT" and request["bar_size"] in _OF_DAYS:
        yield _no_days(request, contract)
        return
    history = _history(request, contract, client)
    if history is None:
        yield no_data(request, contract)
        return
    ends = client.now()  # an end to come is now (inferred)
    if request["end"]:
        ends = max(BEGAN, min(ends, moments.read(request.text("end")).timestamp()))
    begins = max(BEGAN, history.since(ends))
    times = list(islice(history.times(begins, ends), MOST_BARS + 1))
    if not times:
        yield no_data(request, contract)
    elif len(times) > MOST_BARS:
        text = "Historical Market Data Service error message:Time length exceed max."
        yield error(NO_DATA, text, request.number("req_id"))
    else:
        yield from _answer(history, times, begins, ends)
        if request["keep_up_to_date"]:
            client.streams.watch(Kind.BARS, request.number("req_id"), _updates(history, times[-1]))


def _no_days(request: Message, contract: Values) -> Message:
    """Return the refusal of bars of days of an option, of which there are none (in users' logs)."""
    where, sizes = f"exchange '{contract['exchange']}'", (request.text("duration").lower(), request["bar_size"])
    kinds = f"the {where} and the security type 'Option' and '{sizes[0]}' and '{sizes[1]}'"
    text = f"Historical Market Data Service error message:No data of type EODChart is available for {kinds}"
    return error(NO_DATA, text, request.number("req_id"))


def _history(request: Message, contract: Values, client: Client) -> _History | None:
    """Return what is asked for; ``None`` if there is no data of it."""
    shown, session, now = request.text("what_to_show"), client.prices.session(contract), client.now()
    if session is None or kinds_of_bars.bar(client.prices, contract, shown, now - 1, now) is None:
        return None
    return _History(request=request, contract=contract, client=client, session=session)


def _answer(history: _History, times: list[BarTime], begins: float, ends: float) -> Iterator[Message]:
    clock, req_id = history.client.clock, history.request["req_id"]
    span = (clock.text(dt.datetime.fromtimestamp(when, dt.UTC), history.zone) for when in (begins, ends))
    head = {**dict(zip(("start", "end"), span, strict=True)), "req_id": req_id}
    yield Message("historical_data", {**head, "bars": tuple(history.bars(times))})
    if history.client.server_version >= END_SINCE:
        yield Message("historical_data_end", head)


def _updates(history: _History, newest: BarTime) -> Tell:
    """Return what yields the newest bar again, also without a trade, and then the next; none while it is shut."""

    def tell(_moment: float) -> Iterator[Message]:
        nonlocal newest
        if not history.client.prices.is_open(history.contract):
            return
        times = list(history.times(newest.begins, history.client.now()))
        for bar in history.bars(times):
            yield Message("historical_data_update", {"req_id": history.request["req_id"], **bar})
        newest = times[-1] if times else newest

    return tell
