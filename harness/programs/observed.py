"""Reads what the observer inside a Python program noted, and finds what it noted with one gateway or library only.

It decides nothing: what crosses the wire and what the program writes do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.programs.asked import Asked
from harness.shared.mask import Masker

_NUMBER = re.compile(r"0x[0-9a-fA-F]+|\d+")


class NoteKind(StrEnum):
    """What was noted."""

    LOG = "log"
    EXCEPTION = "exception"
    PENDING = "pending"
    FAILED = "failed"


_KINDS = frozenset(each.value for each in NoteKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that was noted in a program.

    Args:
        kind: what it is.
        where: the level and the logger; or the file and the line.
        text: the message's template; the exception; or the coroutine.
        count: how often, as far as it was counted: a program that is killed says no more than that it was.
        after: the request that was sent last before; empty if there was none.
    """

    kind: NoteKind
    where: str
    text: str
    count: int = 1
    after: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What is the same of the same in another run: numbers, such as those of lines, are not."""
        return self.kind.value, _NUMBER.sub("#", self.where), _NUMBER.sub("#", self.text)

    @property
    def words(self) -> str:
        """All of it, for a person."""
        at, times = f" at {self.where}" if self.where else "", f", {self.count} times" if self.count > 1 else ""
        after = f", after {self.after}" if self.after else ""
        if self.kind is NoteKind.LOG:
            return f"logs {self.where}: {self.text}{times}"
        if self.kind is NoteKind.PENDING:
            return f"leaves a task pending: {self.text}{at}{times}"
        if self.kind is NoteKind.FAILED:
            return f"observer failed: {self.where}: {self.text}"
        return f"does not catch {self.text}{at}{after}{times}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What was noted in a run of a program.

    Args:
        began: whether the observer began: not in what is no Python, or starts it with ``-I``, ``-E`` or ``-S``.
        notes: what was noted.
    """

    began: bool = False
    notes: tuple[Note, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """All of it, for a person."""
        return tuple(note.words for note in self.notes) if self.began else ("not observed",)


NOT_OBSERVED = Observed()


def read_notes(text: str, asked: Asked, *, opened: float, plain: Callable[[str], str]) -> Observed:
    """Return what an observer wrote; a line that was cut off, or that is none, is passed over.

    Args:
        text: as it was written.
        asked: what the program asked.
        opened: the moment from which the times of requests are counted, by the clock of the observer.
        plain: takes the folders of the run out of a text.
    """
    began, found = False, dict[tuple[str, str, str], Note]()
    masker = Masker()
    for line in text.splitlines():
        read = _read(line)
        if read is None:
            continue
        kind, where, said, at, count = read
        if kind == "began":
            began = True
        elif kind in _KINDS:
            where, said = masker.text(plain(where)), masker.text(plain(said))
            known = found.get((kind, where, said))
            after = _before(asked, at - opened) if known is None else known.after
            found[kind, where, said] = Note(
                kind=NoteKind(kind),
                where=where,
                text=said,
                count=max(count, known.count if known else 1),
                after=after,
            )
    return Observed(began=began, notes=tuple(found.values()))


def _read(line: str) -> tuple[str, str, str, float, int] | None:
    try:
        data = json.loads(line)
        return str(data["kind"]), str(data["where"]), str(data["text"]), float(data["at"]), int(data["count"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):  # a program may write there, too
        return None


def _before(asked: Asked, at: float) -> str:
    sent = max((each for each in asked.requests if each.at <= at), key=lambda each: each.at, default=None)
    return sent.name if sent else ""


def only_in(runs: Sequence[Observed | None], others: Iterable[Observed | None]) -> tuple[Note, ...]:
    """Return what was noted in all of some runs, and in none of others; nothing unless all were observed."""
    others = tuple(others)
    if not all(each is not None and each.began for each in (*runs, *others)):
        return ()
    here = [{note.key for note in _known(each)} for each in runs]
    there = {note.key for each in others for note in _known(each)}
    return tuple(
        note
        for note in _known(runs[0])
        if note.kind is not NoteKind.FAILED and note.key not in there and all(note.key in keys for keys in here)
    )


def _known(observed: Observed | None) -> Iterator[Note]:
    yield from observed.notes if observed is not None else ()
