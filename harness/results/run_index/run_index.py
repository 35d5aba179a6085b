"""Keeps runs in an SQLite file beside them, and knows which of them changed since they went in."""

from __future__ import annotations

from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from importlib.util import find_spec
from typing import TYPE_CHECKING

from harness.results.results_model import SCHEMA_VERSION
from harness.results.run_folder import JOURNAL, RESULTS
from harness.shared import private

_HAVE = find_spec("_sqlite3") is not None
"""Whether this Python was built with SQLite: one that somebody compiled may lack it."""

if TYPE_CHECKING or _HAVE:
    import sqlite3

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

UNUSABLE: tuple[type[Exception], ...] = (sqlite3.Error,) if _HAVE else ()
"""What every method of an index raises if its file cannot be used."""

FILE = ".index.sqlite"
"""The name of the file, in the folder of the runs."""

_FORMAT = 2
"""Raised when what is in the file is written otherwise; with the schema of results, it says who may read it."""

_BY = f"{_FORMAT}.{SCHEMA_VERSION}"

_WAIT = 5.0
"""Seconds to wait for somebody else who writes."""

# No number of a run is used again: somebody may be reading the run that had it.
_TABLES = """
CREATE TABLE made (by TEXT NOT NULL);
CREATE TABLE runs (id INTEGER PRIMARY KEY AUTOINCREMENT, folder TEXT NOT NULL UNIQUE, stamp TEXT NOT NULL);
CREATE TABLE words (id INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL UNIQUE, text TEXT NOT NULL);
CREATE TABLE parts (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    words INTEGER NOT NULL REFERENCES words,
    numbers TEXT NOT NULL,
    PRIMARY KEY (run, kind, name)
) WITHOUT ROWID;
"""


class Kind(IntEnum):
    """What a part of a run is."""

    RUN = 0
    PLAN = 1
    EXPECTATIONS = 2
    TIMELINE = 3
    NAMES = 4
    """The names of its gateways, programs and cells, in their order."""
    GATEWAY = 5
    PROGRAM = 6
    CELL = 7


HEAD = (Kind.RUN, Kind.PLAN, Kind.EXPECTATIONS, Kind.TIMELINE, Kind.NAMES)
"""What is read of every run; the rest is read when somebody asks for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPart:
    """A part of a run that goes into the index: the words of its JSON, and its numbers."""

    kind: Kind
    name: str = ""
    words: str
    numbers: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a run in the index. ``words`` is where its words are; equal ones are at the same place."""

    kind: Kind
    words: int
    numbers: str


