"""Follows the entries of a recording: refuses what cannot come next, and adds up what its manifest says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version

from adapters.base import is_paper
from harness.recordings.recording import (
    ClientRecorded,
    Ended,
    Entry,
    Framed,
    GatewayRecorded,
    Greeted,
    Head,
    IndexFile,
    Manifest,
    Omitted,
    Opened,
    Segment,
)
from harness.wire.catalogue import catalogue
from harness.wire.codec import PROTOBUF_OFFSET, Codec
from harness.wire.hello import REPLY_FIELDS, parse_version_reply
from harness.wire.message import Message, Sender, Value
from harness.wire.transcript import Change
from harness.wire.wire_errors import ProtocolError

MOST_CONNECTIONS = 1_000_000
"""A program that tries to connect twice a second takes six days for so many."""

MOST_CLIENTS = 10_000
"""Clients that the manifest lists."""

LOOKED_AT = 200
"""Frames of each side among which the client id and the accounts are looked for: they come among the first."""

_SETTINGS = "config"
"""The message in which a gateway tells its settings; it may come at any time."""

_LOOKED_FOR = frozenset({"start_api", "managed_accounts"})


def made_by() -> str:
    """Return what a recording says of the program that wrote it."""
    return f"ib-compat {version('ib-compat')}"


@dataclass(slots=True)
class _Connection:
    """What one connection showed so far."""

    greeted: bool = False
    ended: set[Sender] = field(default_factory=set)
    looked: dict[Sender, int] = field(default_factory=lambda: dict.fromkeys(Sender, 0))
    codec: Codec | None = None
    client_id: int | None = None
    mode: str = ""


class Summary:
    """What all entries so far add up to."""

    def __init__(self) -> None:
        self._at = 0.0
        self._connections: dict[int, _Connection | None] = {}
        self._listed: dict[int, _Connection] = {}
        self._modes: set[str] = set()
        self._highest = 0
        self._frames = dict.fromkeys(Sender, 0)
        self._omitted = dict.fromkeys(Sender, 0)
        self._shortened = dict.fromkeys(Sender, 0)
        self._settings: dict[str, str] = {}

    @property
    def at(self) -> float:
        """When the last entry came."""
        return self._at

    def take(self, entry: Entry) -> None:
        """Take the next entry.

        Raises:
            ValueError: it cannot come next; the error says why.
        """
        if entry.at < self._at:
            raise ValueError("it was before what comes before it")
        self._at = entry.at
        if isinstance(entry, Opened):
            self._open(entry.connection)
            return
        connection = self._connections.get(entry.connection)
        if connection is None:
            what = "over" if entry.connection in self._connections else "never opened"
            raise ValueError(f"connection {entry.connection} was {what}")
        match entry:
            case Greeted():
                _greet(entry, connection)
                if len(self._listed) < MOST_CLIENTS:
                    self._listed[entry.connection] = connection
            case Framed():
                self._frame(entry, connection)
            case Omitted():
                self._omitted[entry.sender] += entry.count
            case Ended(change=Change.HALF_CLOSED):
                connection.ended.update(() if entry.by is None else (entry.by,))
            case Ended():
                self._connections[entry.connection] = None

    def _open(self, number: int) -> None:
        if number in self._connections:
            raise ValueError(f"connection {number} was opened before")
        if len(self._connections) >= MOST_CONNECTIONS:
            raise ValueError(f"it is one of more than {MOST_CONNECTIONS:,} connections")
        self._connections[number] = _Connection()

    def _frame(self, entry: Framed, connection: _Connection) -> None:
        if entry.sender in connection.ended:
            raise ValueError(f"the {entry.sender.value} had ended its side of connection {entry.connection}")
        self._frames[entry.sender] += 1
        self._shortened[entry.sender] += entry.shortened
        if connection.looked[entry.sender] < LOOKED_AT:
            connection.looked[entry.sender] += 1
            _look(entry, connection)
            self._modes.update(filter(None, (connection.mode,)))
            self._highest = max(self._highest, connection.codec.server_version if connection.codec else 0)
        if entry.sender is Sender.GATEWAY and connection.codec is not None and entry.payload.startswith(_settings_id()):
            self._settings.update(_settings_in(entry, connection.codec))

    def manifest(self, head: Head, segments: tuple[Segment, ...] = (), index: IndexFile | None = None) -> Manifest:
        """Return the manifest of a recording of these entries."""
        seen = {
            "server_version": self._highest,
            "mode": "live" if "live" in self._modes else "".join(self._modes) or head.gateway.mode,
            "settings": self._settings or head.gateway.settings,
        }
        return Manifest(
            made_by=head.made_by,
            began=head.began,
            seconds=self._at,
            cleaned=head.cleaned,
            gateway=GatewayRecorded.model_validate(head.gateway.model_dump() | seen),
            clients=tuple(_client(number, each, head) for number, each in self._listed.items()),
            frames=self._frames,
            omitted=self._omitted,
            shortened={sender: count for sender, count in self._shortened.items() if count},
            segments=segments,
            index=index,
        )

    def differs(self, manifest: Manifest) -> str | None:
        """Return in words what a manifest says that is not so; ``None`` if all that can be compared is."""
        head = Head(made_by="", began=manifest.began, cleaned=manifest.cleaned, gateway=manifest.gateway)
        true = self.manifest(head)
        for name, said, counted in (
            ("frames", {**dict.fromkeys(Sender, 0), **manifest.frames}, true.frames),
            ("omitted messages", {**dict.fromkeys(Sender, 0), **manifest.omitted}, true.omitted),
            ("shortened messages", manifest.shortened, true.shortened),
            ("clients", _bare(manifest), _bare(true)),
            ("server version", manifest.gateway.server_version, true.gateway.server_version),
            ("mode", manifest.gateway.mode, true.gateway.mode),
        ):
            if said != counted:
                return name
        return "length" if manifest.seconds < self._at else None


def _bare(manifest: Manifest) -> list[tuple[int, int | None, int | None]]:
    return [(each.connection, each.client_id, each.server_version) for each in manifest.clients]


def _client(number: int, seen: _Connection, head: Head) -> ClientRecorded:
    by_client_id = "" if seen.client_id is None else head.libraries_by_client_id.get(seen.client_id, "")
    return ClientRecorded(
        connection=number,
        library=head.libraries.get(number, by_client_id),
        client_id=seen.client_id,
        server_version=None if seen.codec is None else seen.codec.server_version,
    )


def _greet(entry: Greeted, connection: _Connection) -> None:
    if connection.greeted or connection.looked[Sender.CLIENT]:
        raise ValueError(f"connection {entry.connection} had begun already")
    connection.greeted = True


def _look(entry: Framed, connection: _Connection) -> None:
    """Look for the version, the client id and the accounts; what cannot be read says nothing of them."""
    try:
        if connection.codec is not None:
            said = connection.codec.decode(entry.payload, entry.sender, only=_LOOKED_FOR)
            if isinstance(said, Message):
                _note(said, connection)
        elif entry.sender is Sender.GATEWAY and entry.payload.count(b"\0") <= REPLY_FIELDS:
            reply = parse_version_reply(entry.payload)
            connection.codec = Codec(reply.server_version) if reply.server_version >= 0 else None
    except ProtocolError:
        pass


def _note(said: Message, connection: _Connection) -> None:
    if said.name == "start_api":
        connection.client_id = said.number("client_id")
        return
    accounts = [each for each in said.text("accounts").split(",") if each]
    if accounts and connection.mode != "live":
        connection.mode = "paper" if all(map(is_paper, accounts)) else "live"


@cache
def _settings_id() -> bytes:
    """Return how the message with the settings begins; it is protobuf at every version that has it."""
    return (catalogue().by_name[_SETTINGS].id + PROTOBUF_OFFSET).to_bytes(4)


def _settings_in(entry: Framed, codec: Codec) -> Mapping[str, str]:
    """Return the settings that a message tells, but those that are as by default; none if it cannot be read."""
    try:
        said = codec.decode(entry.payload, entry.sender)
    except ProtocolError:
        return {}
    values = said.values if isinstance(said, Message) else {}
    defaults = catalogue().by_name[_SETTINGS].defaults
    told = {name: value for name, value in values.items() if name != "req_id" and value != defaults.get(name)}
    return {name: _in_words(value) for name, value in told.items()}


def _in_words(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int | float) or value is None:
        return str(value)
    return ", ".join(str(part) for item in value for part in item.values())
