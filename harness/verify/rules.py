"""Reads which values need not be equal, and which messages are not counted one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import tomllib

from harness.verify.shapes import Shape

START, UNASKED = "start", "unasked"
"""What a gateway says at the start of a connection, and later, without a request that it answers."""

_ALL = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """How messages of one name in one answer are told apart and counted; the keys of ``[[rows]]``."""

    by: tuple[str, ...] = ()
    repeats: bool = False
    own: bool = False
    chance: bool = False


ORDINARY = Rows()


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules, for answers to any request (``*``) or to some.

    Args:
        shapes: by request, message, and path of a field.
        rows: by request and message.
    """

    shapes: Mapping[tuple[str, str, str], Shape]
    rows: Mapping[tuple[str, str], Rows]
    _found: dict[tuple[str, str, str], Shape | None] = field(default_factory=dict)

    def shape_of(self, request: str, message: str, path: str) -> Shape | None:
        """Return how a field is compared in an answer to a request; ``None``: by value."""
        key = request, message, path
        if key not in self._found:
            places = ((request, message), (request, _ALL), (_ALL, message), (_ALL, _ALL))
            found = (self.shapes.get((of, name, path)) for of, name in places)
            self._found[key] = next((each for each in found if each is not None), None)
        return self._found[key]

    def rows_of(self, request: str, message: str) -> Rows:
        """Return how messages of a name are counted in an answer to a request."""
        return self.rows.get((request, message)) or self.rows.get((_ALL, message)) or ORDINARY


@cache
def rules() -> Rules:
    """Return the rules that come with the package; read once."""
    text = (resources.files("harness.verify") / "rules.toml").read_text("utf-8")
    document: Mapping[str, Any] = tomllib.loads(text)
    shapes: dict[tuple[str, str, str], Shape] = {}
    for table in document["alike"]:
        for name in table["fields"]:
            message, _, path = name.partition(".")
            shapes |= {(of, message, path): Shape(table["as"]) for of in table.get("of", (_ALL,))}
    rows: dict[tuple[str, str], Rows] = {}
    for table in document["rows"]:
        rule = Rows(
            by=tuple(table.get("by", ())),
            repeats=table.get("repeats", False),
            own=table.get("own", False),
            chance=table.get("chance", False),
        )
        rows |= {(of, message): rule for message in table["messages"] for of in table.get("of", (_ALL,))}
    return Rules(shapes, rows)
