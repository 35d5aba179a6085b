"""Cleans the entries of one recording in their order, without anything personal left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from harness.recordings.cleaning.amounts import new_factor
from harness.recordings.cleaning.protobuf_layout import clean_protobuf
from harness.recordings.cleaning.replacements import Replacements
from harness.recordings.cleaning.rewriting import UncleanableError
from harness.recordings.cleaning.rules import rules
from harness.recordings.cleaning.text_layout import clean_text
from harness.recordings.recording import Entry, Framed, Greeted, Omitted, Opened
from harness.wire.catalogue import catalogue
from harness.wire.codec import Codec
from harness.wire.framing import MAX_FRAME
from harness.wire.hello import HelloReader, parse_version_reply
from harness.wire.message import Encoding, Sender
from harness.wire.wire_errors import ProtocolError


class Cleaner:
    """Replaces what is personal in the entries of one recording; what it cannot read it leaves out.

    Args:
        hidden: words to replace in texts as well, such as the name of this machine and of its user.
        factor: what amounts are multiplied by; a secret one unless given.
    """

    def __init__(self, *, hidden: Iterable[str] = (), factor: Fraction | None = None) -> None:
        self._given = Replacements(factor or new_factor(), hidden)
        self._codecs: dict[int, Codec] = {}

    def clean(self, entry: Entry) -> Entry:
        """Return an entry as others may read it: the same if it has nothing personal, or an `Omitted` in its place."""
        match entry:
            case Opened():
                self._codecs.pop(entry.connection, None)
                return entry
            case Greeted():
                return self._greeted(entry)
            case Framed():
                return self._framed(entry)
            case _:
                return entry

    def _greeted(self, entry: Greeted) -> Entry:
        try:
            done = HelloReader().feed(entry.data)
        except ProtocolError:
            done = None
        if done is None or done[1]:
            return _omitted(entry, Sender.CLIENT, len(entry.data), "it is not a hello")
        options = " ".join(self._option(word) for word in done[0].options.split(" "))
        return entry if options == done[0].options else replace(entry, data=replace(done[0], options=options).encode())

    def _option(self, word: str) -> str:
        rule = rules().by_field["optional_capabilities"]
        return self._given.name(word, rule.label, rule.keep)

    def _framed(self, entry: Framed) -> Entry:
        codec = self._codecs.get(entry.connection)
        kind: int | None = None
        shortened = entry.shortened
        try:
            if codec is None:
                payload = self._version_reply(entry)
            else:
                kind, encoding, start = codec.split(entry.payload)
                payload, shorter = self._message(codec, entry, kind, encoding, start)
                shortened = shortened or shorter
        except ProtocolError:
            return _omitted(entry, entry.sender, len(entry.payload), "it has no id of a message")
        except UncleanableError as problem:
            return _omitted(entry, entry.sender, len(entry.payload), str(problem), kind)
        if len(payload) > MAX_FRAME:
            return _omitted(entry, entry.sender, len(entry.payload), "it would be too long", kind)
        return entry if payload == entry.payload else replace(entry, payload=payload, shortened=shortened)

    def _version_reply(self, entry: Framed) -> bytes:
        """Return the version reply with another place if it names one; time and zone stay, whatever their encoding."""
        if entry.sender is Sender.CLIENT:
            raise UncleanableError("it came before the version reply")
        try:
            reply = parse_version_reply(entry.payload)
        except ProtocolError:
            raise UncleanableError("it is not a version reply") from None
        if reply.server_version < 0:
            return f"{reply.server_version}\0{self._given.host(reply.connection_time)}\0".encode()
        self._codecs[entry.connection] = Codec(reply.server_version)
        time = self._given.impersonal(reply.connection_time)
        if time == reply.connection_time:
            return entry.payload
        return f"{reply.server_version}\0{time}\0".encode()

    def _message(self, codec: Codec, entry: Framed, kind: int, encoding: Encoding, start: int) -> tuple[bytes, bool]:
        """Return the cleaned message, and whether it lost fields that the catalogue does not have."""
        known = catalogue().by_id.get((entry.sender, kind))
        if known is None:
            raise UncleanableError("this message is not in the catalogue")
        head, body = entry.payload[:start], entry.payload[start:]
        if encoding is Encoding.TEXT:
            return head + clean_text(known.name, body, codec.server_version, self._given), False
        cleaned, shortened = clean_protobuf(known.name, body, self._given)
        return head + cleaned, shortened


def _omitted(entry: Greeted | Framed, sender: Sender, size: int, why: str, kind: int | None = None) -> Omitted:
    return Omitted(at=entry.at, connection=entry.connection, sender=sender, size=size, kind=kind, why=why)
