"""Defines ``[[program]]``: a program of the user, which is a row of its own kind."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from harness.plan.matrix.keys import Globs, Name, Seconds, Table, Text, Texts, Variables, as_tuple, one_or_many
from harness.shared.errors import did_you_mean
from harness.shared.status import Finding
from harness.wire.catalogue import catalogue
from harness.wire.message import Sender

STOP = (("SIGINT", 5.0), ("SIGTERM", 5.0))
"""The signals that ask a program to end, each with the seconds that it has then: as a terminal and a system do."""

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")

_LIBRARY = re.compile(r"[A-Za-z0-9][\w.-]*==[A-Za-z0-9][\w.!+-]*")
_PYTHON = re.compile(r"3\.\d+t?")


def _words(value: object) -> object:
    """Return the words of a command, as a shell would have them if it is one string."""
    return tuple(shlex.split(value)) if isinstance(value, str) else as_tuple(value)


def _library(value: str) -> str:
    if not _LIBRARY.fullmatch(value):
        raise ValueError("expected a library and its version, such as ib_async==2.1.0")
    return value


def _python(value: str) -> str:
    if not _PYTHON.fullmatch(value):
        raise ValueError('expected a version such as "3.11"')
    return value


def _request(value: str) -> str:
    names = [kind.name for (sender, _), kind in catalogue().by_id.items() if sender is Sender.CLIENT]
    if value not in names:
        raise ValueError(f"expected a request such as req_positions{did_you_mean(value, names)}")
    return value


def _signal(value: str) -> str:
    if value not in _SIGNALS:
        raise ValueError(f"expected one of {', '.join(_SIGNALS)}")
    return value


def _finding(value: object) -> object:
    findings = {finding.value: finding for finding in Finding}
    if isinstance(value, str) and value in findings:
        return findings[value]
    raise ValueError(f"expected one of {', '.join(findings)}")


def _zoned(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("expected a moment with its zone, such as 2026-11-27T10:00:00-05:00")
    return value


_Request = Annotated[str, AfterValidator(_request)]
_Stop = Annotated[tuple[Annotated[str, AfterValidator(_signal)], Seconds], BeforeValidator(as_tuple)]


class EndsTable(Table):
    """``ends``: one of its keys, which says how the program ends if it does as it should."""

    exit: Annotated[tuple[int, ...], BeforeValidator(as_tuple), Field(min_length=1)] | None = None
    after: Seconds | None = None
    says: Text | None = None
    asked: _Request | None = None

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        if sum(value is not None for value in (self.exit, self.after, self.says, self.asked)) != 1:
            raise ValueError("expected one of exit, after, says, asked")
        return self


class ProgramExpectTable(Table):
    """``[[program.expect]]``: what the program is known to do otherwise; the dates are TOML dates."""

    library: Globs = ()
    gateway: Globs = ()
    finding: Annotated[
        tuple[Annotated[Finding, BeforeValidator(_finding)], ...], BeforeValidator(one_or_many), Field(min_length=1)
    ]
    reason: Text
    link: Text | None = None
    since: date
    review: date


class ProgramTable(Table):
    """``[[program]]``; paths are relative to the matrix file."""

    name: Name
    command: Annotated[tuple[Text, ...], BeforeValidator(_words), Field(min_length=1)]
    folder: Text = "."
    libraries: Annotated[tuple[Annotated[str, AfterValidator(_library)], ...], BeforeValidator(one_or_many)] = ()
    requirements: Text | None = None
    python: Annotated[str, AfterValidator(_python)] | None = None
    beside: Texts = ()
    venv: Text | None = None
    environment: Variables = Field(default_factory=dict)
    files: Mapping[Text, Text] = Field(default_factory=dict)
    gateways: Globs = ()
    today: Text | None = None
    seconds: Seconds = 60.0
    ends: EndsTable | None = None
    stop: Annotated[tuple[_Stop, ...], BeforeValidator(as_tuple), Field(min_length=1)] = STOP
    says: Globs = ()
    never_says: Globs = ()
    asks: Annotated[tuple[_Request, ...], BeforeValidator(one_or_many)] = ()
    network: Literal["own", "open"] = "own"
    account: Literal["held", "empty"] = "held"
    seed: int = 1
    at: Annotated[datetime, AfterValidator(_zoned)] | None = None
    day: Text | None = None
    clock: Literal["machine", "gateway"] = "machine"
    keep_home: bool = False
    observe: bool = False
    expect: Annotated[tuple[ProgramExpectTable, ...], BeforeValidator(as_tuple)] = ()
