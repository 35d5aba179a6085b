"""Defines the keys of a day's file, with types and bounds; ``docs/reference/days.md`` says what they mean."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from harness.gateways.simulator.days import times
from harness.gateways.simulator.days.farms import FarmKind, all_farms
from harness.shared.errors import did_you_mean

EASTERN = "US/Eastern"
"""IBKR's own clock."""


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (LookupError, OSError, ValueError):
        raise ValueError(f"expected the name of a time zone such as {EASTERN}") from None
    return value


def _farms(value: tuple[str, ...]) -> tuple[str, ...]:
    for name in value:
        if name not in all_farms():
            raise ValueError(f"expected some of {', '.join(all_farms())}{did_you_mean(name, all_farms())}")
    return value


def _can_be_idle(value: tuple[str, ...]) -> tuple[str, ...]:
    for name in _farms(value):
        if all_farms()[name].kind is FarmKind.DEFINITIONS:
            raise ValueError("expected farms of market data or history, which alone are idle at times")
    return value


Moment = Annotated[times.After | dt.time, BeforeValidator(times.text(times.moment))]
Span = Annotated[float, BeforeValidator(times.text(times.span))]
Clock = Annotated[dt.time, BeforeValidator(times.text(times.clock))]
WeekDays = Annotated[frozenset[int], BeforeValidator(times.week_days)]
Zone = Annotated[str, AfterValidator(_zone)]
Farms = Annotated[tuple[str, ...], BeforeValidator(_as_tuple), AfterValidator(_farms), Field(min_length=1)]
IdleFarms = Annotated[tuple[str, ...], BeforeValidator(_as_tuple), AfterValidator(_can_be_idle), Field(min_length=1)]
Certainty = Literal["captured", "documented", "inferred"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Event(_Table):
    """``[[event]]``: what all kinds have."""

    at: Moment
    days: WeekDays | None = None
    zone: Zone | None = None
    certainty: Certainty | None = None
    source: str = ""

    @field_validator("days")
    @classmethod
    def _days_of_a_clock(cls, value: frozenset[int] | None, info: ValidationInfo) -> frozenset[int] | None:
        if value is not None and isinstance(info.data.get("at"), times.After):
            raise ValueError('expected no days: "at" is not a time of a day')
        return value


class Lasting(Event):
    """An event that ends: after ``lasts``, or at the next ``until``."""

    lasts: Span | None = None
    until: Clock | None = None
    every: Span | None = None
    times: Annotated[int, Field(ge=1, le=1000)] = 1

    @field_validator("until")
    @classmethod
    def _one_end(cls, value: dt.time | None, info: ValidationInfo) -> dt.time | None:
        if value is not None and info.data.get("lasts") is not None:
            raise ValueError('expected one of "lasts" and "until"')
        return value

    @field_validator("times")
    @classmethod
    def _apart(cls, value: int, info: ValidationInfo) -> int:
        if not {"every", "lasts"} <= info.data.keys():
            return value  # what is wrong there is told there
        every, lasts = info.data["every"], info.data["lasts"]
        if value > 1 and (every is None or lasts is None or every <= lasts):
            raise ValueError('expected 1, unless there are "lasts" and a longer "every"')
        if value > 1 and every is not None and value * every >= times.LONGEST:
            raise ValueError('expected so few that "times" multiplied by "every" is less than a week')
        return value


class Restart(Lasting):
    """The sockets end, and the port refuses."""

    what: Literal["restart", "weekly-login"]
    holds_ids: Span | None = None
    ids_back: Annotated[int, Field(ge=0, le=1000)] = 0


class FarmsBreak(Lasting):
    """Farms break, and are well again; all of them without ``farms``."""

    what: Literal["farms-break"]
    farms: Farms | None = None


class LinkLost(Lasting):
    """The gateway loses IBKR, and finds it again."""

    what: Literal["link-lost"]
    data_lost: bool = False
    missing: Farms | None = None


class Takeover(Lasting):
    """Another session of the same user has the market data."""

    what: Literal["session-taken"]


class FarmsIdle(Event):
    """Farms go to sleep, until they are asked."""

    what: Literal["farms-idle"]
    farms: IdleFarms


class FarmsOk(Event):
    """Farms are well; all that are broken without ``farms``."""

    what: Literal["farms-ok"]
    farms: Farms | None = None


class DesupportNotice(Event):
    """The gateway says when it ends."""

    what: Literal["desupport"]
    version: Annotated[str, Field(min_length=1)]
    date: dt.date
    minimum: Annotated[str, Field(min_length=1)]


class Notice(Event):
    """Any other notice."""

    what: Literal["notice"]
    code: Annotated[int, Field(ge=0, lt=2**31)]
    text: str


AnyEvent = Annotated[
    Restart | FarmsBreak | LinkLost | Takeover | FarmsIdle | FarmsOk | DesupportNotice | Notice,
    Field(discriminator="what"),
]


class Document(_Table):
    """A day's file."""

    says: Annotated[str, Field(min_length=1)]
    zone: Zone = EASTERN
    idle: Annotated[tuple[str, ...], BeforeValidator(_as_tuple), AfterValidator(_can_be_idle)] = ()
    event: Annotated[tuple[AnyEvent, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
