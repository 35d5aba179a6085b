"""Compares the transcripts of two cells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from harness.shared.amounts import counted
from harness.wire.catalogue import catalogue
from harness.wire.hello import VersionReply
from harness.wire.message import Encoding, Message, Sender
from harness.wire.transcript_words import in_words

if TYPE_CHECKING:
    from harness.wire.conversation import Mask
    from harness.wire.transcript import Transcript
    from harness.wire.transcript_words import Line

CONTEXT = 2
"""Equal lines to show before and after those that differ."""

_CHANGES_BY_ITSELF = re.compile(r"\b(\w*time(?:_ms)?|client_id)=('[^']*'|-?\d+)|\breq_id=\d+")
"""Matches times, and numbers that ib-compat assigns; they differ between cells, not between libraries."""

_ARROWS = {Sender.CLIENT: "→", Sender.GATEWAY: "←", None: "·"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffLine:
    """One line of the comparison.

    Args:
        mark: `` `` in both, ``-`` in the first only, ``+`` in the second only, ``…`` for lines that are left out.
        connection: the number of the connection.
        sender: the side that sent the message; ``None`` for an event of the connection.
        text: the text of the line, without what changes by itself.
    """

    mark: str
    connection: int
    sender: Sender | None
    text: str

    def __str__(self) -> str:
        return f"{self.mark} {self.connection} {_ARROWS[self.sender]} {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WireDiff:
    """The comparison of two transcripts.

    Args:
        encodings: sentences about messages that are text in one transcript and protobuf in the other.
        lines: for each connection the client's messages, then the gateway's, then the events of the connection.
    """

    encodings: tuple[str, ...]
    lines: tuple[DiffLine, ...]

    @property
    def equal(self) -> bool:
        """Whether nothing differs except what always changes."""
        return not self.encodings and all(line.mark == " " for line in self.lines)

    def shortened(self) -> Iterator[DiffLine]:
        """Yield what differs, with the lines around it."""
        changed = {number for number, line in enumerate(self.lines) if line.mark != " "}
        near = {number + step for number in changed for step in range(-CONTEXT, CONTEXT + 1)}
        left_out = 0
        for number, line in enumerate(self.lines):
            if number not in near:
                left_out += 1
                continue
            if left_out:
                yield _left_out(left_out, line)
                left_out = 0
            yield line
        if left_out:
            yield _left_out(left_out, self.lines[-1])


def wire_diff(first: Transcript, second: Transcript, *, mask: Mask = str) -> WireDiff:
    """Compare what two cells sent and received.

    Each direction of a connection is compared separately, because chance decides which side sends first.
    """
    one, other = in_words(first, mask=mask), in_words(second, mask=mask)
    numbers = sorted({line.connection for line in (*one, *other)})
    lines = [
        each
        for number in numbers
        for sender in (Sender.CLIENT, Sender.GATEWAY, None)
        for each in _compared(_of(one, number, sender), _of(other, number, sender), number, sender)
    ]
    return WireDiff(encodings=tuple(_encodings(one, other)), lines=tuple(lines))


def _left_out(count: int, near: DiffLine) -> DiffLine:
    return DiffLine(mark="…", connection=near.connection, sender=None, text=f"{counted(count, 'line')} the same")


def _of(lines: Sequence[Line], connection: int, sender: Sender | None) -> list[str]:
    said = (line.text for line in lines if line.connection == connection and line.sender == sender)
    return [_CHANGES_BY_ITSELF.sub(lambda found: f"{found[0].split('=')[0]}=…", text) for text in said]


def _compared(one: list[str], other: list[str], connection: int, sender: Sender | None) -> Iterator[DiffLine]:
    for kind, start, end, from_, to in SequenceMatcher(a=one, b=other, autojunk=False).get_opcodes():
        marked = [(" ", one[start:end])] if kind == "equal" else [("-", one[start:end]), ("+", other[from_:to])]
        for mark, texts in marked:
            yield from (DiffLine(mark=mark, connection=connection, sender=sender, text=text) for text in texts)


def _encodings(one: Sequence[Line], other: Sequence[Line]) -> Iterator[str]:
    first, second = _written(one), _written(other)
    for as_first, as_second in ((Encoding.TEXT, Encoding.PROTOBUF), (Encoding.PROTOBUF, Encoding.TEXT)):
        names = [name for name in first if (first[name], second.get(name)) == (as_first, as_second)]
        if names:
            said = ", ".join(name.replace("_", " ") for name in sorted(names))
            yield f"{as_first.value} in the first, {as_second.value} in the second: {said}"


def _written(lines: Sequence[Line]) -> dict[str, Encoding]:
    """Return the encoding of each message at the server version that its connection negotiated."""
    versions: dict[int, int] = {}
    written: dict[str, Encoding] = {}
    for line in lines:
        if isinstance(line.spoken, VersionReply):
            versions[line.connection] = line.spoken.server_version
        elif isinstance(line.spoken, Message) and line.connection in versions:
            name = line.spoken.name
            written[name] = catalogue().by_name[name].encoding_at(versions[line.connection])
    return written


def document(diff: WireDiff) -> dict[str, Any]:
    """The comparison as plain JSON data."""
    return {
        "equal": diff.equal,
        "encodings": list(diff.encodings),
        "lines": [
            {"mark": line.mark, "connection": line.connection, "sender": line.sender, "text": line.text}
            for line in diff.lines
        ],
    }
