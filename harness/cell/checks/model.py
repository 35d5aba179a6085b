"""What a check is: a name, and one sentence of what it proves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.base import Connection


@dataclass(frozen=True)
class Check:
    """One question to a cell; ``proves`` says what a pass means."""

    name: str
    proves: str


@dataclass(frozen=True)
class Request(Check):
    """A check that asks the gateway something over an open connection.

    ``ask`` takes the connection and a timeout in seconds and gives the detail of a pass, as JSON.
    """

    ask: Callable[[Connection, float], dict[str, Any]]
