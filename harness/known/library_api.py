"""Names the API of ib_async, ib_insync and ibapi, and the requests that its methods send: ``api.toml``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

import tomllib

_SAME = ("Async", "ProtoBuf")
"""What names of methods end with that do the same as those without: they only wait, or write, in another way."""

_IBAPI = "ibapi"


class Kind(StrEnum):
    """What a name of the API stands for; one that stands for several counts as the first."""

    METHOD = "method"
    CLASS = "class"
    EVENT = "event"
    CALLBACK = "callback"
    FIELD = "field"


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryApi:
    """The names, without what only says how one waits.

    Args:
        sends: the requests that each method sends, by their names in the catalogue of messages.
        ibapi: those of ibapi's methods that send something else there.
        names: all names of each kind.
    """

    sends: Mapping[str, tuple[str, ...]]
    ibapi: Mapping[str, tuple[str, ...]]
    names: Mapping[Kind, frozenset[str]]

    @property
    def public(self) -> frozenset[str]:
        """All names, also those that say how one waits, or how a message is written."""
        others = (f"{name}{end}" for name in self.names[Kind.METHOD] for end in _SAME)
        return frozenset(others).union(*self.names.values())

    def plain(self, name: str) -> str:
        """Return a name without what only says how one waits, or how a message is written."""
        if self.kind(name) is not None:
            return name
        return next((name.removesuffix(end) for end in _SAME if name.endswith(end)), name)

    def kind(self, name: str) -> Kind | None:
        """Return what a name stands for; ``None`` if it is not of the API."""
        return next((kind for kind in Kind if name in self.names[kind]), None)

    def requests(self, method: str, libraries: Collection[str]) -> tuple[str, ...]:
        """Return the requests that a method sends.

        Args:
            method: its name.
            libraries: those that the program imports.
        """
        sends = {**self.sends, **self.ibapi} if set(libraries) == {_IBAPI} else self.sends
        return sends.get(method, ())


@cache
def library_api() -> LibraryApi:
    """Return the API."""
    data = tomllib.loads((resources.files("harness.known") / "api.toml").read_text("utf-8"))
    sends = {name: tuple(requests) for name, requests in data["sends"].items()}
    return LibraryApi(
        sends=sends,
        ibapi={name: tuple(requests) for name, requests in data[_IBAPI].items()},
        names={
            Kind.METHOD: frozenset({*sends, *data["reads"]}),
            Kind.CLASS: frozenset(data["classes"]),
            Kind.EVENT: frozenset(data["events"]),
            Kind.CALLBACK: frozenset(data["callbacks"]),
            Kind.FIELD: frozenset(data["fields"]),
        },
    )
