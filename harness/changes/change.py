"""Records what user code can see, what of it changes between two versions, and what could not be compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import tomllib

from harness.situations.situation import Situation

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_GATEWAY = "gateway-10.45"
"""The version that is simulated if nobody names one."""

SIGNATURES = "signatures"
"""In place of a situation's name: the comparison of public calls, which is not played."""


class Group(StrEnum):
    """What kind of thing changes; ``groups.toml`` has their order and their words."""

    EXCEPTION = "exception"
    PENDING = "pending"
    EVENT = "event"
    VALUE = "value"
    TYPE = "type"
    DEFAULT = "default"
    SIGNATURE = "signature"
    WORDING = "wording"
    LOG = "log"


@cache
def headings() -> Mapping[Group, str]:
    """Return the heading of each group, worst first."""
    tables = tomllib.loads((resources.files("harness.changes") / "groups.toml").read_text("utf-8"))
    return {Group(name): table["says"] for name, table in tables.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One thing that user code saw in a situation.

    Args:
        what: the words by which two versions are compared.
        kind: ``value``, ``default``, ``exception``, ``event``, ``pending`` or ``log``.
        value: what was seen, without anything that differs from run to run.
        type: of a value or an exception, its type.
    """

    what: str
    kind: str
    value: str
    type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that the two versions do not do alike; which of them is right is not said.

    Args:
        group: what kind of thing.
        what: where it shows.
        before: what the first version does.
        after: what the second does.
        situations: the names of the situations that show it, or ``signatures``.
    """

    group: Group
    what: str
    before: str
    after: str
    situations: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotKnown:
    """A situation that did not come to its end with a version, so nothing is said about it.

    Args:
        situation: its name.
        library: the version, such as ``ib_async==2.1.0``.
        reason: what went wrong.
    """

    situation: str
    library: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """All that changes from one version to another.

    Args:
        before: the first, as people write it: ``ib_async==1.0.3``.
        after: the second.
        pythons: the Python of each.
        gateways: the simulated gateway that each met.
        packages: what was installed with each, with its version, and not with the other: a change may be theirs.
        played: the situations, in order.
        changes: what is not alike, worst first.
        not_known: what could not be compared.
        of_no_concern: what is not alike either, and does not concern the code that somebody asked about.
    """

    before: str
    after: str
    pythons: tuple[str, str]
    gateways: tuple[str, str]
    packages: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    played: tuple[Situation, ...]
    changes: tuple[Change, ...]
    not_known: tuple[NotKnown, ...] = field(default=())
    of_no_concern: tuple[Change, ...] = ()
