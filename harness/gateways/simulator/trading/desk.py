"""Takes orders, fills them by the quotes of the moment, ends them, and tells their clients.

Order of messages: captured, where nothing else is said (recordings of paper Gateways at server versions 200 to 225).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from harness.gateways.simulator.pacing import History
from harness.gateways.simulator.prices import Prices, StillPrices
from harness.gateways.simulator.timing import Timing
from harness.gateways.simulator.trading import auctions, combos, groups, order_conditions, told, waits, watchers
from harness.gateways.simulator.trading.book import Book
from harness.gateways.simulator.trading.filling import fill, tell_watchers
from harness.gateways.simulator.trading.hours import Hours, Sessions, always_open
from harness.gateways.simulator.trading.kinds import Takes, Waits
from harness.gateways.simulator.trading.ledger import Ledger
from harness.gateways.simulator.trading.matching import Part, look_at, parts, price_of, state_of, tick_of
from harness.gateways.simulator.trading.order import (
    FILLED,
    INACTIVE,
    PENDING,
    PENDING_CANCEL,
    WORKING,
    Order,
    Values,
)
from harness.gateways.simulator.trading.pegging import follow, reference_of
from harness.gateways.simulator.trading.rejections import rejection
from harness.gateways.simulator.trading.settling import settle
from harness.known.scenarios import Behaviour
from harness.wire.message import Message, Value

if TYPE_CHECKING:
    from harness.gateways.simulator.client import Client
    from harness.gateways.simulator.days.conditions import Conditions
    from harness.gateways.simulator.truth import Truth

log = logging.getLogger("ib_compat.simulator")

CLOSED, REJECTED, OUTSIDE_IGNORED, PRESET = 399, 201, 2109, 10349
OUTSIDE_IGNORED_TEXT = (
    "Order Event Warning:Attribute 'Outside Regular Trading Hours' is ignored based on the order type and destination. "
    "PlaceOrder is now being processed."
)
PRESET_TEXT = "Order TIF was set to DAY based on order preset."
_LEG_PRICES = "order_combo_leg_prices"
_AT_ONCE = frozenset({"IOC", "FOK"})


class Desk:
    """The orders of a gateway, and its accounts.

    Args:
        truth: what it begins with.
        prices: what contracts cost; those of the truth by default.
        now: its clock, in Unix seconds.
        sessions: when each contract's market is open; always by default.
        master: the client id that hears of every client's orders (documented).
        presets: whether it says of each order that its time in force was set.
    """

    def __init__(
        self,
        truth: Truth,
        *,
        prices: Prices | None = None,
        now: Callable[[], float],
        sessions: Sessions = always_open,
        master: int | None = None,
        presets: bool = False,
    ) -> None:
        self.truth = truth
        self.prices = StillPrices(truth) if prices is None else prices
        self.now = now
        self.book = Book(truth)
        self.ledger = Ledger(truth, self.prices)
        self.hours = Hours(sessions)
        self.history = History()
        self.clients: dict[int, Client] = {}
        self.wake: Callable[[], None] = lambda: None
        self.by_hand = False
        """Whether no quote fills an order, so that only :meth:`fill` does."""
        self.conditions: Conditions | None = None
        """What happens to the gateway in its day; without a day nothing does."""
        self._master, self._presets = master, presets
        self.settled = -1.0
        """The minute in which that was done last."""
        self.began = now()
        """When its accounts began, in Unix seconds."""

    def begin(self, truth: Truth, when: float) -> None:
        """Let the accounts have begun at another moment, with what they held then."""
        self.truth, self.began = truth, when
        self.ledger.begin(truth)

    def join(self, client: Client) -> None:
        """Take a client that has started."""
        self.clients[client.client_id] = client
        self.wake()

    def leave(self, client: Client) -> None:
        """Let a client go; its orders stay (captured)."""
        if self.clients.get(client.client_id) is client:
            del self.clients[client.client_id]

    def heard_by(self, client: Client) -> list[Order]:
        """Return the working orders that a client hears of unasked: its own, all as the master."""
        return self.book.working(None if client.client_id == self._master else client.client_id)

    def tell(self, order: Order, make: Callable[[Client], Iterable[Message]]) -> None:
        """Tell the client of an order, and the master, if they are connected."""
        self.book.changed()
        for client_id in dict.fromkeys((order.client_id, self._master)):
            client = self.clients.get(client_id) if client_id is not None else None
            if client is not None:
                client.outbox.put(make(client))

    def tell_owner(self, order: Order, code: int, text: str) -> None:
        """Tell the client of an order an error about it."""
        if (client := self.clients.get(order.client_id)) is not None:
            client.outbox.put([told.error(code, text, order.order_id)])

    def quote(self, contract: Values) -> Values | None:
        """Return the quote of a contract, be it a combination; ``None`` if there is none."""
        return combos.quote_of(contract, self.prices.quote)

    def move(self, order: Order, status: str) -> None:
        """Give an order a status, and tell it."""
        order.status = status
        why = waits.why_held(order, self) if status == PENDING else ""
        self.tell(order, lambda client: told.pair(order, client, why))

    def place(self, order: Order, *, transmit: bool) -> None:
        """Take a new order; until one of its family is transmitted, nobody hears of it."""
        self.book.keep(order)
        if transmit:
            self.transmit(order)

    def transmit(self, order: Order) -> None:
        """Open an order and those of its family that have waited for it; then fill them. Our own error leaves none."""
        opened = [each for each in groups.family(order, self.book) if not each.transmitted]
        try:
            for each in opened:
                if not each.ended:  # as a child does when its parent is rejected
                    self._open(each)
            for each in opened:
                self.match(each)
        except Exception:
            for each in opened:
                if not each.filled:
                    self.book.forget(each)
            raise
        self.wake()

    def _open(self, order: Order) -> None:
        order.transmitted, order.since = True, self.now()
        order.awaits_auction = bool(auctions.waits_for(order))
        order.auction_at = auctions.moment(order, self)
        order.day_ends = self._day_ends(order)
        order_conditions.look(order, self)
        above = groups.parent(order, self.book)
        if above is not None:
            order.parent_perm_id, order.oca_group = above.perm_id, order.oca_group or str(above.perm_id)
        if self._is_rejected(order):
            return
        if order.rule.waits is Waits.STOP and order.values.get("outside_rth"):
            self.tell_owner(order, OUTSIDE_IGNORED, OUTSIDE_IGNORED_TEXT)
        if not self.hours.is_open(order, self.now()):
            self._warn_of_hours(order)
        for status in self._first_statuses(order):
            self.move(order, status)
        if self._presets or order.values.get("preset"):
            self.tell_owner(order, PRESET, PRESET_TEXT)

    def _day_ends(self, order: Order) -> float | None:
        """Return when the day of an order ends: the one that it begins to work on, not before its auction."""
        begins = waits.begins(order, self.now())
        return self.hours.day_ends(order, max(begins, (order.auction_at or 0.0) - 1))  # an auction is at the end

    def _is_rejected(self, order: Order) -> bool:
        if (reason := rejection(order, self)) is not None:
            self.reject(order, f"Order rejected - reason:{reason}")
        return reason is not None

    def _first_statuses(self, order: Order) -> Iterable[str]:
        """Return the statuses of an order that is accepted; one that waits shows its own twice.

        One that is filled at once shows the last alone.
        """
        if order.waits_for_trigger:
            return (PENDING, PENDING)
        if waits.is_held(order, self):
            return (PENDING,)
        statuses: list[str] = self.truth.placing["statuses"]
        quote = self.quote(order.contract) if order.kind == "MKT" and not self.by_hand else None
        fills = quote is not None and price_of(quote, "ask" if order.buys else "bid") is not None
        return statuses[-1:] if fills else statuses

    def _warn_of_hours(self, order: Order) -> None:
        client = self.clients.get(order.client_id)
        if client is not None:
            text = told.closed_market(order, self.hours.opens(order, self.now()), client)
            self.tell_owner(order, CLOSED, text)

    def reject(self, order: Order, text: str, code: int = REJECTED) -> None:
        """End an order with an error: inactive, the error, and inactive again; with it end its children (inferred)."""
        order.ended_at = self.now()
        self.move(order, INACTIVE)
        self.tell_owner(order, code, text)
        self.move(order, INACTIVE)
        self._end_children(order)

    def change(self, order: Order, values: dict[str, Value], *, transmit: bool) -> None:
        """Give an order what its client has changed: it keeps its status, and is looked at anew."""
        before, day = order_conditions.of(order), _day_of(order)
        order.values |= {name: value for name, value in values.items() if name != _LEG_PRICES}  # captured: they stay
        order.seen, order.rests, order.is_truth, order.pegged = None, False, False, None
        order.conditions_hold = order.conditions_hold and before == order_conditions.of(order)
        if not order.transmitted:
            if transmit:
                self.transmit(order)
            return
        if day != _day_of(order):
            if order.awaits_auction:
                order.auction_at = auctions.moment(order, self)
            order.day_ends = self._day_ends(order)
        if self._is_rejected(order):
            return
        order_conditions.look(order, self)
        self.move(order, FILLED if not order.remaining else order.status)
        if order.status == FILLED:  # it was made no larger than what is filled
            for other in groups.others(order, self.book):
                self.end(other, pending=True)
            self._begin_children(order)
        self.match(order)
        self.wake()

    def match(self, order: Order) -> None:
        """Fill what the quote of the moment allows; what was matched with the same quote before stays as it is."""
        if self.by_hand or not order.works or order.pulled or waits.is_held(order, self):
            return
        quote, reference = self.quote(order.contract), reference_of(order, self.prices.quote)
        state = state_of(quote), reference
        if quote is not None and state != order.seen:
            order.seen = state
            self._follow(order, quote, reference)
            if order.status == PENDING and not order.waits_for_trigger:
                self.move(order, WORKING)
            self._fill_all(order, self._whole(order, list(parts(order, quote, tick_of(order)))))
            order.rests = True
        if order.time_in_force in _AT_ONCE:
            self.end(order, pending=True)

    def _follow(self, order: Order, quote: Values, reference: float | None) -> None:
        """Let a stop trail, or trigger, and what is pegged follow the market."""
        before = order.stop, order.pegged
        if look_at(order, quote):
            order.rests = False
        if order.rule.takes is Takes.PEG:
            follow(order, quote, reference)
        if (order.stop, order.pegged) != before:
            self.book.changed()  # no message says so

    def _whole(self, order: Order, found: list[Part]) -> list[Part]:
        """Return the parts; none where an order is filled as a whole or not at all, and they are too few."""
        whole = order.time_in_force == "FOK" or order.values.get("all_or_none")
        return [] if whole and sum(part.shares for part in found) < order.remaining else found

    def _fill_all(self, order: Order, found: list[Part]) -> None:
        for part in found:
            if order.works:
                fill(order, part, self)
        if found:
            tell_watchers(order, self)
        if order.status == FILLED:
            self._begin_children(order)

    def _begin_children(self, order: Order) -> None:
        """Let the children work of an order that is filled; a stop goes on to wait."""
        for child in groups.children(order, self.book):
            if child.works:
                waiting = child.waits_for_trigger or waits.is_held(child, self)
                self.move(child, PENDING if waiting else WORKING)
                self.match(child)

    def fill(self, order: Order, part: Part) -> None:
        """Fill a part of an order, whatever the market says."""
        self._fill_all(order, [part])

    def end(self, order: Order, *, pending: bool = False) -> None:
        """Cancel an order: its status, then 202; ``pending`` tells first that it is being cancelled."""
        if order.ended:
            return
        cancelled = self.truth.placing["cancelled"]
        order.pulled = True
        if pending:
            self.move(order, PENDING_CANCEL)
        if order.exercises:
            self.tell_owner(order, *told.NOT_EXERCISED)
        order.status, order.ended_at, order.transmitted = cancelled["status"], self.now(), True
        self.tell(order, lambda _client: [told.status(order)])
        self.tell_owner(order, cancelled["code"], cancelled["text"])
        self._end_children(order)

    def _end_children(self, order: Order) -> None:
        for child in groups.children(order, self.book):
            self.end(child)

    def cancel(self, order: Order) -> None:
        """Cancel an order as its client asks: with it end its children, or before it the others of its group."""
        below = [child for child in groups.children(order, self.book) if child.works]
        if below and order.works:
            order.pulled = True
            self.move(order, PENDING_CANCEL)
            for child in below:
                self.move(child, PENDING)
        for other in groups.others(order, self.book) if order.works else []:
            self.end(other, pending=True)
        self.end(order)

    def settle(self) -> None:
        """Begin a new day, and close what has ended."""
        settle(self)

    def tick(self, moment: float | None = None) -> None:
        """Look at all working orders: some have had their time, some can be filled. An error of ours ends none."""
        now = self.now() if moment is None else moment
        for order in self.book.working():
            self._look_safely(order, now)
        self.settle()
        for client in () if self.prices.stands() else self.clients.values():
            self._tell_time(client, now)

    def _tell_time(self, client: Client, now: float) -> None:
        try:
            if not client.outbox.is_full:
                client.outbox.put(watchers.of_time(client, now))
        except Exception:
            log.exception("profit or account of client %d: the simulator failed", client.client_id)

    def _look_safely(self, order: Order, now: float) -> None:
        try:
            self._look_again(order, now)
        except Exception:
            log.exception("order %d of client %d: the simulator failed", order.order_id, order.client_id)

    def _look_again(self, order: Order, now: float) -> None:
        if not order.works or (order.is_truth and self.prices.stands(order.contract)):
            return
        if order.auction_at is not None and now >= order.auction_at:
            auctions.hold(order, self)
        order_conditions.look(order, self)
        expires = waits.expires(order, self)
        cancelled = order.conditions_hold and bool(order.values.get("conditions_cancel_order"))
        if cancelled or (expires is not None and now >= expires):
            self.end(order)
            return
        if order.status == PENDING and not waits.is_held(order, self) and not order.waits_for_trigger:
            self.move(order, WORKING)
        self.match(order)


def _day_of(order: Order) -> tuple[object, object]:
    """Return what says which day an order works on, and how long that is."""
    return order.values.get("good_after_time"), order.values.get("outside_rth")


def desk_of(
    truth: Truth,
    behaviour: Behaviour,
    timing: Timing,
    *,
    prices: Prices | None = None,
    sessions: Sessions = always_open,
) -> Desk:
    """Return the desk of a gateway that behaves so."""
    return Desk(
        truth,
        prices=prices,
        now=lambda: timing.now() + behaviour.clock_ahead,
        sessions=sessions,
        master=behaviour.master_client_id,
        presets=behaviour.order_preset,
    )
