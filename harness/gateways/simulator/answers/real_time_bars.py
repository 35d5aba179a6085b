"""Answers requests for real-time bars: one every five seconds, on the clock.

Sources: IBKR's documentation for bars of trades, a notebook of ib_insync of 2018 for those of midpoints, a recording at
server version 200 for the refusals.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.gateways.simulator.answers import limits
from harness.gateways.simulator.answers.contracts import meant_one
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.answers.refusals import (
    SUBSCRIBE,
    needs_subscription,
    no_permissions,
    not_done,
    not_valid,
    refuse,
)
from harness.gateways.simulator.client import Answer, Client
from harness.gateways.simulator.prices import Entitlement
from harness.gateways.simulator.streams import MADE_UP, PERIOD, Kind
from harness.gateways.simulator.truth import Values
from harness.wire.message import Message

NO_BARS = 420
_SHOWN = frozenset({"TRADES", "BID", "ASK", "MIDPOINT"})


def _bars(request: Message, client: Client) -> Iterator[Message]:
    req_id, shown = request.number("req_id"), request.text("what_to_show")
    if shown not in _SHOWN:
        yield not_valid(request, client, "What to show field is missing or incorrect.")
        return
    refuse(_of_streams(request, client))
    contract = meant_one(request, client)
    now = int(client.now())
    live = client.prices.entitlement(contract) is Entitlement.LIVE
    if not live or client.prices.bar(contract, shown, now - PERIOD, now) is None:
        yield _refused(request, contract)
        return
    told = now - now % PERIOD

    def tell(moment: float) -> Iterator[Message]:
        """Yield every bar that has ended: none is left out by a fast clock."""
        nonlocal told
        told = max(told, int(moment - MADE_UP) // PERIOD * PERIOD)
        while told + PERIOD <= moment:
            bar = client.prices.bar(contract, shown, told, told + PERIOD) if _is_told(contract, client, told) else None
            if bar is not None:
                yield Message("real_time_bar", {**bar, "req_id": req_id, "time": told})
            told += PERIOD

    client.streams.watch(Kind.REAL_TIME_BARS, req_id, tell)
    if not client.prices.moves:  # the bar that ended last, at once: nobody need wait for what stands still (ours)
        told -= PERIOD
        yield from tell(now)


def _is_told(contract: Values, client: Client, begins: float) -> bool:
    """Return whether there is a bar: none while the market is shut (inferred from historical ones)."""
    return client.prices.is_open(contract, begins)


def _of_streams(request: Message, client: Client) -> Message | None:
    """Refuse an id that is in use, as depth does (inferred), and more bars than there may be."""
    if client.streams.has(Kind.REAL_TIME_BARS, request.number("req_id")):
        return not_done(request, client, "Duplicate ticker id")
    return limits.of_real_time_bars(request, client)


def _refused(request: Message, contract: Values) -> Message:
    """Refuse what the account may not see: the number depends on what is asked for (captured for stocks)."""
    if request["what_to_show"] != "TRADES":
        return needs_subscription(request)
    text = f"Invalid Real-time Query:{no_permissions(contract)}. {SUBSCRIBE}"
    return error(NO_BARS, text, request.number("req_id"))


def _cancel(request: Message, client: Client) -> Iterator[Message]:
    """End them without a word; that this is so of bars that are not there, too, is inferred."""
    client.streams.cancel(Kind.REAL_TIME_BARS, request.number("req_id"))
    return iter(())


ANSWERS: Mapping[str, Answer] = {"cancel_real_time_bars": _cancel, "req_real_time_bars": _bars}
"""By request."""
