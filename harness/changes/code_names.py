"""Finds which names of a library a program's code uses, and where, without running it."""

from __future__ import annotations

import builtins
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.changes.code_reading import LIBRARIES, Mention, Place, Reading, read_code
from harness.shared.errors import InputError, UsageError

NOT_THE_PROGRAM = frozenset({"venv", "env", "node_modules", "site-packages", "build", "dist", "__pycache__"})
"""Folders that hold other people's code; so do those that begin with a point."""

_CLIENT = "IB"
"""The class of a connection in ib_insync and ib_async."""

_UTIL = "util"
"""The module of their helpers."""

MOST_BYTES = 4 * 2**20
"""Of a file of code. What is larger was written by a program: it is data."""

_NO_FILE = "it is no file: a pipe would wait for whoever writes into it"
_ALL = "*"
_BUILT_IN = frozenset(dir(builtins))

_OF_TWO_WORDS = re.compile(r"[a-z0-9][A-Z]|_[a-z]")
"""Matches names that are a library's own: ``whatIfOrder``. One word, such as ``close``, may be anybody's."""

Used = Mapping[str, tuple[Place, ...]]
"""Names of the library that the code uses, with their places."""


@dataclass(slots=True)
class CodeNames:
    """The names in a program's code.

    Args:
        read: what is in its files.
        unread: files that are not read, with the reason.
    """

    read: Reading = field(default_factory=Reading)
    unread: dict[Path, str] = field(default_factory=dict)

    def used(self, public: frozenset[str]) -> Used:
        """Return the names of a library that the code uses, in order.

        A name of one word counts only if it is imported, or follows what comes from the library, such as a connection
        or its ticker: it may be anybody's.

        Args:
            public: the library's public names.
        """
        theirs = self._theirs(public)

        def counts(each: Mention) -> bool:
            if is_distinct(each.name):
                return True
            return self._is_imported(each.name) if each.owner is None else each.owner in theirs

        return self._places(public, counts)

    def perhaps_used(self, public: frozenset[str]) -> Used:
        """Return the names of one word that follow something of which the code does not say where it comes from."""
        known = self._theirs(public) | self._coming_from(self.read.others)
        return self._places(public, lambda each: bool(each.owner) and each.owner not in known)

    def _places(self, public: frozenset[str], counts: Callable[[Mention], bool]) -> Used:
        found: defaultdict[str, set[Place]] = defaultdict(set)
        for each in self.read.mentions:
            name = self.read.imported.get(each.name, each.name) if each.owner is None else each.name
            if name in public and not name.startswith("_") and counts(each):
                found[name].add(each.place)
        return {name: tuple(sorted(found[name])) for name in sorted(found, key=str.lower)}

    def _is_imported(self, name: str) -> bool:
        of_all = _ALL in self.read.imported and name not in self.read.bound and name not in _BUILT_IN
        return name in self.read.imported or of_all

    def _theirs(self, public: frozenset[str]) -> set[str]:
        """Return what the code calls all that comes from the library."""
        alone = {each.name for each in self.read.mentions if each.owner is None and each.name in public}
        begin = {_CLIENT, *self.read.imported, *self.read.modules}
        begin |= {name for name in alone if self._is_imported(name)}
        begin |= {name for name in public if is_distinct(name)}
        return self._coming_from(begin if _UTIL in self.read.bound else {*begin, _UTIL})

    def _coming_from(self, begin: Iterable[str]) -> set[str]:
        """Return names with all that come from them, over however many steps."""
        comes: defaultdict[str, list[str]] = defaultdict(list)
        for name, stems in self.read.stems.items():
            for stem in stems:
                comes[stem].append(name)
        found = set(begin)
        waiting = list(found)
        while waiting:
            more = [name for name in comes.get(waiting.pop(), ()) if name not in found]
            found.update(more)
            waiting += more
        return found


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
        for file in files_in(path, found.unread):
            _read(file, found)
    if not found.read.libraries:
        raise UsageError(
            f"no file imports {', '.join(sorted(LIBRARIES))}", hint="Name the files or folders of your program."
        )
    return found


def files_in(path: Path, passed_over: dict[Path, str] | None = None) -> Iterator[Path]:
    """Yield a file, or the Python files of a folder that are the program's own.

    Args:
        path: a file or folder.
        passed_over: takes the files of the folder that are not yielded, with the reason.

    Raises:
        UsageError: it does not exist.
    """
    if not path.exists():
        raise UsageError(f"{path}: there is no such file or folder")
    if not path.is_dir():
        if path.is_file():
            yield path
        elif passed_over is not None:
            passed_over[path] = _NO_FILE
        return
    for file in sorted(path.rglob("*.py")):
        folders = file.relative_to(path).parts[:-1]
        if any(each in NOT_THE_PROGRAM or each.startswith(".") for each in folders) or file.is_dir():
            continue
        why = _why_not(file, path)
        if not why:
            yield file
        elif passed_over is not None:
            passed_over[file] = why


def _why_not(file: Path, folder: Path) -> str:
    """Return why a file of a folder is no code of it; empty if it is."""
    if not file.exists():
        return "it is a link that leads nowhere"  # or to itself, which Python before 3.13 does not resolve
    if file.is_symlink() and not file.resolve().is_relative_to(folder.resolve()):
        return "it is a link that leads out of the folder"
    return "" if file.is_file() else _NO_FILE


def _read(file: Path, found: CodeNames) -> None:
    try:
        if file.stat().st_size > MOST_BYTES:
            found.unread[file] = f"it has more than {MOST_BYTES // 2**20} MiB"
        else:
            read_code(file, found.read)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OSError) as problem:
        found.unread[file] = f"{type(problem).__name__}: {problem}"


def names_of_source(file: Path, without: range = range(0)) -> frozenset[str]:
    """Return the names of two words in one of our own files.

    Args:
        file: the file.
        without: numbers of lines that do not count.

    Raises:
        InputError: it cannot be read.
    """
    found = CodeNames()
    _read(file, found)
    if found.unread:
        raise InputError(f"{file}: {found.unread[file]}")
    counted = (each.name for each in found.read.mentions if each.place.line not in without)
    return frozenset(name for name in counted if is_distinct(name))
