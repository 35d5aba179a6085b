"""Explains the settings that a gateway reports; ``settings.toml`` has the texts and their sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import tomllib

if TYPE_CHECKING:
    from harness.shared.evidence import ApiSettings

_NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Note:
    """A remark about a setting that is no fault.

    Args:
        code: the remark's name, for programs.
        says: the remark in words, for a person.
    """

    code: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """The client ids that are known to be in use.

    Args:
        environment: the client id of the user's own programs, according to ``IB_CLIENT_ID``.
        matrix: the client ids with which a matrix file asks its libraries.
        doctor: the client ids of the look itself.
    """

    environment: int | None = None
    matrix: range = range(0)
    doctor: range = range(0)

    def who_has(self, client_id: int) -> str:
        """Name who uses an id, the user's own programs first, as ``settings.toml`` does."""
        if client_id == self.environment:
            return "environment"
        return next((name for name in ("matrix", "doctor") if client_id in getattr(self, name)), _NOBODY)


NO_CLIENTS = Clients()
"""Nobody's ids are known."""


def flags(settings: ApiSettings) -> Iterator[str]:
    """Yield what each flag that is on means."""
    yield from (says for flag, says in _flags().items() if getattr(settings, flag))


def notes(settings: ApiSettings | None, clients: Clients) -> tuple[Note, ...]:
    """Return remarks about who uses the master client id; none if the gateway reported none."""
    if settings is None or settings.master_client_id is None:
        return ()
    number = settings.master_client_id
    code, says = _notes()[clients.who_has(number)]
    return (Note(code, says.format(id=number)),)


@cache
def _tables() -> Mapping[str, object]:
    return tomllib.loads((resources.files("harness.diagnose") / "settings.toml").read_text("utf-8"))


def _flags() -> Mapping[str, str]:
    return _tables()["flags"]  # type: ignore[return-value]


def _notes() -> Mapping[str, tuple[str, str]]:
    return {table["who"]: (table["code"], table["says"]) for table in _tables()["note"]}  # type: ignore[attr-defined]
