"""Defines every error that a user may see, with its exit code, and suggests similar names for hints."""

from __future__ import annotations

import difflib
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class ExitCode(IntEnum):
    """What the process says when it ends."""

    AS_EXPECTED = 0
    INCOMPATIBLE = 1
    WRONG_USE = 2
    HARNESS_FAILED = 3
    INTERRUPTED = 130


class IbCompatError(Exception):
    """Base of all errors that are shown without a traceback.

    The message says what happened and where; ``hint`` says what to do next.
    """

    exit_code: ExitCode = ExitCode.HARNESS_FAILED

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(IbCompatError):
    """The command line asks for something that does not exist or does not go together."""

    exit_code = ExitCode.WRONG_USE


class MatrixError(UsageError):
    """A matrix file is not right: names the file, the key, the value and what was expected."""


class SelectionError(UsageError):
    """A selection matches nothing; the hint names the nearest names."""


class NoSuchCellError(SelectionError):
    """A word means no cell of a run or a plan, or one that it leaves out; several are a different error."""


class ResultsError(IbCompatError):
    """There are no such results, they are of a newer schema, or nothing can be where they are to be written."""

    exit_code = ExitCode.WRONG_USE


class InputError(ResultsError):
    """What is read is not what it should be, or more than is read: a run that came from elsewhere may be anything."""

    exit_code = ExitCode.HARNESS_FAILED


class UnwritableError(ResultsError):
    """What is to be kept cannot be written: the disk is full, or nobody may write there."""

    exit_code = ExitCode.HARNESS_FAILED


class JournalError(IbCompatError):
    """What a run sees cannot be kept, or what an earlier one kept cannot be read."""


class GatewayError(IbCompatError):
    """A gateway could not be started or stopped: a port in use, an image missing."""


class WorkerError(IbCompatError):
    """The process that runs a row's cells could not be started or broke its contract."""


def nearest(word: str, words: Iterable[str], *, count: int = 3) -> list[str]:
    """The names most like ``word``, best first; without regard to case, since users type ids by hand."""
    by_folded = {known.casefold(): known for known in words}
    matches = difflib.get_close_matches(word.casefold(), by_folded, n=count, cutoff=0.4)
    return [by_folded[match] for match in matches]


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """``"; did you mean 'versions'?"``, or nothing if no name is similar."""
    names = nearest(word, words, count=1)
    return f"; did you mean {names[0]!r}?" if names else ""
