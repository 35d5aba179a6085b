"""Writes what a gateway said for another client: with its numbers, and at its server version.

At the recorded version the bytes stay as they were, but for the number of the request. So nothing is lost of what the
catalogue does not know, and a message costs no more than its copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial

from harness.gateways.replay.names import Names
from harness.gateways.replay.numbered import Numbered, numbered
from harness.gateways.replay.own_ids import Ids
from harness.gateways.replay.two_forms import derived, in_both_forms
from harness.recordings.exchange import Told
from harness.recordings.indexed import IndexedDialogue, IndexedExchange
from harness.wire.catalogue import Field, Kind, MessageType, catalogue
from harness.wire.codec import RAW_IDS_SINCE, Codec
from harness.wire.framing import encode_frame
from harness.wire.message import Encoding, Message, Sender, Value
from harness.wire.wire_errors import ProtocolError

ORDERS = frozenset({"open_order", "order_status", "execution_details"})
"""Messages with the ids of orders, which the client chose, or with its own id."""

_CLIENT = "client_id"
_ORDER_IDS = ("order_id", "parent_id")
_IDS = ("req_id", *_ORDER_IDS, _CLIENT)
_BARS, _BARS_END = "historical_data", "historical_data_end"
_END_APART_SINCE = 196
"""Server version from which bars end with a message of their own."""

FRACTIONS_SINCE = 163
"""Server version from which a client can read sizes that are fractions."""

_SIZED = frozenset(
    {
        *("req_historical_data", "req_historical_ticks", "req_market_data", "req_market_depth"),
        *("req_pnl_single", "req_real_time_bars", "req_tick_by_tick"),
    }
)
_SIZES = ("size", "volume", "position")
_HEAD = 4


_Called = Callable[[Names], int]
"""Returns what a client calls something."""

_STAND_IN = 1_999_999_001
"""Written in place of an id, and found again: a number that no field has."""


class Line:
    """A message that the gateway sent, to be sent again; made for each, so it is no dataclass.

    Args:
        dialogue: the connection on which it came.
        told: the message.
        number: the recorded number of the request that it answers; ``None`` if it answers none, or one without.
        message: what it says, if that is not as recorded.
    """

    __slots__ = (
        *("_divided", "_gaps", "_message", "_version"),
        *("delay", "dialogue", "number", "pause", "requests", "told"),
    )

    def __init__(
        self, dialogue: IndexedDialogue, told: Told, number: int | None, message: Message | None = None
    ) -> None:
        self.dialogue = dialogue
        self.told = told
        self.number = number
        self.delay = told.delay
        """When it is due: in seconds after what it answers."""
        self.requests = 0
        """How many more requests the client had sent by then."""
        self.pause = 0.0
        """Seconds after the message before it, which are always kept."""
        self._message = message
        self._version = 0
        self._divided: Numbered | None = None
        self._gaps: list[bytes | _Called] | None = None

    def saying(self, message: Message) -> Line:
        """Return another one, which says this and is due when this one is."""
        line = Line(self.dialogue, self.told, None, message)
        line.delay, line.requests, line.pause = self.delay, self.requests, self.pause
        return line

    def frame(self, version: int, names: Names) -> bytes:
        """Return the frame for a client; nothing if it cannot be written for its version."""
        if self._stays(version, names):
            return encode_frame(self.told.payload)
        if version != self._version:
            self._version, self._divided, self._gaps = version, None, None
        try:
            if self.told.name in ORDERS:
                return self._renamed(version, names)
            if self._divided is None:
                self._divided = self._divide(version)
        except ProtocolError:
            return b""
        return self._divided.frame(names.number)

    def _stays(self, version: int, names: Names) -> bool:
        """Return whether the client calls everything in it as it was called."""
        dialogue, number = self.dialogue, self.number
        if self._message is not None or version != dialogue.server_version:
            return False
        if self.told.name in ORDERS:
            return _are_same(names, dialogue) and (number is None or names.number == number)
        return number is None or number == names.number or self.told.number != number

    def _divide(self, version: int) -> Numbered:
        payload = self.told.payload
        if self._message is not None or version != self.dialogue.server_version:
            payload = Codec(version).encode(self._read())
        if self.number is None or self.told.number != self.number:
            return Numbered(payload, None, as_text=True)
        return numbered(payload, version, Sender.GATEWAY)

    def _renamed(self, version: int, names: Names) -> bytes:
        name = self.told.name
        if self._message is None and version == self.dialogue.server_version:
            with suppress(ValueError, IndexError):
                return encode_frame(self._patched(names))
        if catalogue().by_name[name].encoding_at(version) is Encoding.PROTOBUF:
            own = {key: called(names) for key, called in self._ids(self._read().values).items()}
            return encode_frame(Codec(version).encode(Message(name, {**self._read().values, **own})))
        if self._gaps is None:
            self._gaps = _with_gaps(self._read(), self._ids(self._read().values), version)
        return encode_frame(b"".join(each if isinstance(each, bytes) else b"%d" % each(names) for each in self._gaps))

    def _patched(self, names: Names) -> bytes:
        """Return the payload with the ids of the client; raises a `ValueError` if they have no place in it."""
        ids = Ids(self.told.name, self.told.payload, self.dialogue.codec, _IDS)
        return ids.written({key: called(names) for key, called in self._ids(ids.values).items()})

    def _ids(self, values: Mapping[str, Value]) -> dict[str, _Called]:
        """Return the fields with ids that are the client's own, and what this client calls them."""
        own = self.dialogue.client_id
        ids: dict[str, _Called] = {}
        if self.number is not None and values.get("req_id") == self.number:
            ids["req_id"] = _number
        if values.get(_CLIENT, own) != own:
            return ids
        for key in _ORDER_IDS:
            order_id = values.get(key)
            if isinstance(order_id, int):
                ids[key] = partial(_order_id, (own, order_id))
        return {**ids, _CLIENT: _client_id} if _CLIENT in values else ids

    def _read(self) -> Message:
        if self._message is None:
            message = self.dialogue.read(self.told)
            if message is None:
                raise ProtocolError("it is known at the recorded version only", offset=0)
            self._message = in_both_forms(message)
        return self._message


