"""Finds the two versions that a user names, and builds their environments."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from harness.changes.answering import Side
from harness.cli.bisect_steps import row_named, version_of
from harness.cli.planning import builder_in
from harness.plan.matrix.environments import find_environments, is_as_asked
from harness.plan.matrix.rows import OLDEST_MINOR
from harness.results.decide.libraries import adapter_of
from harness.results.decide.package_index import IndexUnreachableError, index_url, read_releases
from harness.shared.errors import UsageError, WorkerError, nearest

if TYPE_CHECKING:
    from pathlib import Path

    from harness.plan.matrix.load import Matrix
    from harness.plan.matrix.rows import Row

_FAMILY = frozenset({"ib_async", "ib_insync"})
"""The libraries that share an API."""

_PYTHON = re.compile(r"3\.(?P<minor>\d{1,2})t?")

_NEWEST = 3
"""How many of the newest versions are named where none is like what was typed."""


def two_rows(before: str, after: str, matrix: Matrix, python: str | None, *, apart: bool = False) -> tuple[Row, Row]:
    """Return the rows of two versions, such as ``ib_async==2.1.0`` or ``ib_async==2.1.0/py3.13``.

    Args:
        before: the first.
        after: the second.
        matrix: has what else a version needs.
        python: the Python of those that name none.
        apart: whether they meet different gateways, so that they may be the same.

    Raises:
        UsageError: a word is no version, or the two cannot be compared.
    """
    rows = _row(before, matrix, python), _row(after, matrix, python)
    _refuse_pair(*rows, apart=apart)
    return rows


def _row(word: str, matrix: Matrix, python: str | None) -> Row:
    library, _, _ = word.partition("/py")
    distribution, equal, version = library.partition("==")
    if not equal or not version:
        raise UsageError(
            f"{word!r} is not a version of a library", hint="Write ib_async==2.1.0 or ib_async==2.1.0/py3.13."
        )
    adapter_of(distribution)
    version_of(version)
    row = row_named(word, matrix, None if "/py" in word else python, ())
    _refuse_python(row.python)
    return row


def _refuse_python(python: str) -> None:
    """Raise UsageError for what is no Python, or one that is too old for what runs beside the library."""
    found = _PYTHON.fullmatch(python)
    if found is None:
        raise UsageError(f"{python!r} is not a version of Python", hint="Write 3.12, or ib_async==2.1.0/py3.12.")
    if int(found["minor"]) < OLDEST_MINOR:
        raise UsageError(
            f"Python {python} is too old: what plays the situations needs 3.{OLDEST_MINOR} or newer",
            hint="Name a newer one with --python or as ib_async==2.1.0/py3.12.",
        )


def _refuse_pair(before: Row, after: Row, *, apart: bool) -> None:
    """Raise UsageError for two that cannot be compared."""
    if before.id == after.id and not apart:
        raise UsageError(
            f"{before.library} is given twice: nothing can change",
            hint="Name two versions, two Pythons as ib_async==2.1.0/py3.13, or --gateway twice.",
        )
    others = [row.library for row in (before, after) if row.adapter not in _FAMILY]
    if len(others) == 1:
        raise UsageError(
            f"{before.library} and {after.library} share no API, so no program moves from one to the other unchanged",
            hint="Name two versions of ib_insync and ib_async, or two of ibapi.",
        )


def built(rows: tuple[Row, Row], gateways: tuple[str, str], environments: Path, index: str | None) -> tuple[Side, Side]:
    """Return both rows with their environments, built where they are not there, and with their gateways.

    Raises:
        UsageError: a version does not exist, or this machine has no such Python.
        WorkerError: a version cannot be installed.
    """
    there = find_environments(environments, rows)
    for row in rows:
        if not is_as_asked(there.get(row.id), row):
            _refuse_version(row, index_url(index))
    asyncio.run(builder_in(environments, index=index).build(rows, lambda *_: None))
    there = find_environments(environments, rows)
    first, second = (
        Side(row=row, environment=there[row.id], gateway=gateway) for row, gateway in zip(rows, gateways, strict=True)
    )
    for side in (first, second):
        _refuse_environment(side)
    return first, second


def _refuse_version(row: Row, index: str) -> None:
    """Raise UsageError if the index has no such version; one that cannot be reached is for the installer to tell."""
    try:
        known = [str(each.version) for each in read_releases(index, row.distribution)]
    except IndexUnreachableError:
        return
    if str(version_of(row.version)) not in known:
        near = ", ".join(nearest(row.version, known) or known[-_NEWEST:])
        raise UsageError(f"{index} has no {row.distribution} {row.version}", hint=f"It has {near}.")


def _refuse_environment(side: Side) -> None:
    if side.environment.python is None:
        raise UsageError(
            f"{side.row.library}: no Python {side.row.python} on this machine",
            hint="Install it, or name an installed one with --python or as ib_async==2.1.0/py3.12.",
        )
    if not side.environment.installed:
        last = " ".join(side.environment.log.splitlines()[-1:])
        raise WorkerError(
            f"{side.row.library} could not be installed on Python {side.row.python}: {last}",
            hint=f"Its environment is {side.environment.folder}.",
        )
