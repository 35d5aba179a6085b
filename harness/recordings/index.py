"""Defines the index of a recording: what was asked on each connection, and which lines answer each request.

With it a recording of a day opens at once, and its messages are read when they are told. It says nothing that is not in
the lines, and is made of them (`indexing`); who reads all lines compares it with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from harness.recordings.exchange import Fate
from harness.wire.message import Sender

VERSION = 3
"""Version of the index. It is raised when what it says of the same lines changes: an index of another version is not
read, and made anew."""

_MOST_LINES = 2**32

_Line = Annotated[int, Field(ge=0, lt=_MOST_LINES)]
_Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Steps = tuple[_Line, ...]
"""Lines in ascending order: the first, and then how much further each next one is."""


class _Record(BaseModel):
    """A line of the index. Lines are counted through all files of the recording, from 0."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class ConnectionIndexed(_Record):
    """A connection that began with a hello; its requests come after it."""

    kind: Literal["connection"]
    connection: Annotated[int, Field(ge=1)]
    at: _Seconds
    least: int
    most: int
    options: str = ""
    server_version: Annotated[int, Field(ge=0)] = 0
    connection_time: str = ""
    started: bool = False
    client_id: int | None = None
    ready: bool = False
    cut_at_start: bool = False
    ended_by: Annotated[Sender, Field(strict=False)] | None = None
    heard_until: _Seconds
    greeting: _Steps = ()
    unasked: _Steps = ()


class RequestIndexed(_Record):
    """A request, and the lines that answer it."""

    kind: Literal["request"]
    line: _Line
    at: _Seconds
    name: str
    number: int | None = None
    follows: _Line | None = None
    fate: Annotated[Fate, Field(strict=False)]
    asks: str
    asks_at_any_time: str = ""
    asks_under_any_name: str = ""
    says: tuple[str, ...] = ()
    answers: _Steps = ()


Record = ConnectionIndexed | RequestIndexed

_RECORDS: TypeAdapter[Record] = TypeAdapter(Annotated[Record, Field(discriminator="kind")])


def to_lines(records: Iterable[Record]) -> Iterator[bytes]:
    """Yield the lines of an index, each with its end."""
    for record in records:
        yield record.model_dump_json(exclude_defaults=True).encode() + b"\n"


def from_line(line: bytes) -> Record:
    """Return what a line of an index says.

    Raises:
        ValueError: it is none.
    """
    return _RECORDS.validate_json(line)
