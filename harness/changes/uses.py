"""Says what of a library's API a program's code uses, which requests that sends, and what is known of those."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.changes.change import Change
from harness.changes.code_names import CodeNames, Used
from harness.changes.code_reading import Place
from harness.changes.concern import concerns_of
from harness.known.library_api import Kind, library_api
from harness.results.requests_measured import Measured

_CALLS_PROGRAMS = "ibapi"
"""The library that has callbacks; the others have events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A name of the API in the code.

    Args:
        name: the name, without what only says how one waits.
        kind: what it stands for.
        places: where it is.
        arguments: the names of the arguments with which it is called.
        requests: what it sends, by the names in the catalogue of messages.
        perhaps: whether the code does not say that it is the library's.
    """

    name: str
    kind: Kind
    places: tuple[Place, ...]
    arguments: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    perhaps: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Concerned:
    """A change between two versions that concerns the code.

    Args:
        change: the change.
        names: the names in the code for which it does.
        where: where to look, in words.
        perhaps: whether it is not sure.
    """

    change: Change
    names: tuple[str, ...]
    where: str
    perhaps: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """What a program's code uses, and what is known of it.

    Args:
        libraries: those that it imports.
        lines: how many lines of code were read.
        unread: files that were not read, with the reason.
        uses: the names of the API, by kind and name.
        run: the run that measured; empty if there is none.
        measured: how each request came out in it; what is not there was not measured.
        versions: the two versions whose changes are known; empty if none are.
        changes: those that concern the code, worst first.
        trace: the file that says what was really asked; empty if there is none.
        asked: what was really asked: how many times each request came to what.
    """

    libraries: tuple[str, ...]
    lines: int
    unread: Mapping[Path, str]
    uses: tuple[Use, ...]
    run: str = ""
    measured: Mapping[str, Measured] = field(default_factory=dict)
    versions: tuple[str, ...] = ()
    changes: tuple[Concerned, ...] = ()
    trace: str = ""
    asked: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def requests(self) -> tuple[str, ...]:
        """The requests that the code leads to, in order, each once."""
        return tuple(dict.fromkeys(request for use in self.uses for request in use.requests))

    @property
    def asked_besides(self) -> tuple[str, ...]:
        """What was really asked, although the code has no name for it."""
        return tuple(name for name in self.asked if name not in self.requests)


def uses_in(code: CodeNames) -> tuple[Use, ...]:
    """Return the names of the API in a program's code, by kind and name."""
    public = library_api().public
    found = {each.name: each for each in _uses(code, code.perhaps_used(public)) if each.kind is Kind.METHOD}
    found = {name: replace(each, perhaps=True) for name, each in found.items()}
    found |= {each.name: each for each in _uses(code, code.used(public))}
    return tuple(
        sorted(found.values(), key=lambda each: (list(Kind).index(each.kind), each.perhaps, each.name.lower()))
    )


def _uses(code: CodeNames, used: Used) -> Iterator[Use]:
    api = library_api()
    places: dict[str, set[Place]] = {}
    for name, where in used.items():
        places.setdefault(api.plain(name), set()).update(where)
    arguments = _arguments(code)
    fields = {each.name for each in code.read.mentions if each.owner}
    fields.update(*(arguments[name] for name in api.names[Kind.CLASS]))
    for name, all_places in places.items():
        kind = api.kind(name)
        never_called = kind is Kind.CALLBACK and _CALLS_PROGRAMS not in code.read.libraries
        if kind is None or never_called or (kind is Kind.FIELD and name not in fields):
            continue
        yield Use(
            name=name,
            kind=kind,
            places=tuple(sorted(all_places)),
            arguments=tuple(sorted(arguments[name])) if kind in {Kind.METHOD, Kind.CLASS} else (),
            requests=api.requests(name, code.read.libraries),
        )


def _arguments(code: CodeNames) -> defaultdict[str, set[str]]:
    """Return the names of the arguments with which the code calls each name of the API, whatever it calls that."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for local, given in code.read.arguments.items():
        found[library_api().plain(code.read.imported.get(local, local))] |= given
    return found


def concerned(changes: Iterable[Change], code: CodeNames) -> tuple[Concerned, ...]:
    """Return the changes that concern a program's code, in their order."""
    return tuple(
        Concerned(change=each.change, names=tuple(each.names), where=each.words, perhaps=each.perhaps)
        for each in concerns_of(changes, code, library_api().public)
    )


def changes_of_name(changes: Sequence[Concerned], name: str) -> int:
    """Return how many changes surely concern a name."""
    return sum(name in each.names and not each.perhaps for each in changes)
