"""Knows the types of orders; ``data/trading/order_types.toml`` says what each waits for, and what fills it."""

from __future__ import annotations

import types
from collections.abc import Mapping
from enum import StrEnum
from functools import cache, lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from harness.gateways.simulator.trading.documents import document


class Waits(StrEnum):
    """What an order of a type waits for."""

    NOTHING = ""
    STOP = "stop"
    TOUCH = "touch"
    OPEN = "open"
    CLOSE = "close"


class Takes(StrEnum):
    """What it is filled with."""

    NOTHING = ""
    ANY = "any"
    LIMIT = "limit"
    BEST = "best"
    PEG = "peg"


class Pegs(StrEnum):
    """What its price is pegged to."""

    NOTHING = ""
    OWN = "own"
    OPPOSITE = "opposite"
    MIDDLE = "middle"
    REFERENCE = "reference"


class Kind(BaseModel):
    """One type of order.

    Args:
        sure: how sure what it does is.
        waits: what it waits for.
        trails: whether the price that it waits for follows the market.
        takes: what it is filled with; nothing if it never is.
        pegs: what its price is pegged to.
        offset: where from there its offset goes.
        once: whether that price is found once.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sure: Literal["captured", "documented", "inferred"]
    waits: Waits = Waits.NOTHING
    trails: bool = False
    takes: Takes = Takes.NOTHING
    pegs: Pegs = Pegs.NOTHING
    offset: Literal["", "toward", "away"] = ""
    once: bool = False

    @property
    def has_trigger(self) -> bool:
        """Whether it waits for a price."""
        return self.waits in {Waits.STOP, Waits.TOUCH}


@cache
def kinds() -> Mapping[str, Kind]:
    """Return all types by their names without spaces."""
    return types.MappingProxyType({name: Kind(**table) for name, table in document("order_types").items()})


@lru_cache(256)
def kind_named(name: str) -> Kind:
    """Return a type by its name without spaces; one that never is filled if it is unknown."""
    return kinds().get(name, _UNKNOWN)


_UNKNOWN = Kind(sure="inferred")
