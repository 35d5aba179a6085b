"""Says which changes concern a program, by the names in its code.

A change concerns it if the words of the change have a name that the code uses, such as ``whatIfOrder()``. If they have
no name at all, as of a log record, it perhaps concerns whoever uses a third of what its situation uses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from harness.changes.change import SIGNATURES, Change, Changes
from harness.changes.code_names import CodeNames, Place, is_distinct, names_of_source
from harness.changes.signatures import public_names

_PLACES = 3
"""Names, and places of each, that are shown."""

_PART = 3
"""The part of a situation's names that a program uses to be perhaps concerned: a third."""

_VARIABLE = "ib"
"""What situations call the connection; a parameter of some calls, too."""

_WAITS = "Async"
_WORD = re.compile(r"[A-Za-z_]\w+")

Used = Mapping[str, tuple[Place, ...]]
"""Names of the library that the code uses, with their places."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """A change, and the names for which it concerns the program.

    Args:
        change: the change.
        names: the names that the code uses.
        perhaps: whether only the situation uses them, and the words of the change do not have them.
    """

    change: Change
    names: Used
    perhaps: bool = False

    @property
    def words(self) -> str:
        """Where to look, for a person."""
        most = [f"{name} ({', '.join(map(str, places[:_PLACES]))})" for name, places in self.names.items()]
        more = f" and {len(most) - _PLACES} more" if len(most) > _PLACES else ""
        return f"your code{' perhaps' if self.perhaps else ''}: {', '.join(most[:_PLACES])}{more}"


def concerns(
    changes: Iterable[Change], used: Used, public: frozenset[str], names_of: Callable[[str], frozenset[str]]
) -> Iterator[Concern]:
    """Yield the changes that concern a program, in their order.

    Args:
        changes: what changes.
        used: what the code uses.
        public: the library's public names.
        names_of: returns the names that a situation uses, by its name.
    """
    for change in changes:
        said = _plain(frozenset(_WORD.findall(change.what)) & public) - {_VARIABLE}
        named = _where(used, {name for name in said if is_distinct(name)} or said)
        if named:
            yield Concern(change=change, names=named)
        elif not said and change.situations[0] != SIGNATURES and (shared := _shared(change.situations, used, names_of)):
            yield Concern(change=change, names=shared, perhaps=True)


def concerning(found: Changes, code: CodeNames, packages: Path) -> tuple[Changes, dict[Change, str]]:
    """Return the changes that concern a program, with where to look for each in its code.

    Args:
        found: all that changes.
        code: the names in the program's code.
        packages: the ``site-packages`` of the version that it has.
    """
    package = found.before.partition("==")[0]
    public = public_names(packages, package)
    used = {name.removesuffix(_WAITS): places for name, places in code.used(public).items()}
    some = list(concerns(found.changes, used, public, lambda name: _names_of_situation(name) & public))
    return replace(found, changes=tuple(each.change for each in some)), {each.change: each.words for each in some}


def _names_of_situation(name: str) -> frozenset[str]:
    return names_of_source(Path(str(resources.files("harness.situations.all") / f"{name}.py")))


def _where(used: Used, names: Iterable[str]) -> Used:
    return {name: used[name] for name in sorted(names) if name in used}


def _plain(names: Iterable[str]) -> frozenset[str]:
    """Return names without what only says how one waits: ``whatIfOrderAsync`` is ``whatIfOrder``."""
    return frozenset(name.removesuffix(_WAITS) for name in names)


def _shared(situations: Sequence[str], used: Used, names_of: Callable[[str], frozenset[str]]) -> Used:
    """Return what the code uses of a situation, if that is enough to be concerned by what it shows."""
    for name in situations:
        names = _plain(names_of(name))
        found = _where(used, names)
        if len(found) * _PART >= len(names):
            return found
    return {}
