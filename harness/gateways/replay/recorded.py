"""Finds in a recording what a client meets: the client that it resembles most, and the answers to its requests."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from itertools import islice
from math import inf

from harness.gateways.replay.kept_answers import KeptAnswers
from harness.gateways.replay.names import OrderIds
from harness.gateways.replay.rewriting import Line, says_enough
from harness.gateways.replay.together import Together
from harness.recordings.attribution import ABOUT_ORDERS, NO_REQUEST
from harness.recordings.exchange import Fate, Told
from harness.recordings.indexed import IndexedDialogue, IndexedExchange
from harness.recordings.meaning import Keys
from harness.shared.errors import GatewayError
from harness.wire.catalogue import catalogue
from harness.wire.hello import Hello
from harness.wire.message import Message, Sender

TAKEN_CLIENT_ID = 326

_ABOUT_NO_REQUEST = frozenset({"next_valid_id", "open_order", "order_status"})
"""Messages whose number is that of no request, whether they are asked for or not."""


@dataclass(eq=False, slots=True)
class Party:
    """A client that was recorded, with all its connections.

    Args:
        hello: what it announced.
        dialogues: its connections, in their order.
        client_id: its client id.
        guests: how many clients have been answered as it was, by what they announced: who resembles it but little, such
            as ib-compat's own, takes its place from nobody who resembles it more.
    """

    hello: Hello
    client_id: int | None
    dialogues: list[IndexedDialogue] = field(default_factory=list)
    guests: Counter[Hello] = field(default_factory=Counter)


def _counts() -> defaultdict[str, int]:
    """Return a count of what is asked, made for each request: `Counter` takes thrice the time for a new one."""
    return defaultdict(int)


@dataclass(eq=False, slots=True)
class Guest:
    """A client of the replayed gateway, with all its connections.

    Args:
        party: whom it resembles.
        connections: how many it has made.
        asked: how often it has asked each request on its connection.
        orders: its order ids.
        about: the recorded request about each of its orders that it has made last.
        used: what was recorded once and was played.
        highest: the highest order id that it has used.
        ordered: the recorded request about an order that it has made last on its connection.
        since: how often it has asked each request since then.
    """

    party: Party
    connections: int = 0
    asked: defaultdict[str, int] = field(default_factory=_counts)
    orders: OrderIds = field(default_factory=OrderIds)
    about: dict[int, IndexedExchange] = field(default_factory=dict)
    used: set[IndexedExchange] = field(default_factory=set)
    highest: int = 0
    ordered: IndexedExchange | None = None
    since: defaultdict[str, int] = field(default_factory=_counts)

    def connect(self) -> IndexedDialogue:
        """Return the recorded connection that its next one is like: the last one repeats."""
        dialogues = self.party.dialogues
        self.connections += 1
        self.asked.clear()
        self.ordered = None
        return dialogues[min(self.connections, len(dialogues)) - 1]

    def order(self, order_id: int, exchange: IndexedExchange) -> None:
        """Note that it made a request about an order, as it was recorded."""
        self.about[order_id] = self.ordered = exchange
        self.since.clear()
        if exchange.number is not None:
            self.orders.add((exchange.dialogue.client_id, exchange.number), order_id)

    def begin_again(self) -> None:
        """Forget what it did: its next connection is its first."""
        self.connections = self.highest = 0
        self.ordered = None
        for kept in (self.asked, self.orders, self.about, self.used):
            kept.clear()


class Recorded:
    """All that was recorded.

    Args:
        dialogues: its connections.

    Raises:
        GatewayError: no client of the recording started the API, or the start of none is whole.
    """

    def __init__(self, dialogues: Iterable[IndexedDialogue]) -> None:
        dialogues = [dialogue for dialogue in dialogues if dialogue.started]
        if not dialogues:
            raise GatewayError(
                "the recording has no client that started the API, so there is nothing to replay",
                hint="record a program, or checks, that connect and ask",
            )
        self._parties = _parties(dialogues)
        if not self._parties:
            raise GatewayError(
                "the recording does not have the whole start of any client, so there is nothing to replay",
                hint="record a program, or checks, until they have their accounts and the next valid id",
            )
        self.highest = max(dialogue.server_version for dialogue in dialogues)
        """The highest server version that was negotiated."""
        self._dialogues = dialogues
        self._asked = {dialogue: _by_keys(dialogue) for dialogue in dialogues}
        self._followers: dict[IndexedExchange, list[IndexedExchange]] = defaultdict(list)
        for exchange in (each for dialogue in dialogues for each in dialogue.exchanges):
            if exchange.follows is not None:
                self._followers[exchange.follows].append(exchange)
        self._named: dict[str, set[str]] = defaultdict(set)
        for exchange in (each for dialogue in dialogues for each in dialogue.exchanges if each.keys.names):
            self._named[exchange.keys.under_any_name].add(exchange.keys.at_any_time)
        self._told: dict[tuple[IndexedDialogue, str, int], Sequence[IndexedExchange]] = {}
        self._kept = KeptAnswers()

    @cached_property
    def id_taken(self) -> Line | None:
        """What the gateway said to a client whose id another one had; ``None`` if that was not recorded."""
        refused = (dialogue for dialogue in self._dialogues if not dialogue.ready)
        return next(filter(None, (_said(dialogue, TAKEN_CLIENT_ID) for dialogue in refused)), None)

    def guest(self, client_id: int, hello: Hello) -> Guest:
        """Return a client that resembles the recorded one that is most like it, and was met least often."""

        def unlike(party: Party) -> tuple[tuple[int, bool, bool], bool, int]:
            return _unlike(party.hello, hello), party.client_id != client_id, party.guests[hello]

        party = min(self._parties, key=unlike)
        party.guests[hello] += 1
        return Guest(party)

    def connection_time(self, hello: Hello) -> str:
        """Return the time in the version reply to the client that is most like this one."""
        party = min(self._parties, key=lambda each: _unlike(each.hello, hello))
        return party.dialogues[0].connection_time

    def closes_after(self, dialogue: IndexedDialogue) -> float:
        """Return how long after its last request, or the hello, the gateway ended a connection; infinity if never."""
        if dialogue.ended_by is not Sender.GATEWAY:
            return inf
        last = dialogue.exchanges[-1].at if dialogue.exchanges else dialogue.at
        return dialogue.heard_until - last

    def above(self, line: Line, highest: int) -> Line:
        """Return a line; the next valid id is above what the client has used, as a gateway keeps it."""
        message = line.dialogue.read(line.told) if highest and line.told.name == "next_valid_id" else None
        if message is None or message.number("order_id") > highest:
            return line
        return line.saying(Message("next_valid_id", {"order_id": highest + 1}))

    def scheduled(self, exchange: IndexedExchange, version: int) -> Iterable[Line]:
        """Return what answers a request, for a client of that version; raises as `KeptAnswers.scheduled`."""
        return self._kept.scheduled(exchange, version)

    def together(self, exchange: IndexedExchange) -> Together | None:
        """Return what answers a request as a whole, if it can be told so; raises as `KeptAnswers.scheduled`."""
        return self._kept.together(exchange)

    def unasked(self, exchange: IndexedExchange) -> Iterator[Line]:
        """Return what the gateway said unasked between a request and the next one."""
        told = exchange.dialogue.unasked(exchange.place + 1)
        return map(partial(_unasked, exchange), filter(_can_come_unasked, told)) if told else NOTHING

    def find(self, keys: Keys, version: int, dialogue: IndexedDialogue, guest: Guest) -> IndexedExchange | None:
        """Return what was recorded of a request: on the connection that this one is like, or else on another.

        The first time that a client asks it gets the first recorded answer, and so on; the last one repeats. After a
        request about an order, what there is of orders and holdings is as it was recorded after that.
        """
        guest.asked[keys.exactly] += 1
        guest.since[keys.exactly] += 1
        ordered = guest.ordered if keys.name in _of_orders() else None
        for asked in self._levels(keys):
            if ordered is not None and (after := self._after_order(ordered, asked, version, guest)) is not None:
                return after
            for place in self._nearest(dialogue, guest):
                whole = self._whole(place, asked, version)
                if whole:
                    return whole[min(guest.asked[keys.exactly], len(whole)) - 1]
        return None

    def _levels(self, keys: Keys) -> Iterator[str]:
        """Yield what may stand for a request; under another name only what was recorded under one name alone."""
        yield keys.exactly
        yield keys.at_any_time
        if keys.names and len(self._named.get(keys.under_any_name, ())) == 1:
            yield keys.under_any_name

    def _after_order(self, order: IndexedExchange, asked: str, version: int, guest: Guest) -> IndexedExchange | None:
        following = islice(order.dialogue.exchanges, order.place + 1, None)
        later = (each.place for each in following if each.name in ABOUT_ORDERS)
        until = next(later, len(order.dialogue.exchanges))
        found = [each for each in self._whole(order.dialogue, asked, version) if order.place < each.place < until]
        return found[min(guest.since[asked], len(found)) - 1] if found else None

    def _whole(self, dialogue: IndexedDialogue, asked: str, version: int) -> Sequence[IndexedExchange]:
        """Return what was recorded of a request on a connection, as far as it can be told at a version."""
        found = self._asked[dialogue].get(asked)
        if found is None:
            return ()
        key = (dialogue, asked, version)
        if key not in self._told:
            told = [each for each in found if each.fate is not Fate.CUT and says_enough(each, version)]
            self._told[key] = found if len(told) == len(found) else told
        return self._told[key]

    def follow(self, keys: Keys, before: IndexedExchange, guest: Guest) -> IndexedExchange | None:
        """Return what was recorded of a request that changes or cancels an earlier one."""
        later = [each for each in self._later(before) if each.fate is not Fate.CUT]
        levels = ([each for each in later if asked in _ways(each)] for asked in self._levels(keys))
        same = next(filter(None, levels), [])
        return next((each for each in same if each not in guest.used), same[-1] if same else None)

    def _later(self, before: IndexedExchange) -> Iterator[IndexedExchange]:
        for each in self._followers.get(before, ()):
            yield each
            yield from self._later(each)

    def _nearest(self, dialogue: IndexedDialogue, guest: Guest) -> Iterator[IndexedDialogue]:
        """Yield a connection, the others of its client, and then those of others, the most alike first."""
        yield dialogue
        yield from (each for each in guest.party.dialogues if each is not dialogue)
        for party in sorted(self._parties, key=lambda each: _unlike(each.hello, guest.party.hello)):
            if party is not guest.party:
                yield from party.dialogues


@cache
def _of_orders() -> frozenset[str]:
    """Return the requests whose answers depend on what was ordered."""
    told = {"open_order", "completed_order", "position", "portfolio_value"}
    listing = (kind.name for kind in catalogue().by_name.values() if kind.answers & told)
    return frozenset({*listing, "req_executions"})


def _parties(dialogues: Sequence[IndexedDialogue]) -> list[Party]:
    """Return the clients that were recorded; one that a gateway refused, or left waiting, only if none came further."""
    parties: dict[tuple[int | None, Hello], Party] = {}
    ready = [dialogue for dialogue in dialogues if dialogue.ready]
    for dialogue in ready or [each for each in dialogues if not each.cut_at_start]:
        party = Party(dialogue.hello, dialogue.client_id)
        parties.setdefault((dialogue.client_id, dialogue.hello), party).dialogues.append(dialogue)
    return list(parties.values())


def _by_keys(dialogue: IndexedDialogue) -> dict[str, list[IndexedExchange]]:
    """Return the requests by what they ask, exactly and at any time; those that change another are found by that."""
    found: dict[str, list[IndexedExchange]] = defaultdict(list)
    for exchange in dialogue.exchanges:
        if exchange.follows is not None and exchange.name in ABOUT_ORDERS:
            continue
        for key in _ways(exchange):
            found[key].append(exchange)
    return found


def _ways(exchange: IndexedExchange) -> set[str]:
    keys = exchange.keys
    return {keys.exactly, keys.at_any_time, keys.under_any_name}


def _can_come_unasked(told: Told) -> bool:
    """Return whether a message is about nobody's request: another client could have one of that number."""
    return told.number is None or told.number in NO_REQUEST or told.name in _ABOUT_NO_REQUEST


NOTHING: Iterator[Line] = iter(())


def _unasked(exchange: IndexedExchange, told: Told) -> Line:
    """Return a message as it comes after a request."""
    line = Line(exchange.dialogue, told, None)
    line.delay -= exchange.at - exchange.dialogue.at
    return line


def _unlike(one: Hello, other: Hello) -> tuple[int, bool, bool]:
    return abs(one.max_version - other.max_version), one.min_version != other.min_version, one.options != other.options


def _said(dialogue: IndexedDialogue, code: int) -> Line | None:
    for told in dialogue.greeting:
        message = dialogue.read(told) if told.name == "error" else None
        if message is not None and message["code"] == code:
            return Line(dialogue, told, None)
    return None


def ends_connection(exchange: IndexedExchange) -> bool:
    """Return whether the gateway ended the connection after this request, as the last thing it did there."""
    dialogue = exchange.dialogue
    return dialogue.ended_by is Sender.GATEWAY and exchange.place == len(dialogue.exchanges) - 1
