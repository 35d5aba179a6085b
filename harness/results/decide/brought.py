"""Answers about what brings a library along: not known until somebody measured it, and never passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness.results.decide.fitting import lacking
from harness.results.decide.libraries import adapters
from harness.results.decide.measuring import ask_libraries, table_lines
from harness.results.decide.upgrade_answer import Answer, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.results.decide.bringing import Bringer
    from harness.results.decide.libraries_used import Used
    from harness.results.decide.measured import Row
    from harness.results.decide.upgrade_answer import Question


def about_bringers(
    bringers: Sequence[Bringer], question: Question, python: str, rows: Sequence[Row], beside: Mapping[str, Used]
) -> Iterator[Answer]:
    """One answer for each that no row had, or had beside it.

    Args:
        bringers: packages of the user's file.
        question: what is asked.
        python: as ``3.11``.
        rows: the rows on that Python.
        beside: everything that the user's file names, by normalised name.
    """
    for each in bringers:
        if not _was_measured(each.used, rows, beside):
            yield Answer(
                library=str(each.used),
                python=python,
                outcome=Outcome.UNKNOWN,
                why=_why(each),
                measure=tuple(_measure(each, question, python, beside)),
            )


def _was_measured(used: Used, rows: Sequence[Row], beside: Mapping[str, Used]) -> bool:
    """Whether a row was of it, or had it beside it, in an environment like the user's."""
    own = any(row.name == used.name for row in rows)
    return own or any(used.name in _names(row) and not lacking(row, beside) for row in rows)


def _names(row: Row) -> set[str]:
    return {str(canonicalize_name(Requirement(extra).name)) for extra in row.extras}


def _why(bringer: Bringer) -> str:
    brings = bringer.brings
    if brings is None:
        return f"by its name it may bring a library of IBKR's API, and it could not be looked up: {bringer.why}"
    what = f"installs {', '.join(brings.installs)}" if brings.installs else f"uses {', '.join(brings.uses)}"
    return f"it {what} ({brings.source}), and no run had it"


def _measure(bringer: Bringer, question: Question, python: str, beside: Mapping[str, Used]) -> Iterator[str]:
    """What to add to the matrix file: a row of it, or of what it uses with it beside."""
    used, brings = bringer.used, bringer.brings
    if brings is None or used.index or (used.version is None and brings.installs):
        return
    pinned = f"{used.name}{used.specifier}"
    for adapter in brings.installs:
        yield from table_lines(adapter=adapter, distribution=used.name, versions=[str(used.version)], pythons=[python])
        yield from ask_libraries(f"{used.name}=={used.version}", (*question.today, *question.after))
    for name in () if brings.installs else brings.uses:
        library = beside.get(name)
        if name in adapters() and library is not None and library.version is not None:
            label = f"{name}-with-{used.name}"
            keys = {"adapter": adapters()[name], "distribution": name, "name": label}
            yield from table_lines(**keys, versions=[library.version], extra=[pinned], pythons=[python])
            yield from ask_libraries(f"{label}=={library.version}", (*question.today, *question.after))
