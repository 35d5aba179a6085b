"""Answers what changes from one version of a library to another, or from one library to another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from harness.changes.change import Change, Changes, NotKnown
from harness.changes.comparing import compared, ranked
from harness.changes.performer import Cast
from harness.changes.playing import Played, play
from harness.changes.signatures import signature_changes
from harness.plan.matrix.environments import RowEnvironment, installed_in
from harness.plan.matrix.rows import Row
from harness.shared.errors import WorkerError
from harness.situations.situation import Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two: its row, the environment that was built for it, and the gateway that it meets."""

    row: Row
    environment: RowEnvironment
    gateway: str

    @property
    def cast(self) -> Cast:
        """Who plays."""
        if self.environment.python is None:
            raise WorkerError(f"{self.row.id}: its environment has no Python")
        return Cast(
            adapter=self.row.adapter,
            library=self.row.library,
            python=self.environment.python,
            gateway=self.gateway,
        )

    @property
    def packages(self) -> Path:
        """The folder with the package's source."""
        places = ("lib/python*/site-packages", "Lib/site-packages")
        found = [folder for place in places for folder in self.environment.folder.glob(place)]
        if not found:
            raise WorkerError(f"{self.environment.folder}: has no site-packages")
        return found[0]


def find_changes(
    before: Side,
    after: Side,
    *,
    situations: Sequence[Situation],
    signatures: bool = True,
    told: Callable[[int, int], None] = lambda *_: None,
) -> Changes:
    """Let both meet the situations, and return what is not alike.

    Args:
        before: the first version.
        after: the second.
        situations: what they meet.
        signatures: whether public calls are compared, too.
        told: called after each play, with how many are done, of how many.
    """
    first, second = play((before.cast, after.cast), situations, told)
    return changes_of((before, first), (after, second), situations, signatures=signatures)


def changes_of(
    one: tuple[Side, Sequence[Played]],
    other: tuple[Side, Sequence[Played]],
    situations: Sequence[Situation],
    *,
    signatures: bool = True,
) -> Changes:
    """Return what is not alike between two versions that have played the same situations."""
    (before, first), (after, second) = one, other
    triples = list(zip(situations, first, second, strict=True))
    found = [change for each in triples for change in _changes(*each)]
    if signatures:
        packages = before.row.adapter, after.row.adapter
        found += signature_changes(before.packages, after.packages, packages)
    return Changes(
        before=before.row.library,
        after=after.row.library,
        pythons=(before.row.python, after.row.python),
        gateways=(before.gateway, after.gateway),
        packages=(_only_with(before, after), _only_with(after, before)),
        played=tuple(situations),
        changes=ranked(found, situations),
        not_known=tuple(each for triple in triples for each in _not_known(before, after, *triple)),
    )


def _only_with(one: Side, other: Side) -> tuple[str, ...]:
    """Return the packages with their versions that one has beside the library, and the other has not."""
    first, second = (installed_in(side.environment).items() for side in (one, other))
    known = {"python", one.row.adapter, canonicalize_name(one.row.distribution)}
    return tuple(
        f"{name} {version}" for name, version in sorted(first - second) if canonicalize_name(name) not in known
    )


def _changes(situation: Situation, first: Played, second: Played) -> Iterator[Change]:
    """Yield the changes of a situation that both came to the end of."""
    if not first.reason and not second.reason:
        yield from compared(situation, first.observations, second.observations)


def _not_known(before: Side, after: Side, situation: Situation, first: Played, second: Played) -> Iterator[NotKnown]:
    for side, played in ((before, first), (after, second)):
        if played.reason:
            yield NotKnown(situation=situation.name, library=side.row.library, reason=played.reason)
