"""Writes and reads the entries of a recording as lines of JSON; ``docs/reference/recordings.md`` describes them."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from binascii import a2b_base64
from collections.abc import Mapping
from typing import Any, NoReturn

from harness.recordings.recording import Ended, Entry, Framed, Greeted, Omitted, Opened
from harness.wire.framing import MAX_FRAME
from harness.wire.hello import MAX_HELLO, HelloReader
from harness.wire.message import Sender
from harness.wire.transcript import Change
from harness.wire.wire_errors import ProtocolError

LONGEST_LINE = 4 * (MAX_FRAME + MAX_HELLO) // 3 + 4096
"""Bytes of the longest line: that of the longest frame."""

LONGEST_WHY = 1_000
"""Characters of the longest reason why something is not in the recording."""

MOST_SECONDS = 2**31
"""No recording is longer."""

_MOST_NUMBER = 2**53
_DIGITS = 6

Frame = tuple[float, int, Sender, bytes]
"""When a frame came, on which connection, who sent it, and its payload: what a replay needs of it, and a tuple, because
that is made in a tenth of the time of a `Framed`."""

ENDINGS = frozenset({Change.HALF_CLOSED, Change.RESET, Change.REFUSED, Change.CLOSED, Change.HELD_BACK})
"""What may become of a connection that was opened."""


def to_line(entry: Entry) -> bytes:
    """Return the line of an entry, with its end; times have microseconds."""
    return json.dumps(_keys(entry), separators=(",", ":")).encode() + b"\n"


def _keys(entry: Entry) -> Mapping[str, Any]:
    common = {"at": round(entry.at, _DIGITS), "connection": entry.connection}
    match entry:
        case Opened():
            return {"event": "opened", **common}
        case Greeted():
            return {"event": "hello", **common, "bytes": b64encode(entry.data).decode()}
        case Framed():
            pieces = {"pieces": entry.pieces} if entry.pieces != 1 else {}
            shortened = {"shortened": True} if entry.shortened else {}
            data = {"from": entry.sender.value, "bytes": b64encode(entry.payload).decode()}
            return {"event": "frame", **common, **data, **pieces, **shortened}
        case Omitted():
            kind = {} if entry.kind is None else {"message": entry.kind}
            count = {"count": entry.count} if entry.count != 1 else {}
            what = {"from": entry.sender.value, "size": entry.size, **kind, **count, "why": entry.why[:LONGEST_WHY]}
            return {"event": "omitted", **common, **what}
        case Ended():
            by = {} if entry.by is None else {"from": entry.by.value}
            return {"event": entry.change.value, **common, **by}


def from_line(line: bytes) -> Entry:
    """Return the entry of a line; keys that a newer ib-compat added are ignored.

    Raises:
        ValueError: it is no line of a recording; the error says why.
    """
    usual = usual_frame_in(line)
    if usual is not None:
        at, connection, sender, payload = usual
        return Framed(at=at, connection=connection, sender=sender, payload=payload)
    return _unusual(line)


def frame_of(entry: Entry) -> Frame | None:
    """Return the frame that an entry is; ``None`` if it is something else."""
    if not isinstance(entry, Framed):
        return None
    return entry.at, entry.connection, entry.sender, entry.payload


def _unusual(line: bytes) -> Entry:
    try:
        keys = _JSON.decode(line.decode())
        return _entry(keys, at=_seconds(keys["at"]), connection=_whole(keys["connection"], least=1))
    except KeyError as missing:
        raise ValueError(f"it has no {missing}") from None
    except (TypeError, AttributeError):
        raise ValueError("a value is of the wrong type") from None
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def usual_frame_in(line: bytes) -> Frame | None:
    """Return the frame in a line, if it has one in the form in which `to_line` writes it; raises as `from_line`."""
    usual = _USUAL.fullmatch(line)
    if usual is None:
        return None
    at, connection, sender, data = usual.groups()
    payload = a2b_base64(data, strict_mode=True)
    if not 0 < len(payload) <= MAX_FRAME:
        raise ValueError(f"a frame of {len(payload):,} bytes")
    moment, number = float(at), int(connection)
    if moment >= MOST_SECONDS or number >= _MOST_NUMBER:
        raise ValueError("a moment, or the number of a connection, that cannot be there")
    return moment, number, _SENDERS[sender], payload


def _entry(keys: Mapping[str, Any], *, at: float, connection: int) -> Entry:
    match keys["event"]:
        case "frame":
            return _frame(keys, at, connection)
        case "opened":
            return Opened(at=at, connection=connection)
        case "hello":
            return Greeted(at=at, connection=connection, data=_hello(keys["bytes"]))
        case "omitted":
            return _omitted(keys, at, connection)
        case event:
            change = Change(event)
            if change not in ENDINGS:
                raise ValueError(f"{event!r} is not what becomes of a connection")
            by = Sender(keys["from"]) if "from" in keys else None
            return Ended(at=at, connection=connection, change=change, by=by)


def _frame(keys: Mapping[str, Any], at: float, connection: int) -> Framed:
    payload = b64decode(keys["bytes"], validate=True)
    if not 0 < len(payload) <= MAX_FRAME:
        raise ValueError(f"a frame of {len(payload):,} bytes")
    sender, pieces = Sender(keys["from"]), _whole(keys.get("pieces", 1), least=1)
    shortened = keys.get("shortened", False)
    if shortened is not True and shortened is not False:
        raise ValueError("whether it was shortened is neither true nor false")
    return Framed(at=at, connection=connection, sender=sender, payload=payload, pieces=pieces, shortened=shortened)


def _hello(text: str) -> bytes:
    data = b64decode(text, validate=True)
    try:
        read = HelloReader().feed(data)
    except ProtocolError as problem:
        raise ValueError(problem.reason) from None
    if read is None or read[1]:
        raise ValueError("it is not one whole hello")
    return data


def _omitted(keys: Mapping[str, Any], at: float, connection: int) -> Omitted:
    why = keys["why"]
    if not isinstance(why, str) or len(why) > LONGEST_WHY:
        raise ValueError("its reason is no text, or too long")
    return Omitted(
        at=at,
        connection=connection,
        sender=Sender(keys["from"]),
        size=_whole(keys["size"]),
        kind=_whole(keys["message"]) if "message" in keys else None,
        count=_whole(keys.get("count", 1)),
        why=why,
    )


def _seconds(value: Any) -> float:
    if type(value) not in {int, float} or not 0 <= value < MOST_SECONDS:
        raise ValueError("its time is no number of seconds")
    return float(value)


def _whole(value: Any, *, least: int = 0) -> int:
    if type(value) is not int or not least <= value < _MOST_NUMBER:
        raise ValueError(f"{str(value)[:40]!r} is not a number that can be there")
    return value


def _refused(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


_USUAL = re.compile(
    rb'\{"event":"frame","at":((?:0|[1-9][0-9]{0,10})(?:\.[0-9]{1,6})?|[1-9](?:\.[0-9])?e-0[56]),'
    rb'"connection":([1-9][0-9]{0,15}),'
    rb'"from":"(client|gateway)","bytes":"([A-Za-z0-9+/=]+)"\}'
)
"""A frame as it is written: nearly all lines are one, and this way reads it in a third of the time."""

_SENDERS = {sender.value.encode(): sender for sender in Sender}
_JSON = json.JSONDecoder(parse_constant=_refused)
"""Made once: making it takes longer than reading a line."""
