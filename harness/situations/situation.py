"""Defines what a situation is; standard library only, because both halves read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.situations.client_stage import ClientStage
    from harness.situations.stage import Stage


IBAPI = "ibapi"
"""The library whose programs extend ``EWrapper`` and ``EClient``, and so have scripts of their own."""


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

    A script guards every call that may raise with :meth:`Observer.calls`; what it raises itself makes the situation
    unknown.

    Args:
        about: what it is about.
        play: the script of a program with ib_insync or ib_async; ``None`` if only programs with ibapi meet it.
        ibapi: the script of a program with ibapi; likewise.
        gateway: how the simulated gateway differs: the keys of the pytest plugin's marker ``ib_gateway``.
        name: the name of its module; set where situations are found.
        does: the first sentence of its module's docstring; likewise.
    """

    about: About
    play: Callable[[Stage], None] | None = None
    ibapi: Callable[[ClientStage], None] | None = None
    gateway: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    does: str = ""

    def is_for(self, adapter: str) -> bool:
        """Whether it has a script for a library."""
        return (self.ibapi if adapter == IBAPI else self.play) is not None
