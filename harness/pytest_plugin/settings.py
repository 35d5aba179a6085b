"""Reads what markers, command line and configuration say of a simulated IB Gateway."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.gateways.simulator.days import files as days
from harness.gateways.simulator.gateway_profiles import find
from harness.known import scenarios
from harness.shared.errors import IbCompatError, SelectionError, did_you_mean

STEPPED, WALL = "stepped", "wall"
BEGINS = dt.datetime(2026, 12, 2, 15, tzinfo=dt.UTC)
"""What a stepped clock begins with: a Wednesday, half an hour after the opening in New York."""

_HIGHEST_PORT = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How one simulated gateway behaves.

    Args:
        gateway: the version, ``10.45``, or a name such as ``tws-10.45``; ``ib-compat profiles`` lists them.
        mode: ``paper`` or ``live``.
        market: ``moving`` for prices that move, of a world of contracts; ``still`` for a few that stand.
        seed: the same seed moves prices in the same way.
        clock: ``stepped`` for one that the test steps, ``wall`` for one that goes by itself.
        at: what the clock begins with; ``None`` for :data:`BEGINS`, or now if it goes by itself.
        speed: how many times as fast as ours a clock goes by itself.
        fills: ``market`` if quotes fill orders, ``by hand`` if only the test does.
        account: ``empty``, or ``held`` for the holdings, orders and executions of the built-in truth.
        scenario: how it differs from an ordinary gateway; ``ib-compat scenarios`` lists them.
        day: what happens to it, and when; ``ib-compat days`` lists those built in, others are files.
        port: where it listens; 0 takes a free port.
    """

    gateway: str = "10.45"
    mode: str = "paper"
    market: str = "moving"
    seed: int = 1
    clock: str = STEPPED
    at: dt.datetime | None = None
    speed: float = 1.0
    fills: str = "market"
    account: str = "empty"
    scenario: str | None = None
    day: str | None = None
    port: int = 0


def settings(given: Iterable[tuple[str, Mapping[str, object]]]) -> Settings:
    """Return what is given, in the order in which it counts: the last one has its way.

    Args:
        given: who says it, for errors, and what it says by key.

    Raises:
        ValueError: a key or a value is not right; the text says who says it, key, value, and what was expected.
    """
    known: dict[str, Any] = {}
    said_by: dict[str, str] = {}
    for who, pairs in given:
        for key, value in pairs.items():
            if key not in _READERS:
                near = did_you_mean(key, _READERS) or "."
                raise ValueError(f"{who}: unknown key {key!r}{near} There are: {', '.join(_READERS)}")
            try:
                known[key] = _READERS[key](value)
            except ValueError as problem:
                raise ValueError(f"{who}: {key}={value!r}: expected {problem}") from None
            said_by[key] = who
    found = Settings(**known)
    if "speed" in said_by and found.clock == STEPPED:
        raise ValueError(
            f"{said_by['speed']}: speed={found.speed:g}: expected clock='wall' with it; {STEPPED!r} is stepped"
        )
    return found


def pairs(texts: Iterable[str], who: str) -> dict[str, object]:
    """Return keys and values of texts such as ``gateway=10.50``.

    Raises:
        ValueError: one has no ``=``.
    """
    found: dict[str, object] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"{who}: {text!r}: expected KEY=VALUE, such as gateway=10.50")
        found[key.strip()] = value.strip()
    return found


def moment(value: object) -> dt.datetime:
    """Return a moment that has its zone, from a date and time or from text.

    Raises:
        ValueError: it is none; the text says what was expected.
    """
    try:
        found = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError("a moment with its zone, such as '2026-11-27T15:59:50-05:00'") from None
    if found.tzinfo is None:
        raise ValueError(f"a zone with it, such as '{found.isoformat()}-05:00'")
    return found


def _one_of(*words: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in words:
            raise ValueError(" or ".join(map(repr, words)))
        return str(value)

    return read


def _whole(least: int | None = None, most: int | None = None) -> Callable[[object], int]:
    what = "a whole number" if least is None else f"a whole number from {least} to {most}"

    def read(value: object) -> int:
        try:
            number = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else None
        except ValueError:
            number = None
        if number is None or not (-math.inf if least is None else least) <= number <= (most or math.inf):
            raise ValueError(what)
        return number

    return read


def _speed(value: object) -> float:
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else 0.0
    except ValueError:
        number = 0.0
    if not 0 < number < math.inf:
        raise ValueError("a number above 0")
    return number


def _gateway(value: object) -> str:
    try:
        return find(str(value)).name
    except SelectionError as problem:
        raise ValueError(f"a version that can be simulated; {problem.hint}") from None


def _scenario(value: object) -> str | None:
    if value is not None and value not in scenarios.load():
        near = did_you_mean(str(value), scenarios.load())
        raise ValueError(f"the name of a scenario, as `ib-compat scenarios` lists them{near}")
    return None if value is None else str(value)


def _day(value: object) -> str | None:
    if value is None:
        return None
    try:
        days.find(str(value))
    except IbCompatError as problem:
        raise ValueError(f"a day of `ib-compat days`, or a file with one; {problem} {problem.hint}".rstrip()) from None
    return str(value)


_READERS: Mapping[str, Callable[[object], object]] = {
    "gateway": _gateway,
    "mode": _one_of("paper", "live"),
    "market": _one_of("moving", "still"),
    "seed": _whole(),
    "clock": _one_of(STEPPED, WALL),
    "at": lambda value: None if value is None else moment(value),
    "speed": _speed,
    "fills": _one_of("market", "by hand"),
    "account": _one_of("empty", "held"),
    "scenario": _scenario,
    "day": _day,
    "port": _whole(0, _HIGHEST_PORT),
}
