"""Converts the lines of the journal to and from JSON; each line is a fact that somebody saw.

The file belongs to the run: it has mode 0600, its format is no contract for other programs, and it contains unmasked
account numbers, like the evidence of its cells.
"""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from harness.results.assemble import RunFacts
from harness.results.journal.plan_lines import PlanRecord
from harness.results.program_results import ProgramSeen
from harness.shared.errors import JournalError
from harness.shared.evidence import CellOutcome, GatewayOutcome, Moment, ProbeRecord

VERSION = 2
"""Version of the format; it grows with every change of what a line means. Journals of other versions are not read."""


class _Record(BaseModel):
    """One line.

    Args:
        at: when it was written, in Unix seconds, by a clock that may be set.
        passed: seconds that the run had taken by then, by the monotonic clock; the sum of the parts of a resumed run.
    """

    model_config = ConfigDict(
        frozen=True,
        defer_build=True,  # most commands read no journal
        ser_json_inf_nan="constants",
        ser_json_bytes="base64",
        val_json_bytes="base64",
    )

    at: float = 0.0
    passed: float = 0.0


class Wanted(BaseModel):
    """What the command line asked for, so that the same can be asked for again."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    matrix: str | None = None
    selection: dict[str, tuple[str, ...]] = {}
    concurrency: int | None = None
    isolation: str | None = None
    allow_live: bool = False
    orders: bool = False
    record: bool | None = None


class Began(_Record):
    """The beginning of a run, with its plan. Always the first line."""

    event: Literal["began"] = "began"
    version: int
    facts: RunFacts
    wanted: Wanted | None
    plan: PlanRecord


class Resumed(_Record):
    """The resumption of a run that ended early."""

    event: Literal["resumed"] = "resumed"
    command: tuple[str, ...]


class Built(_Record):
    """What is installed in the environment of a row: name and version of each package."""

    event: Literal["built"] = "built"
    row: str
    packages: dict[str, str]


class Met(_Record):
    """What is now known of a gateway; it replaces what this part of the run wrote about the gateway before."""

    event: Literal["gateway"] = "gateway"
    gateway: GatewayOutcome


class Looked(_Record):
    """A further look of the reference client at a gateway that is in the journal already."""

    event: Literal["probe"] = "probe"
    gateway: str
    probe: ProbeRecord


class Finished(_Record):
    """A cell that is finished."""

    event: Literal["cell"] = "cell"
    outcome: CellOutcome


class Tried(_Record):
    """A program that was run with all that it is tried with."""

    event: Literal["program"] = "program"
    name: str
    seen: ProgramSeen


class Passed(_Record):
    """A moment at which something began for a gateway that ib-compat starts."""

    event: Literal["moment"] = "moment"
    moment: Moment


class Ended(_Record):
    """The end of a run, after everything was asked or somebody interrupted it in an orderly way."""

    event: Literal["ended"] = "ended"
    interrupted: bool


Record = Began | Resumed | Built | Met | Looked | Finished | Tried | Passed | Ended

_LINE: TypeAdapter[Record] = TypeAdapter(
    Annotated[Record, Field(discriminator="event")], config=ConfigDict(defer_build=True)
)


def encode(record: Record) -> bytes:
    """Return a record as its line.

    Raises:
        JournalError: the record has a value that JSON cannot represent.
    """
    named = record.model_copy(update={"event": record.event})
    try:
        return named.model_dump_json(exclude_unset=True).encode() + b"\n"
    except ValueError:  # half of a surrogate pair, as a library may log it: it is shown as a question mark
        pass
    try:
        document = named.model_dump(mode="json", exclude_unset=True)
        return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
    except (TypeError, ValueError) as problem:
        raise JournalError(f"the evidence cannot be written: {problem}") from None


def decode(line: bytes) -> Record:
    """Return the record that a line holds.

    Raises:
        JournalError: it is incomplete, or not a line of ours.
    """
    try:
        return _LINE.validate_json(line)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise JournalError(f"{place}: {first['msg']}" if place else first["msg"]) from None