def as_it_was(exchange: IndexedExchange, version: int, names: Names) -> bool:
    """Return whether a client is answered with the recorded bytes: it calls everything as it was called."""
    dialogue = exchange.dialogue
    if version != dialogue.server_version or (exchange.number is not None and exchange.number != names.number):
        return False
    return exchange.says.isdisjoint(ORDERS) or _are_same(names, dialogue)


def _are_same(names: Names, dialogue: IndexedDialogue) -> bool:
    """Return whether a client has the recorded order ids, and client id."""
    return names.orders.as_recorded and names.client_id == dialogue.client_id


def _number(names: Names) -> int:
    return names.number or 0


def _client_id(names: Names) -> int:
    return names.client_id


def _order_id(recorded: tuple[int | None, int], names: Names) -> int:
    return names.orders.of(recorded)


def _with_gaps(message: Message, ids: Mapping[str, _Called], version: int) -> list[bytes | _Called]:
    """Write a message as text, with gaps for the ids; anew for each client its hundred fields would cost the most."""
    stand_ins = {key: _STAND_IN + place for place, key in enumerate(ids)}
    payload = Codec(version).encode(Message(message.name, {**message.values, **stand_ins}))
    gaps = {b"%d" % number: ids[key] for key, number in stand_ins.items()}
    start = _HEAD if version >= RAW_IDS_SINCE else 0
    pieces: list[bytes | _Called] = []
    kept = bytearray(payload[:start])
    for field in payload[start:].split(b"\0")[:-1]:
        if field in gaps:
            pieces += [bytes(kept), gaps[field]]
            kept = bytearray(b"\0")
        else:
            kept += field + b"\0"
    return [*pieces, bytes(kept)]


def lines_of(exchange: IndexedExchange, version: int) -> Iterator[Line]:
    """Yield what answers a request, for a client of that version."""
    dialogue, recorded = exchange.dialogue, exchange.dialogue.server_version
    if exchange.name != "req_historical_data" or (recorded < _END_APART_SINCE) == (version < _END_APART_SINCE):
        return (Line(dialogue, told, exchange.number) for told in exchange.answers)
    return (Line(dialogue, told, exchange.number, message) for told, message in _bars(dialogue, exchange.answers))


def _bars(dialogue: IndexedDialogue, answers: Iterable[Told]) -> Iterable[tuple[Told, Message | None]]:
    """Yield bars with their end as the other versions have them."""
    apart = dialogue.server_version >= _END_APART_SINCE
    last = next((told for told in answers if told.name == _BARS_END), None) if apart else None
    end = dialogue.read(last) if last is not None else None
    span: dict[str, Value] = {key: end[key] for key in ("start", "end")} if end is not None else {}
    for told in answers:
        message = dialogue.read(told) if told.name == _BARS else None
        if message is not None and apart:
            yield told, Message(_BARS, {**message.values, **span})
        elif message is not None:
            yield told, message
            ends = {key: message[key] for key in ("req_id", "start", "end")}
            yield told._replace(name=_BARS_END), Message(_BARS_END, ends)
        elif told.name != _BARS_END:
            yield told, None


def says_enough(exchange: IndexedExchange, version: int) -> bool:
    """Return whether the recorded messages can be told at a version.

    At a higher one they must have all that such messages have there. At one without fractions, which a gateway refuses
    to send there, sizes must be whole.
    """
    recorded = exchange.dialogue.server_version
    if version > recorded:
        return not any(name == "" or _new_fields(name, recorded, version) for name in exchange.says)
    if version >= FRACTIONS_SINCE or recorded < FRACTIONS_SINCE or exchange.name not in _SIZED:
        return True
    messages = map(exchange.dialogue.read, exchange.answers)
    return not any(
        _has_fraction(catalogue().by_name[message.name].fields, message.values) for message in messages if message
    )


def _has_fraction(fields: Iterable[Field], values: Mapping[str, Value]) -> bool:
    for field in fields:
        value = values.get(field.name)
        if field.kind is Kind.LIST and isinstance(value, Sequence) and not isinstance(value, str):
            if any(_has_fraction(field.items, item) for item in value):
                return True
        elif field.name.endswith(_SIZES) and value and not float(str(value)).is_integer():
            return True
    return False


@cache
def _new_fields(name: str, recorded: int, version: int) -> frozenset[str]:
    kind = catalogue().by_name[name]
    return frozenset(_carried(kind, version) - _carried(kind, recorded) - derived(name))


def _carried(kind: MessageType, version: int) -> set[str]:
    if kind.encoding_at(version) is Encoding.PROTOBUF:
        return {field.name for field in kind.fields if field.path}
    return {field.name for field in kind.in_text_at(version) if field.name}
