"""Finds the request that a message of the gateway answers, while a connection is read from its beginning."""

from __future__ import annotations

from harness.recordings.exchange import Dialogue, Exchange, Messages, Told
from harness.recordings.meaning import LIVE
from harness.wire.catalogue import catalogue
from harness.wire.message import Message, Sender, Value

NO_REQUEST = frozenset({-1, 2**31 - 1})
"""Numbers in an error that are those of no request."""

READ_ONLY = 321
"""Refuses requests about orders in Read-Only mode, without a number where the request has none (captured)."""

FARM_NOTICES = range(2100, 2200)
"""Codes of what a gateway says of its farms, and of its own age, when a client has started."""

START_SECONDS = 3.0
"""Seconds after the hello within which such a notice is of the start, though the first answers came before it."""

ABOUT_ORDERS = frozenset({"place_order", "cancel_order", "exercise_options"})
"""Requests whose number is that of an order, which outlives the connection."""

_ORDER_TOLD = frozenset({"open_order", "order_status"})
_NUMBER_OF_NO_REQUEST = frozenset({"next_valid_id"})


class Attribution:
    """Knows the requests of one connection.

    Args:
        dialogue: the connection.
        orders: the last request about each order, by client id and order id; shared by all connections.
        keeps: whether the messages stay in memory.
    """

    def __init__(self, dialogue: Dialogue, orders: dict[tuple[int | None, int], Exchange], *, keeps: bool) -> None:
        self._keeps = keeps
        self._dialogue = dialogue
        self._orders = orders
        self._by_number: dict[int, Exchange] = {}
        self._by_order: dict[int, Exchange] = {}
        self._waiting: list[Exchange] = []
        self._subscribed: dict[str, Exchange] = {}
        self._executions: dict[Value, Exchange] = {}
        self._answered = False
        self._data_type = LIVE

    def asked(self, request: Message, number: int | None, at: float, line: int) -> None:
        """Take a request of the client, and how many lines of the recording come before it."""
        exchanges = self._dialogue.exchanges
        if request.name == "req_market_data_type":
            self._data_type = request.number("market_data_type")
        exchange = Exchange(
            dialogue=self._dialogue,
            place=len(exchanges),
            at=at,
            request=request,
            number=number,
            line=line,
            data_type=self._data_type,
            answers=Messages(kept=self._keeps),
        )
        exchanges.append(exchange)
        if number is None:
            self._asked_without_number(exchange)
            return
        key = (self._dialogue.client_id, number)
        about_order = request.name in ABOUT_ORDERS
        before = self._orders.get(key) if about_order else self._by_number.get(number)
        if before is not None and (about_order or before.request.name == exchange.kind.cancels):
            exchange.follows = before
        if about_order:
            self._by_order[number] = self._orders[key] = exchange
        else:
            self._by_number[number] = exchange

    def _asked_without_number(self, exchange: Exchange) -> None:
        kind = exchange.kind
        if kind.is_cancel(exchange.request.values) and kind.cancels is not None:
            exchange.follows = self._subscribed.pop(kind.cancels, None)
            self._waiting = [each for each in self._waiting if each.request.name != kind.cancels]
        elif kind.answers:
            self._waiting.append(exchange)

    def told(self, told: Told) -> None:
        """Take a message of the gateway, whose delay is still the moment at which it came."""
        exchange = self._answered_by(told)
        if exchange is None:
            self._unasked(told)
            return
        self._answered = True
        exchange.answers.append(told.counted(exchange.at, len(self._dialogue.exchanges)))
        self._end(exchange, told)

    def omitted(self, kind: int | None) -> None:
        """Note that a message is missing, of which at most the kind is known."""
        name = None if kind is None else _name(kind)
        numbered = {*self._by_number.values(), *self._by_order.values()}
        for exchange in {*numbered, *self._waiting, *self._subscribed.values()}:
            may_be = name is None or exchange.number is not None or name in exchange.kind.answers
            exchange.cut = exchange.cut or (may_be and exchange.wants_answer and not exchange.ended)

    def _unasked(self, told: Told) -> None:
        dialogue = self._dialogue
        told = told.counted(dialogue.at, len(dialogue.exchanges))
        at_start = not self._answered or (told.delay <= START_SECONDS and self._code(told) in FARM_NOTICES)
        (dialogue.greeting if at_start else dialogue.unasked).append(told)

    def _code(self, told: Told) -> Value:
        message = self._dialogue.read(told) if told.name == "error" else None
        return message["code"] if message is not None else None

    def _end(self, exchange: Exchange, told: Told) -> None:
        kind = exchange.kind
        if exchange.ended or told.name not in kind.ends_at(self._dialogue.server_version):
            if told.name == "error" and exchange in self._waiting:
                self._waiting.remove(exchange)
            return
        if not kind.has_end(exchange.request.values):
            return
        exchange.ended = True
        if exchange in self._waiting:
            self._waiting.remove(exchange)
            if _can_be_cancelled(kind.name):
                self._subscribed[kind.name] = exchange

    def _answered_by(self, told: Told) -> Exchange | None:
        if told.name == "commission_report":
            return self._of_execution(told)
        if told.number is None or told.name in _NUMBER_OF_NO_REQUEST:
            return self._without_number(told)
        if told.name == "error":
            return self._of_error(told, told.number)
        if told.name == "execution_details":
            return self._execution(told)
        if told.name in _ORDER_TOLD:
            return self._of_order(told, told.number)
        asked = self._by_number.get(told.number)
        return asked if asked is None or asked.follows is None else asked.follows  # on its way when it was cancelled

    def _of_order(self, told: Told, number: int) -> Exchange | None:
        own, listing = self._by_order.get(number), self._waits_for(told)
        listed = listing is not None and (own is None or listing.at < own.at or _has(own, told.name))
        return listing if listed else own

    def _of_error(self, told: Told, number: int) -> Exchange | None:
        """Return what an error refuses; if a request and an order have its number, the one that was asked last."""
        if number not in NO_REQUEST:
            both = filter(None, (self._by_number.get(number), self._by_order.get(number)))
            return max(both, key=lambda each: each.place, default=None)
        about_orders = [each for each in self._waiting if _is_about_orders(each.request.name)]
        return about_orders[0] if about_orders and self._code(told) == READ_ONLY else None

    def _execution(self, told: Told) -> Exchange | None:
        """Return what an execution answers: the request for executions, or the order that was filled."""
        message = self._dialogue.read(told)
        if message is None:
            return self._by_number.get(told.number or 0)
        asked = self._by_number.get(message.number("req_id"))
        if asked is None or asked.request.name != "req_executions":
            asked = self._by_order.get(message.number("order_id"))
        if asked is not None:
            self._executions[message["exec_id"]] = asked
        return asked

    def _of_execution(self, told: Told) -> Exchange | None:
        message = self._dialogue.read(told)
        return None if message is None else self._executions.get(message["exec_id"])

    def _without_number(self, told: Told) -> Exchange | None:
        return self._waits_for(told) or next(
            (each for each in self._subscribed.values() if told.name in each.kind.answers), None
        )

    def _waits_for(self, told: Told) -> Exchange | None:
        """Return the oldest request that waits for such a message; what both name must be the same."""
        found = [each for each in self._waiting if told.name in each.kind.answers]
        if len(found) <= 1:
            return found[0] if found else None
        message = self._dialogue.read(told)
        return next((each for each in found if message is None or _agrees(each.request, message)), None)


def _agrees(request: Message, answer: Message) -> bool:
    """Return whether what both have is equal, such as the account or the number of a rule."""
    both = request.values.keys() & answer.values.keys()
    return all(not request[name] or request[name] == answer[name] for name in both)


def _is_about_orders(name: str) -> bool:
    """Return whether a request asks for orders, or for the id of the next."""
    return "order" in name or name == "req_ids"


def _has(exchange: Exchange, name: str) -> bool:
    return name in exchange.answers.names


def _can_be_cancelled(name: str) -> bool:
    return any(kind.cancels == name for kind in catalogue().by_name.values())


def _name(kind: int) -> str | None:
    known = catalogue().by_id.get((Sender.GATEWAY, kind))
    return known.name if known else None
