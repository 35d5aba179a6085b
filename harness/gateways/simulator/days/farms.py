"""Knows the data farms: their kinds, what they serve, and the notices about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

import tomllib

from harness.gateways.simulator.truth import Values
from harness.wire.message import Message


class FarmKind(StrEnum):
    """What a farm has."""

    MARKET = "market"
    HISTORY = "history"
    DEFINITIONS = "definitions"


class State(StrEnum):
    """How a farm is."""

    OK = "OK"
    BROKEN = "broken"
    IDLE = "idle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Farm:
    """One farm.

    Args:
        name: as notices have it.
        kind: what it has.
        sec_types: the security types that it serves; all without any.
        currencies: the currencies of what it serves; all without any.
    """

    name: str
    kind: FarmKind
    sec_types: frozenset[str]
    currencies: frozenset[str]

    def serves(self, contract: Values) -> bool:
        """Return whether it has a contract, unless another farm before it does."""
        fits = not self.sec_types or contract["sec_type"] in self.sec_types
        return fits and (not self.currencies or contract["currency"] in self.currencies)


@cache
def all_farms() -> Mapping[str, Farm]:
    """Return all farms by name, in the order in which they are named."""
    file = resources.files("harness.gateways.simulator") / "data" / "farms.toml"
    tables = tomllib.loads(file.read_text("utf-8"))["farm"]
    return {table["name"]: _farm(table) for table in tables}


def _farm(table: Mapping[str, Any]) -> Farm:
    sec_types, currencies = (frozenset(table.get(key, ())) for key in ("sec_types", "currencies"))
    return Farm(name=table["name"], kind=FarmKind(table["kind"]), sec_types=sec_types, currencies=currencies)


def farm_of(contract: Values, kind: FarmKind) -> Farm:
    """Return the farm of a kind that has a contract."""
    return next(farm for farm in all_farms().values() if farm.kind is kind and farm.serves(contract))


_NOTICES: Mapping[tuple[FarmKind, State], tuple[int, str]] = {
    (FarmKind.MARKET, State.BROKEN): (2103, "Market data farm connection is broken:{}"),
    (FarmKind.MARKET, State.OK): (2104, "Market data farm connection is OK:{}"),
    (FarmKind.HISTORY, State.BROKEN): (2105, "HMDS data farm connection is broken:{}"),
    (FarmKind.HISTORY, State.OK): (2106, "HMDS data farm connection is OK:{}"),
    (FarmKind.HISTORY, State.IDLE): (
        2107,
        "HMDS data farm connection is inactive but should be available upon demand.{}",
    ),
    (FarmKind.MARKET, State.IDLE): (
        2108,
        "Market data farm connection is inactive but should be available upon demand.{}",
    ),
    (FarmKind.DEFINITIONS, State.BROKEN): (2157, "Sec-def data farm connection is broken:{}"),
    (FarmKind.DEFINITIONS, State.OK): (2158, "Sec-def data farm connection is OK:{}"),
}
"""Codes and texts: recordings of Gateways of 2026, users' logs for 2105 and 2157. After "demand" there is a full stop,
and no colon."""

_CONNECTING = 2119, "Market data farm is connecting:{}"
"""Captured: before 2104 where a farm is used for the first time."""


def notice(farm: Farm, state: State) -> Message:
    """Return the notice that a farm is so."""
    code, text = _NOTICES[farm.kind, state]
    return _said(code, text.format(farm.name))


def connecting(farm: Farm) -> Message:
    """Return the notice that a market data farm is about to be used."""
    code, text = _CONNECTING
    return _said(code, text.format(farm.name))


def farm_in(code: int, text: str) -> tuple[FarmKind, str] | None:
    """Return the kind and the name of the farm that a notice is about; ``None`` if it is about none."""
    for told_code, told, kind in (
        *((*said, kind) for (kind, _), said in _NOTICES.items()),
        (*_CONNECTING, FarmKind.MARKET),
    ):
        before = told.format("")
        if code == told_code and text.startswith(before) and text != before:
            return kind, text.removeprefix(before)
    return None


def _said(code: int, text: str) -> Message:
    return Message("error", {"req_id": -1, "code": code, "text": text})
