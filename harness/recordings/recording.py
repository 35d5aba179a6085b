"""Defines a recording: what one gateway and its clients said, as whole hellos and frames, and what is known of both.

Unlike a transcript, which keeps the bytes of each read as they came, it has no half messages: each can be replaced by
a cleaned one, and told to another client.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from harness.recordings.origin import Origin
from harness.wire.message import Sender
from harness.wire.transcript import Change

FORMAT = 1
"""Version of the file's format. It is raised when an older ib-compat would misread a newer file."""

SUFFIX = ".ibrec"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A client connected.

    Args:
        at: seconds since the recording began; so is every other ``at``.
        connection: its number; the first is 1.
    """

    at: float
    connection: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeted:
    r"""A client's hello.

    Args:
        at: when its last byte came.
        connection: its number.
        data: all of its bytes, from ``API\0`` on.
    """

    at: float
    connection: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Framed:
    """A frame; the first one of a gateway is its version reply.

    Args:
        at: when its last byte came.
        connection: its number.
        sender: who sent it.
        payload: its bytes, without the length before them.
        pieces: in how many reads it came.
        shortened: whether it lost fields that nobody knows when it was cleaned.
    """

    at: float
    connection: int
    sender: Sender
    payload: bytes
    pieces: int = 1
    shortened: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Omitted:
    """Something was said that is not in the recording.

    Args:
        at: when it came.
        connection: its number.
        sender: who sent it.
        size: how many bytes it had.
        kind: id of the message, without the 200 that marks protobuf; ``None`` if nobody can tell.
        count: how many messages it was; more than one only if they were passed over together.
        why: the reason, without quoting it.
    """

    at: float
    connection: int
    sender: Sender
    size: int
    kind: int | None = None
    count: int = 1
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A connection ended, or one side of it.

    Args:
        at: when.
        connection: its number.
        change: what happened: half-closed, reset, refused, closed, or held back by ib-compat. Only the first is of one
            side; after any other the connection says nothing more.
        by: whose doing; ``None`` for what has no doer.
    """

    at: float
    connection: int
    change: Change
    by: Sender | None = None


Entry = Opened | Greeted | Framed | Omitted | Ended


class _Record(BaseModel):
    """A part of the manifest; keys that a newer ib-compat added are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class GatewayRecorded(_Record):
    """The gateway, as far as anybody saw or said."""

    product: str = ""
    """``gateway``, ``tws``, or empty if nobody said which."""
    server_version: int = Field(default=0, ge=0)
    """The highest that was negotiated; 0 if no client got so far. Its own may be higher."""
    build: str = ""
    """Its version, such as 10.45.1c, if somebody said it."""
    mode: str = ""
    """``paper`` or ``live``, by the accounts that it showed; empty if it showed none."""
    kind: str = "address"
    """Where it came from: ``address``, ``docker`` or ``simulator``."""
    program: str = ""
    """What listened at its address while it was recorded, as far as this machine showed: ``gateway``, ``tws``, or
    ``ib-compat``, which simulates one; empty if it was something else, ran elsewhere, or was not to be seen."""
    settings: dict[str, str] = {}
    """Settings that a client heard of it (request 108), but those that are as by default."""

    @property
    def origin(self) -> Origin:
        """Whether it was a real one, as far as the machine showed that recorded it, or that started it."""
        if self.kind == "simulator" or self.program == "ib-compat":
            return Origin.SIMULATED
        return Origin.REAL if self.kind == "docker" or self.program in {"gateway", "tws"} else Origin.UNKNOWN


class ClientRecorded(_Record):
    """One connection's client."""

    connection: int = Field(ge=1)
    """The connection's number."""
    library: str = ""
    """Library and version, such as ``ib_async==2.1.0``, if ib-compat ran it, or ib-compat with its version if that
    asked by itself; otherwise empty."""
    client_id: int | None = None
    """Its client id; ``None`` if it sent none."""
    server_version: int | None = None
    """The version that was negotiated; ``None`` if none was."""


class Head(_Record):
    """What is known of a recording when it begins: the first line of a part file."""

    format: int = Field(default=FORMAT, ge=1)
    """As in the manifest."""
    made_by: str
    """As in the manifest."""
    began: AwareDatetime
    """As in the manifest."""
    cleaned: bool
    """As in the manifest."""
    gateway: GatewayRecorded = GatewayRecorded()
    """The gateway, as far as anybody said; what its messages show is added when the recording ends."""
    libraries: dict[int, str] = {}
    """Library and version of each connection that ib-compat made, by its number."""
    libraries_by_client_id: dict[int, str] = {}
    """The same by client id, for connections that are yet to come."""


class Segment(_Record):
    """A file of the archive that holds a part of the lines."""

    name: Annotated[str, Field(pattern=r"^frames/[0-9]{6}\.jsonl$")]
    """Its path in the archive."""
    lines: int = Field(ge=1)
    """How many lines it has."""
    size: int = Field(ge=1)
    """Its size in bytes, unpacked."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """The SHA-256 digest of its bytes, unpacked."""


class IndexFile(_Record):
    """The file of the archive that says where to find what."""

    version: int = Field(ge=1)
    """Version of the index; one that an ib-compat does not know is not read, and made anew."""
    size: int = Field(ge=1)
    """Its size in bytes, unpacked."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """The SHA-256 digest of its bytes, unpacked."""


class Manifest(_Record):
    """What a recording is: ``manifest.json`` in the archive."""

    format: int = Field(default=FORMAT, ge=1)
    """Version of the file's format; an ib-compat that knows only lower ones refuses it."""
    made_by: str
    """The ib-compat that wrote it, with its version."""
    began: AwareDatetime
    """When it began; UTC."""
    seconds: float = Field(default=0.0, ge=0)
    """How long it took."""
    cleaned: bool
    """Whether accounts, names and amounts were replaced. What was not cleaned is for its owner alone."""
    gateway: GatewayRecorded
    clients: tuple[ClientRecorded, ...] = ()
    """Each connection that began with a hello; the first 10,000."""
    frames: dict[Sender, int] = {}
    """How many frames each side sent that are in the recording."""
    omitted: dict[Sender, int] = {}
    """How many each side sent that are not."""
    shortened: dict[Sender, int] = {}
    """How many of the frames lost fields that nobody knows, so that they could not be cleaned."""
    segments: tuple[Segment, ...] = ()
    """The files with the lines, in order."""
    index: IndexFile | None = None
    """`index.jsonl`; `null` if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recording in memory.

    Args:
        manifest: what it is.
        entries: all that is in it, in the order of time.
    """

    manifest: Manifest
    entries: Sequence[Entry]
