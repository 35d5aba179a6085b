"""Defines the records that answer whether a gateway may be upgraded."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from harness.results.decide.row_judging import Judgement, Standing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.results.decide.measured import Row
    from harness.results.decide.row_judging import Required
    from harness.results.results_model import DesupportInfo


class Outcome(StrEnum):
    """The outcome for a library."""

    WORKS = "works"
    MENDED = "will work"
    BREAKS = "breaks"
    STAYS_BROKEN = "stays broken"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """Another version that works after the upgrade; if it also works ``today``, it can be installed first."""

    row: Row
    today: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One library on one Python.

    Args:
        library: package and version, as the user's file or the results name them.
        python: the Python, such as ``3.11``.
        outcome: what the upgrade changes for the library.
        counts: whether it can make the upgrade unsafe. Without a user's file, a library that does not work today
            cannot, because nobody can be using it, except if something more breaks.
        row: the row that stands for the library, if there is one.
        today: its cells with today's gateways.
        after: its cells with tomorrow's gateways.
        why: what is unknown, and why.
        measure: the command, perhaps after a table for the matrix file, that would measure it.
        instead: another version that works.
        needs: what must be installed beside it, or beside ``instead``, that the file does not name.
    """

    library: str
    python: str
    outcome: Outcome
    counts: bool = True
    row: Row | None = None
    today: tuple[Judgement, ...] = ()
    after: tuple[Judgement, ...] = ()
    why: str = ""
    measure: tuple[str, ...] = ()
    instead: Instead | None = None
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """The answer for all libraries.

    ``by_file`` says that it is about the libraries in the user's file, not about all in the results. ``desupports`` has
    the known ends of gateway versions, ``ending`` those of tomorrow's gateways for which that matters. ``unseen`` has
    the packages of the file that could not be looked up, so that they may bring a library along, each with the reason.
    ``matrix`` is the matrix file of the runs.
    """

    today: tuple[str, ...]
    after: tuple[str, ...]
    answers: tuple[Answer, ...]
    by_file: bool
    desupports: Mapping[str, DesupportInfo] = field(default_factory=dict)
    ending: tuple[str, ...] = ()
    unseen: Mapping[str, str] = field(default_factory=dict)
    matrix: str | None = None

    @property
    def standing(self) -> Standing:
        """``WORKS`` if the upgrade is safe. If anything is unknown, or there is no library, it is not.

        An upgrade to a gateway version whose end IBKR has announced is never safe.
        """
        counting = {each.outcome for each in self.answers if each.counts}
        if self.ending or counting & {Outcome.BREAKS, Outcome.STAYS_BROKEN}:
            return Standing.BREAKS
        return Standing.UNKNOWN if not counting or Outcome.UNKNOWN in counting else Standing.WORKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: from which columns to which, on which Pythons, and which checks matter."""

    today: tuple[str, ...]
    after: tuple[str, ...]
    pythons: tuple[str, ...]
    wanted: Required


def outcome_of(today: Standing, after: Standing) -> Outcome:
    """Return the outcome, from how a library stands today and how it stands with tomorrow's gateways."""
    if after is Standing.UNKNOWN:
        return Outcome.UNKNOWN
    if after is Standing.WORKS:
        return Outcome.WORKS if today is Standing.WORKS else Outcome.MENDED
    return Outcome.STAYS_BROKEN if today is Standing.BREAKS else Outcome.BREAKS
