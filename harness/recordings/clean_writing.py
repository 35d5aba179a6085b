"""Cleans entries and writes them to the part file of a recording; to another one as they are, if that is wanted."""

from __future__ import annotations

import getpass
import socket
from collections import Counter
from contextlib import suppress
from typing import Protocol

from harness.recordings.part_file import PartFile
from harness.recordings.recording import Entry, Framed, Greeted, Omitted
from harness.wire.message import Sender


class Cleans(Protocol):
    """Replaces what is personal in entries that are given in order."""

    def clean(self, entry: Entry) -> Entry:
        """Return the entry without anything personal, or an `Omitted` in its place."""
        ...


class CleanWriter:
    """Cleans entries and keeps them.

    Args:
        cleaner: cleans what goes to ``part``.
        part: what is kept of it.
        raw: the file for what is not cleaned; ``None`` if there is none.
    """

    def __init__(self, cleaner: Cleans, part: PartFile, raw: PartFile | None = None) -> None:
        self._cleaner = cleaner
        self._part = part
        self._raw = raw
        self.frames = 0
        self.omitted: Counter[str] = Counter()
        """How many messages are not in the recording, by reason."""

    def write(self, entry: Entry) -> None:
        """Take the next entry; it is in the files after :meth:`flush`.

        Raises:
            UnwritableError: a file takes no more.
        """
        if self._raw is not None:
            self._raw.write(entry)
        self._part.write(self._counted(self._cleaned(entry)))

    def flush(self) -> None:
        """Write what was taken; raises as :meth:`write`."""
        self._part.flush()
        if self._raw is not None:
            self._raw.flush()

    def _cleaned(self, entry: Entry) -> Entry:
        try:
            return self._cleaner.clean(entry)
        except Exception as error:
            if not isinstance(entry, Framed | Greeted):
                raise
            sender, size = (
                (Sender.CLIENT, len(entry.data)) if isinstance(entry, Greeted) else (entry.sender, len(entry.payload))
            )
            why = f"an error of ib-compat's own kept it from being cleaned: {type(error).__name__}"
            return Omitted(at=entry.at, connection=entry.connection, sender=sender, size=size, why=why)

    def _counted(self, entry: Entry) -> Entry:
        if isinstance(entry, Framed):
            self.frames += 1
        elif isinstance(entry, Omitted):
            self.omitted[entry.why] += entry.count
        return entry


def names_here() -> list[str]:
    """Return the names of this machine and its user, which belong in no recording."""
    names = [socket.gethostname()]
    with suppress(OSError, KeyError, ImportError):  # nobody knows the user's name
        names.append(getpass.getuser())
    return [name for name in names if name]