class RunIndex:
    """The index of a folder of runs, open; every method raises one of ``UNUSABLE`` if the file cannot be used."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, results: Path) -> RunIndex:
        """Open the index of a folder of runs, and make it if there is none, or one of another version before this.

        Raises:
            sqlite3.Error: it cannot be used: it is damaged, locked, or of a version after this, or nothing can be
                written there.
        """
        file = results / FILE
        if file.is_symlink():  # it may point to a database of somebody else
            raise sqlite3.OperationalError(f"{file} is a link")
        with suppress(OSError):
            file.touch(mode=private.FILE_MODE)
        connection = sqlite3.connect(file, timeout=_WAIT, isolation_level=None)
        try:
            _prepare(connection)
        except sqlite3.Error:
            connection.close()
            raise
        return cls(connection)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def known(self, folder: Path) -> int | None:
        """Return the number of a run in the index; ``None`` if it is not there as it is now."""
        found = self._connection.execute("SELECT id, stamp FROM runs WHERE folder = ?", (folder.name,)).fetchone()
        return int(found[0]) if found is not None and found[1] == stamp_of(folder) else None

    def head(self, run: int) -> Iterator[Part]:
        """Yield the parts of a run that are read in any case."""
        query = "SELECT kind, words, numbers FROM parts WHERE run = ? AND kind <= ?"
        for kind, words, numbers in self._connection.execute(query, (run, max(HEAD))):
            yield Part(kind=Kind(kind), words=words, numbers=numbers)

    def part(self, run: int, kind: Kind, name: str) -> Part | None:
        """Return one part of a run."""
        query = "SELECT words, numbers FROM parts WHERE run = ? AND kind = ? AND name = ?"
        found = self._connection.execute(query, (run, kind, name)).fetchone()
        return None if found is None else Part(kind=kind, words=found[0], numbers=found[1])

    def words(self, place: int) -> str:
        """Return the words at a place."""
        found = self._connection.execute("SELECT text FROM words WHERE id = ?", (place,)).fetchone()
        if found is None:
            raise sqlite3.DatabaseError(f"words {place} are missing")
        return str(found[0])

    def add(self, folder: Path, stamp: str, parts: Iterable[NewPart]) -> int:
        """Add a run, or replace it, and return its number.

        Args:
            folder: its folder.
            stamp: what ``stamp_of`` said before it was read.
            parts: its parts.
        """
        with closing(self._connection.cursor()) as cursor, _writing(self._connection):
            cursor.execute("DELETE FROM runs WHERE folder = ?", (folder.name,))
            cursor.execute("INSERT INTO runs (folder, stamp) VALUES (?, ?)", (folder.name, stamp))
            run = int(cursor.lastrowid or 0)
            for part in parts:
                row = (run, part.kind, part.name, _words(cursor, part.words), part.numbers)
                cursor.execute("INSERT INTO parts VALUES (?, ?, ?, ?, ?)", row)
        return run

    def forget_others(self, folders: Iterable[Path]) -> None:
        """Remove the runs whose folders are gone, and words that no run has any more."""
        with closing(self._connection.cursor()) as cursor, _writing(self._connection):
            there = {folder.name for folder in folders}
            gone = [(name,) for (name,) in cursor.execute("SELECT folder FROM runs").fetchall() if name not in there]
            cursor.executemany("DELETE FROM runs WHERE folder = ?", gone)
            if gone:
                cursor.execute("DELETE FROM words WHERE id NOT IN (SELECT words FROM parts)")


@contextmanager
def _writing(connection: sqlite3.Connection) -> Iterator[None]:
    """Make one change of what is done; it first waits for whoever else writes, so that two at once do not fail."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def open_index(results: Path) -> RunIndex | None:
    """Return the index of a folder of runs, made anew if it is damaged; ``None`` if none can be used there."""
    if not _HAVE:
        return None
    with suppress(sqlite3.Error, OSError):
        try:
            return RunIndex.open(results)
        except (sqlite3.OperationalError, sqlite3.NotSupportedError):
            return None  # locked, of a later version, or in a folder that we may not write to
        except sqlite3.DatabaseError:
            (results / FILE).unlink()
            return RunIndex.open(results)
    return None


def _prepare(connection: sqlite3.Connection) -> None:
    """Make the tables if they are missing, or were made by an earlier version.

    Raises:
        sqlite3.Error: the file is not ours, or a later version made it.
    """
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")
    if _made(connection) == _BY:
        return
    with _writing(connection):
        if _made(connection) != _BY:  # nobody else was faster
            _refuse_later(_made(connection))
            _drop(connection)
            for statement in _TABLES.split(";\n"):
                connection.execute(statement)
            connection.execute("INSERT INTO made VALUES (?)", (_BY,))


def _made(connection: sqlite3.Connection) -> str | None:
    """Return by what the tables were made; ``None`` if there are none."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'made'").fetchone() is None:
        return None
    found = connection.execute("SELECT by FROM made").fetchone()
    return None if found is None else str(found[0])


def _refuse_later(made: str | None) -> None:
    mine, other = ([int(part) for part in by.split(".") if part.isdecimal()] for by in (_BY, made or ""))
    if other > mine:
        raise sqlite3.NotSupportedError(f"made by a later version ({made})")


def _drop(connection: sqlite3.Connection) -> None:
    for name in ("parts", "words", "runs", "made"):
        connection.execute(f"DROP TABLE IF EXISTS {name}")


def _words(cursor: sqlite3.Cursor, text: str) -> int:
    """Return the number of words, which are written once."""
    digest = sha256(text.encode()).digest()
    cursor.execute("INSERT OR IGNORE INTO words (digest, text) VALUES (?, ?)", (digest, text))
    return int(cursor.execute("SELECT id FROM words WHERE digest = ?", (digest,)).fetchone()[0])


def stamp_of(folder: Path) -> str:
    """Return what changes whenever the results of a run do: which file has them, its size, and when it was written."""
    for name in (RESULTS, JOURNAL):
        with suppress(OSError):
            seen = (folder / name).stat()
            return f"{name} {seen.st_size} {seen.st_mtime_ns}"
    return ""
