"""Says which of a gateway's messages answer which request of a recording.

A message with a number answers the request that bore it last on its connection; one without, the request whose answer
the catalogue says it belongs to. What answers nothing is kept as unasked, with the request that it came after.
"""

from __future__ import annotations

from harness.recordings.attribution import Attribution
from harness.recordings.exchange import Dialogue, Exchange, Told
from harness.recordings.recording import Ended, Entry, Framed, Greeted, Omitted, Recording
from harness.wire.catalogue import catalogue
from harness.wire.codec import Codec
from harness.wire.hello import HelloReader, VersionReply, parse_version_reply
from harness.wire.message import Message, Sender, UnknownMessage
from harness.wire.overflow_index import NUMBERS, number_of
from harness.wire.transcript import Change
from harness.wire.wire_errors import ProtocolError

_ENDS = frozenset({Change.HALF_CLOSED, Change.RESET, Change.CLOSED, Change.CUT_OFF})


def dialogues_of(recording: Recording) -> tuple[Dialogue, ...]:
    """Return the connections of a recording that began with a hello, in their order; nothing in it raises an error."""
    libraries = {client.connection: client.library for client in recording.manifest.clients}
    readers: dict[int, _Reader] = {}
    orders: dict[tuple[int | None, int], Exchange] = {}
    last = 0.0
    for entry in recording.entries:
        last = max(last, entry.at)
        if isinstance(entry, Greeted) and entry.connection not in readers:
            dialogue = _greeted(entry, libraries.get(entry.connection, ""))
            if dialogue is not None:
                readers[entry.connection] = _Reader(dialogue, orders)
        elif entry.connection in readers:
            readers[entry.connection].take(entry)
    for reader in readers.values():
        reader.close(last)
    return tuple(reader.dialogue for reader in readers.values())


def _greeted(entry: Greeted, library: str) -> Dialogue | None:
    try:
        read = HelloReader().feed(entry.data)
    except ProtocolError:
        return None
    return Dialogue(connection=entry.connection, library=library, at=entry.at, hello=read[0]) if read else None


class _Reader:
    """Takes what was said on a connection, one entry after the other.

    Args:
        dialogue: what is known of it so far.
        orders: the last request about each order, by client id and order id; shared by all connections.
    """

    def __init__(self, dialogue: Dialogue, orders: dict[tuple[int | None, int], Exchange]) -> None:
        self.dialogue = dialogue
        self._codec: Codec | None = None
        self._early: list[Framed] = []
        self._attribution = Attribution(dialogue, orders)
        self._open = True

    def take(self, entry: Entry) -> None:
        """Take the next entry of the connection."""
        match entry:
            case Framed():
                self._frame(entry)
            case Omitted(sender=Sender.GATEWAY):
                self.dialogue.omitted += 1
                self._attribution.omitted(entry.kind)
            case Ended(change=change) if change in _ENDS and self._open:
                self._open = False
                self.dialogue.ended_by = entry.by
                self.dialogue.heard_until = entry.at
            case _:
                pass

    def _frame(self, entry: Framed) -> None:
        by_client = entry.sender is Sender.CLIENT
        if self._codec is None:
            self._early.append(entry) if by_client else self._version_reply(entry)
        elif by_client:
            self._request(entry, self._codec)
        else:
            self._told(entry, self._codec)

    def close(self, last: float) -> None:
        """Say that the recording ended."""
        if self._open:
            self.dialogue.heard_until = last

    def _version_reply(self, entry: Framed) -> None:
        try:
            reply: VersionReply = parse_version_reply(entry.payload)
        except ProtocolError:
            return
        if reply.server_version <= 0:  # it sends the client elsewhere
            return
        self.dialogue.reply, self._codec = reply, Codec(reply.server_version)
        early, self._early = self._early, []
        for each in early:
            self._request(each, self._codec)

    def _request(self, entry: Framed, codec: Codec) -> None:
        try:
            message = codec.decode(entry.payload, Sender.CLIENT)
        except ProtocolError:
            return
        if isinstance(message, UnknownMessage):
            return
        if self.dialogue.start is None:
            self.dialogue.start = message if message.name == "start_api" else None
            return
        self._attribution.asked(message, _number_in(message), entry.at)

    def _told(self, entry: Framed, codec: Codec) -> None:
        try:
            head = codec.decode(entry.payload, Sender.GATEWAY, only=frozenset())
            assert isinstance(head, UnknownMessage)  # noqa: S101 - none is read
            kind = catalogue().by_id.get((Sender.GATEWAY, head.id))
            number = number_of(kind, head.encoding, head.body, codec.server_version) if kind else None
        except ProtocolError:
            self._attribution.omitted(None)
            self.dialogue.omitted += 1
            return
        told = Told(entry.at, 0, kind.name if kind else "", number, entry.payload)
        self._attribution.told(told)


def _number_in(message: Message) -> int | None:
    return next((message.number(name) for name in NUMBERS if message.values.get(name) is not None), None)
