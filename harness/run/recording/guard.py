"""Keeps from a gateway what could change something there, as the proxy of a recording must.

Without permission, a request that is not known to read only is answered as a Gateway answers whose API is read-only,
so no program waits for an answer that never comes.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from adapters.base import is_paper
from harness.run.recording.frame_starts import FrameStarts
from harness.wire.catalogue import catalogue
from harness.wire.codec import PROTOBUF_OFFSET, Codec
from harness.wire.conversation import Stream
from harness.wire.framing import encode_frame
from harness.wire.hello import Hello, VersionReply
from harness.wire.message import Message, Sender, UnknownMessage
from harness.wire.side import ClientSide
from harness.wire.wire_errors import ProtocolError

CHANGING = frozenset(
    {"place_order", "cancel_order", "req_global_cancel", "exercise_options", "replace_fa", "update_config"}
)
"""Requests that change orders, positions or settings. All others of the catalogue read, or arrange the API itself."""

NOT_VALID = 321
READ_ONLY = (
    "Error validating request.-'b7' : cause - The API interface is currently in Read-Only mode."
    " (ib-compat keeps it from the gateway)"
)
"""What a read-only Gateway says; programs go by the code, and its words say whose doing it is."""

LIVE = "it shows a live account, and there was no --allow-live"
"""Why a connection is ended before its client reads of the accounts."""
UNREADABLE = (
    "what its gateway says cannot be read, so nobody can tell whether an account is live, and there was no --allow-live"
)

_ANY = Hello(min_version=100, max_version=9999)
_NO_REQUEST = -1
_ID_BYTES = _LENGTH_BYTES = 4
_DIGITS = re.compile(rb"[0-9]{1,9}")
"""An id as programs write it. How a gateway reads anything else, nobody knows: ``4_9`` may be 4, a cancellation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permits:
    """What the user allows.

    Args:
        live: that a gateway with a live account is used, for reading.
        orders: that requests that change something pass, where all accounts are paper.
        account: a glob that every account must match; ``None`` for any.
    """

    live: bool = False
    orders: bool = False
    account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A request that was kept from the gateway.

    Args:
        size: bytes of its payload.
        kind: its message id; ``None`` if it has none.
        why: the reason.
    """

    size: int
    kind: int | None
    why: str


class Guard:
    """Watches one connection.

    Args:
        permits: what the user allows.
        held: is told of each request that is kept back.
    """

    def __init__(self, permits: Permits, held: Callable[[Held], None]) -> None:
        self._permits = permits
        self._held = held
        self._client = Stream(Sender.CLIENT)
        self._greeted = False
        self._starts = FrameStarts(Sender.GATEWAY)
        self._side: ClientSide | None = ClientSide(_ANY)
        self._side.heeds = frozenset({"managed_accounts"})
        self._codec: Codec | None = None
        self._is_paper = False
        self._answers = bytearray()
        self.why_ended: str | None = None
        """Why the connection must end; ``None`` as long as it may go on."""

    def client(self, data: bytes) -> bytes:
        """Take what the client sent; return what of it the gateway may have. A message passes when it is whole."""
        passed = bytearray()
        for part in self._client.feed(data):
            if isinstance(part.content, Hello):
                self._greeted = True
                passed += part.data
            elif self._may_pass(part.data):
                passed += encode_frame(part.data)
        if self._client.is_lost:
            self.why_ended = "its client does not speak the API, so nobody can tell whether it sends orders"
        return bytes(passed)

    def client_rest(self) -> bytes:
        """Return, when the client has ended its side, the beginning of a message that it never completed.

        Nobody knows that a gateway never takes that for the whole message, so it must not be that of an order. In fewer
        bytes than an id is none.
        """
        rest = self._client.take_rest("")
        if rest is None or self.why_ended is not None:
            return b""
        _, beginning = rest
        payload = beginning[_LENGTH_BYTES:] if self._greeted else b""
        return beginning if len(payload) < _ID_BYTES or self._may_pass(payload) else b""

    def gateway(self, data: bytes) -> bytes:
        """Take what the gateway sent; return what the client gets: that, and our answers where a frame begins."""
        self._look_for_accounts(data)
        starts = self._starts.follow(data)
        if not self._answers:
            return data
        if not starts and not self._starts.is_between:
            return data
        place = starts[0] if starts else len(data)
        return data[:place] + self._taken() + data[place:]

    def answers(self) -> bytes:
        """Return, once, our answers that the client may have now: not within a frame of the gateway."""
        return self._taken() if self._starts.is_between else b""

    def _taken(self) -> bytes:
        answers, self._answers = bytes(self._answers), bytearray()
        return answers

    def _may_pass(self, payload: bytes) -> bool:
        number = _id_of(payload)
        known = None if number is None else catalogue().by_id.get((Sender.CLIENT, number))
        if (known is not None and known.name not in CHANGING) or (self._permits.orders and self._is_paper):
            return True
        self._held(Held(size=len(payload), kind=number, why=self._why(None if known is None else known.name)))
        if self._codec is not None:
            self._answers += encode_frame(self._codec.encode(_refusal(_number_in(payload, self._codec))))
        return False

    def _why(self, name: str | None) -> str:
        what = "a request that is not known" if name is None else name.replace("_", " ")
        if not self._permits.orders:
            return f"{what} was kept from the gateway: there was no --orders"
        return f"{what} was kept from the gateway: it had not shown that all its accounts are paper"

    def _look_for_accounts(self, data: bytes) -> None:
        """Read as far as the first account. If that cannot be read, it may be a live one."""
        if self._side is None:
            return
        try:
            for said in self._side.receive(data):
                if isinstance(said, VersionReply):
                    self._codec = Codec(said.server_version)
                elif isinstance(said, Message) and (accounts := [a for a in said.text("accounts").split(",") if a]):
                    self._side = None
                    self._note(accounts)
                    return
        except ProtocolError:
            self._side = None
            if not self._permits.live:
                self.why_ended = UNREADABLE

    def _note(self, accounts: list[str]) -> None:
        self._is_paper = all(map(is_paper, accounts))
        wanted = self._permits.account
        if not self._is_paper and not self._permits.live:
            self.why_ended = LIVE
        elif wanted is not None and not all(fnmatchcase(account, wanted) for account in accounts):
            self.why_ended = f"it shows an account that is not {wanted}, as the matrix file wants it"


def _refusal(number: int) -> Message:
    now = int(time.time() * 1000)
    return Message("error", {"req_id": number, "code": NOT_VALID, "text": READ_ONLY, "time_ms": now})


def _id_of(payload: bytes) -> int | None:
    """Return a message's id, whichever way it is written; as text it never begins with a NUL."""
    if payload.startswith(b"\0"):
        number = int.from_bytes(payload[:_ID_BYTES])
        return number - PROTOBUF_OFFSET if number > PROTOBUF_OFFSET else number
    text = payload.partition(b"\0")[0]
    return int(text) if _DIGITS.fullmatch(text) else None


def _number_in(payload: bytes, codec: Codec) -> int:
    """Return the id of the order or request that a message is about; -1 if nobody can tell."""
    said: Message | UnknownMessage | None
    try:
        said = codec.decode(payload, Sender.CLIENT)
    except ProtocolError as problem:
        said = problem.read
    values = said.values if isinstance(said, Message) else {}
    found = next((values[name] for name in ("order_id", "req_id") if name in values), _NO_REQUEST)
    return found if isinstance(found, int) else _NO_REQUEST
