"""A transcript in words: one line for everything that was said, as far as it can be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from harness.protocol.errors import ProtocolError
from harness.protocol.hello import Hello, VersionReply
from harness.protocol.side import ClientSide, GatewaySide
from harness.protocol.words import Spoken
from harness.protocol.words import in_words as message_in_words
from harness.tap.transcript import Entry, From

_HEX_SHOWN = 32
_HEX = re.compile(r"\b[0-9a-f]{2}(?: [0-9a-f]{2})+\b")
_ANY = Hello(min_version=0, max_version=0)
"""Nothing is announced by who only listens."""


def in_words(entries: Iterable[Entry], *, mask: Callable[[str], str] = str) -> Iterator[str]:
    """Yield lines: seconds, which connection, an arrow (``→`` the client speaks, ``←`` the gateway), the words.

    Bytes that are not the TWS socket API are shown as hex, and what follows them in the same direction, too.

    Args:
        entries: the transcript.
        mask: applied to each line, to hide account numbers.
    """
    conversations: dict[int, _Conversation] = {}
    for entry in entries:
        conversation = conversations.setdefault(entry.connection, _Conversation())
        arrow = "→" if entry.sender is From.CLIENT else "←"
        pieces = f" (in {entry.pieces} pieces)" if entry.pieces > 1 else ""
        said = [f"{entry.sender} {entry.event}"] if entry.event else list(conversation.hear(entry))
        lines = (f"{entry.at:9.4f} {entry.connection} {arrow} {line}{pieces}" for line in said)
        yield from (mask(_HEX.sub(lambda run: _masked(run[0], mask), line)) for line in lines)


def _masked(run: str, mask: Callable[[str], str]) -> str:
    """Mask what a run of hex spells, too: an account number is as readable there."""
    spelt = bytes.fromhex(run).decode("latin-1")
    told = mask(spelt)
    return run if told == spelt else told.encode("latin-1", "replace").hex(" ")


class _Conversation:
    """Both directions of one connection."""

    def __init__(self) -> None:
        self._client = GatewaySide()
        self._gateway = ClientSide(_ANY)
        self._lost: set[From] = set()

    def hear(self, entry: Entry) -> Iterator[str]:
        if entry.sender in self._lost:
            yield _hex(entry.data)
            return
        try:
            for spoken in self._spoken(entry):
                yield message_in_words(spoken)
        except ProtocolError as problem:
            self._lost.add(entry.sender)
            yield f"cannot be read: {problem}: {_hex(entry.data)}"

    def _spoken(self, entry: Entry) -> Iterator[Spoken]:
        if entry.sender is From.CLIENT:
            yield from self._client.receive(entry.data)
            return
        for spoken in self._gateway.receive(entry.data):
            yield spoken
            if isinstance(spoken, VersionReply):
                self._client.accept(spoken)
                yield from self._client.receive(self._client.early())


def _hex(data: bytes) -> str:
    more = f" … {len(data)} bytes" if len(data) > _HEX_SHOWN else ""
    return data[:_HEX_SHOWN].hex(" ") + more
