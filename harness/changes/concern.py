"""Says which changes concern a program, by the names in its code.

A change concerns it if the code uses the name that the words of the change are about, such as ``whatIfOrder()``. It
perhaps concerns it if that is one word, and the code has it after something that it does not say to be of the library,
as ``bid`` of ``t.bid``. If the words have no name, as of a log record, it perhaps concerns whoever uses a third of what
its situation uses.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from harness.changes.change import SIGNATURES, Change, Changes
from harness.changes.code_names import CodeNames, Used, is_distinct, names_of_source
from harness.changes.code_reading import Place
from harness.changes.signatures import public_names
from harness.situations.all import named
from harness.situations.situation import IBAPI

_PLACES = 3
"""Names, and places of each, that are shown."""

_PART = 3
"""The part of a situation's names that a program uses to be perhaps concerned: a third."""

_EVERYBODYS = frozenset({"ib", "IB"})
"""What situations call the connection, and its class."""

_WAITS = "Async"
_PATH = re.compile(r"[A-Za-z]\w*(?:\(\))?(?:\.\w+(?:\(\))?)*\(?")
"""Matches words, and names with what stands before them: ``IB().whatIfOrder()``."""

_NAME = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """A change, and the names for which it concerns the program.

    Args:
        change: the change.
        names: the names that the code uses.
        perhaps: whether it is not sure, as the names are of one word, or only those of its situation.
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
    changes: Iterable[Change],
    used: Used,
    perhaps_used: Used,
    public: frozenset[str],
    names_of: Callable[[str], frozenset[str]],
) -> Iterator[Concern]:
    """Yield the changes that concern a program, in their order.

    Args:
        changes: what changes.
        used: what the code uses.
        perhaps_used: what it perhaps uses: names of one word.
        public: the library's public names.
        names_of: returns the names that a situation uses, by its name.
    """
    for change in changes:
        name = subject(change.what, public)
        if name in used:
            yield Concern(change=change, names={name: used[name]})
        elif name in perhaps_used:
            yield Concern(change=change, names={name: perhaps_used[name]}, perhaps=True)
        elif not name and change.situations[0] != SIGNATURES and (shared := _shared(change.situations, used, names_of)):
            yield Concern(change=change, names=shared, perhaps=True)


def subject(what: str, public: frozenset[str]) -> str:
    """Return the name that the words of a change are about, empty if they have none.

    One word, such as ``status``, counts only where it is written as code: ``trade.status``, ``connect()``.

    Args:
        what: the words.
        public: the library's public names.
    """
    for path in _PATH.findall(what):
        names: list[str] = [name for name in _NAME.findall(path) if not name.startswith("__")]
        is_code = path != names[-1] or is_distinct(path)
        if is_code and names[-1] in public - _EVERYBODYS:
            return names[-1].removesuffix(_WAITS)
    return ""


def concerning(found: Changes, code: CodeNames, has: tuple[Path, str]) -> tuple[Changes, dict[Change, str]]:
    """Return the changes that concern a program, with where to look for each in its code.

    Args:
        found: all that changes.
        code: the names in the program's code.
        has: the ``site-packages`` of the version that it has, and the name of the package in there.
    """
    some = list(concerns_of(found.changes, code, public_names(*has), ibapi=has[1] == IBAPI))
    words = {each.change: each.words for each in some}
    others = tuple(each for each in found.changes if each not in words)
    return replace(found, changes=tuple(words), of_no_concern=others), words


def concerns_of(
    changes: Iterable[Change], code: CodeNames, public: frozenset[str], *, ibapi: bool = False
) -> Iterator[Concern]:
    """Yield the changes that concern a program, in their order.

    Args:
        changes: what changes.
        code: the names in the program's code.
        public: the library's public names.
        ibapi: whether that is ibapi, for which situations have scripts of their own.
    """
    used, perhaps_used = _joined(code.used(public)), _joined(code.perhaps_used(public))
    yield from concerns(
        changes, used, perhaps_used, public, lambda name: names_of_situation(name, ibapi=ibapi) & public
    )


def _joined(used: Used) -> Used:
    """Return names without what only says how one waits, with the places of both."""
    found: dict[str, tuple[Place, ...]] = {}
    for name, places in used.items():
        plain = name.removesuffix(_WAITS)
        found[plain] = tuple(sorted({*found.get(plain, ()), *places}))
    return found


def names_of_situation(name: str, *, ibapi: bool) -> frozenset[str]:
    """Return the names that a situation's script uses, without the events to which it only listens to see more."""
    situation = named(name)
    others = _lines(situation.play if ibapi else situation.ibapi)
    names = names_of_source(Path(str(resources.files("harness.situations.all") / f"{name}.py")), others)
    return frozenset(name for name in names if not name.endswith("Event"))


def _lines(script: Callable[..., None] | None) -> range:
    """Return the numbers of a script's lines."""
    if script is None:
        return range(0)
    lines, first = inspect.getsourcelines(script)
    return range(first, first + len(lines))


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
