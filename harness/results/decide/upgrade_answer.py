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
    """Another version that works if the user's does not; if ``today`` too, it can be changed first."""

    row: Row
    today: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One library on one Python.

    Args:
        library: package and version, as the user's file or the results name them.
        python: as ``3.11``.
        outcome: its outcome.
        counts: whether it keeps the upgrade from being safe. Without a file, what does not work today does not, unless
            something more breaks: nobody can be using it.
        row: the row that stands for it, if one does.
        today: its cells with the gateways of today.
        after: its cells with the gateways of tomorrow.
        why: what is not known.
        measure: a command, or a line for the matrix file and a command, that would measure it.
        instead: another version that works.
        needs: what must be installed beside it, or beside what is used instead, that the file does not name.
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
    """The whole answer.

    ``by_file`` says that it is about what the user's file names, and not about every library of the results;
    ``desupports`` has the known ends of gateways, ``ending`` those of tomorrow's gateways for which that matters.
    ``unseen`` are packages of the file of which nobody could look up whether they bring a library along, each with why.
    ``matrix`` is the matrix file that the runs are of.
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
        """``WORKS`` if it is safe. Unknown counts as no, and so does an answer about nothing.

        To a gateway that IBKR is known to end nobody upgrades safely, whatever works with it until then.
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
    """The outcome, from its state today and its state with tomorrow's gateways."""
    if after is Standing.UNKNOWN:
        return Outcome.UNKNOWN
    if after is Standing.WORKS:
        return Outcome.WORKS if today is Standing.WORKS else Outcome.MENDED
    return Outcome.STAYS_BROKEN if today is Standing.BREAKS else Outcome.BREAKS
