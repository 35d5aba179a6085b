"""Defines what a situation is; standard library only, because both halves read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.situations.stage import Stage


class About(str, Enum):
    """What a situation is about, worst first: where a change costs most."""

    ORDERS = "orders"
    CONNECTION = "connection"
    CONTRACTS = "contracts"
    ACCOUNT = "account"
    MARKET = "market"
    OBJECTS = "objects"


@dataclass(frozen=True)
class Situation:
    """A small script that does what user code does; its module's docstring says what that is.

    Args:
        about: what it is about.
        play: the script. It guards every call that may raise with :meth:`Stage.calls`; what it raises itself makes the
            situation unknown.
        gateway: how the simulated gateway differs: the keys of the pytest plugin's marker ``ib_gateway``.
        name: the name of its module; set where situations are found.
        does: the first sentence of its module's docstring; likewise.
    """

    about: About
    play: Callable[[Stage], None]
    gateway: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    does: str = ""
