"""Finds which names of a library a program's code uses, and where, without running it."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.shared.errors import InputError, UsageError

LIBRARIES = frozenset({"ib_async", "ib_insync", "ibapi"})
"""Packages whose names are looked for."""

NOT_THE_PROGRAM = frozenset({"venv", "env", "node_modules", "site-packages", "build", "dist", "__pycache__"})
"""Folders that hold other people's code; so do those that begin with a point."""

_CLIENT = "IB"
"""The class of a connection in ib_insync and ib_async."""

_OF_TWO_WORDS = re.compile(r"[a-z0-9][A-Z]|_[a-z]")
"""Matches names that are a library's own: ``whatIfOrder``. One word, such as ``close``, may be anybody's."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of the program's code."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(slots=True)
class CodeNames:
    """The names in a program's code.

    Args:
        libraries: the libraries that it imports.
        places: where each name is.
        imported: names that it imports from a library; ``*`` stands for all.
        bare: names that stand alone, not after a point.
        clients: what it calls its connection: names to which ``IB()`` is assigned, or that are annotated so.
        owned: names after a point, by what stands before it.
        unread: files that are not read, with the reason.
    """

    libraries: set[str] = field(default_factory=set)
    places: defaultdict[str, list[Place]] = field(default_factory=lambda: defaultdict(list))
    imported: set[str] = field(default_factory=set)
    bare: set[str] = field(default_factory=set)
    clients: set[str] = field(default_factory=set)
    owned: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    unread: dict[Path, str] = field(default_factory=dict)

    def used(self, public: frozenset[str]) -> Mapping[str, tuple[Place, ...]]:
        """Return the names of a library that the code uses, in order.

        A name of one word counts only if it is imported, or belongs to the connection: it may be anybody's.

        Args:
            public: the library's public names.
        """
        ours = self.imported | (self.bare if "*" in self.imported else set())
        ours = ours.union(*(self.owned[client] for client in {*self.clients, _CLIENT}))
        ours = {name for name in self.places if name in public and (name in ours or is_distinct(name))}
        return {name: tuple(sorted(set(self.places[name]))) for name in sorted(ours, key=str.lower)}


def is_distinct(name: str) -> bool:
    """Return whether a name is so long that it is a library's own."""
    return not name.startswith("_") and _OF_TWO_WORDS.search(name) is not None


def names_in(paths: Iterable[Path]) -> CodeNames:
    """Return the names in Python files, and in those of folders.

    Raises:
        UsageError: a path does not exist, or no file imports one of the libraries.
    """
    found = CodeNames()
    for path in paths:
        for file in files_in(path):
            _read(file, found)
    if not found.libraries:
        raise UsageError(
            f"no file imports {', '.join(sorted(LIBRARIES))}", hint="Name the files or folders of your program."
        )
    return found


def files_in(path: Path) -> Iterator[Path]:
    """Yield a file, or the Python files of a folder that are the program's own.

    Raises:
        UsageError: it does not exist.
    """
    if not path.exists():
        raise UsageError(f"{path}: there is no such file or folder")
    if path.is_file():
        yield path
        return
    for file in sorted(path.rglob("*.py")):
        folders = file.relative_to(path).parts[:-1]
        if not any(each in NOT_THE_PROGRAM or each.startswith(".") for each in folders):
            yield file


def _read(file: Path, found: CodeNames) -> None:
    try:
        tree = ast.parse(file.read_bytes(), str(file))
    except (SyntaxError, ValueError, RecursionError, MemoryError, OSError) as problem:
        found.unread[file] = f"{type(problem).__name__}: {problem}"
        return
    for node in ast.walk(tree):
        for name in _names(node, found):
            found.places[name].append(Place(file, getattr(node, "lineno", 1)))


def _names(node: ast.AST, found: CodeNames) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            found.libraries |= {each.name.partition(".")[0] for each in names} & LIBRARIES
        case ast.ImportFrom(module=str(module), names=names, level=0) if module.partition(".")[0] in LIBRARIES:
            found.libraries.add(module.partition(".")[0])
            found.imported |= {each.name for each in names}
            yield from (each.name for each in names)
        case ast.Name(id=name):
            found.bare.add(name)
            yield name
        case ast.Attribute(attr=name, value=owner):
            found.owned[_name(owner)].add(name)
            yield name
        case ast.keyword(arg=str(name)):
            yield name
        case ast.Assign(targets=targets, value=ast.Call(func=called)) if _name(called) == _CLIENT:
            found.clients |= {_name(target) for target in targets}
        case ast.AnnAssign(target=target, annotation=kind) if _name(kind) == _CLIENT:
            found.clients.add(_name(target))
        case ast.arg(arg=name, annotation=ast.expr() as kind) if _name(kind) == _CLIENT:
            found.clients.add(name)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):  # a wrapper's method, such as openOrder
            yield name
        case _:
            pass


def _name(node: ast.expr) -> str:
    """Return the last name of an expression: ``ib`` of ``ib`` and of ``self.ib``; empty if it has none."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
            return name
        case ast.Call(func=called):
            return _name(called) if _name(called) == _CLIENT else ""
        case _:
            return ""


def names_of_source(file: Path) -> frozenset[str]:
    """Return the names of two words in one of our own files.

    Raises:
        InputError: it cannot be read.
    """
    found = CodeNames()
    _read(file, found)
    if found.unread:
        raise InputError(f"{file}: {found.unread[file]}")
    return frozenset(name for name in found.places if is_distinct(name))
