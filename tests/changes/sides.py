"""The versions whose situations the tests play, as the command has them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from harness.changes.answering import Side, changes_of, find_changes
from harness.changes.change import DEFAULT_GATEWAY, Change, Changes, Group
from harness.changes.playing import Played, play
from harness.cli.bisect_steps import row_of
from harness.plan.matrix.environments import find_environments
from harness.situations.all import situations
from harness.situations.situation import Situation
from tests.rows import VARIABLE, need_row


def side(library: str) -> Side:
    """Give a version with its environment; skips where it was not built."""
    need_row(library)
    distribution, _, version = library.partition("==")
    row = row_of(distribution, version, None, ())
    environments = find_environments(Path(os.environ[VARIABLE]))
    return Side(row=row, environment=environments[row.id], gateway=DEFAULT_GATEWAY)


def named(*names: str) -> tuple[Situation, ...]:
    return tuple(each for each in situations() if each.name in names)


def all_of(library: str) -> tuple[Situation, ...]:
    """Give the situations that a library can play."""
    return situations(side(library).row.adapter)


def between(before: str, after: str, played: Sequence[Situation], *, signatures: bool = False) -> Changes:
    return find_changes(side(before), side(after), situations=tuple(played), signatures=signatures)


def play_all(library: str, some: slice = slice(None)) -> list[Played]:
    """Let a version meet all its situations, or some of them."""
    return play([side(library).cast], all_of(library)[some])[0]


def changes(before: str, first: Sequence[Played], after: str, second: Sequence[Played]) -> Changes:
    """Give what is not alike between two versions that have played all situations."""
    return changes_of((side(before), first), (side(after), second), all_of(before))


def one(found: Changes, group: Group, words: str) -> Change:
    """Give the only change of a group with these words."""
    (change,) = (each for each in found.changes if each.group is group and words in each.what)
    return change
