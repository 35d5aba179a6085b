"""Reads what ``ib-compat changes --json`` wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.changes.change import Change, Group
from harness.shared.bounded_reading import parse_json, read_bytes
from harness.shared.errors import InputError

MOST_BYTES = 64 * 2**20


def read_changes(file: Path) -> tuple[tuple[str, str], tuple[Change, ...]]:
    """Return the two versions, and what changes between them.

    Raises:
        FileNotFoundError: there is no such file.
        InputError: it is something else.
    """
    document = parse_json(read_bytes(file, MOST_BYTES), str(file))
    try:
        versions = str(document["before"]["library"]), str(document["after"]["library"])
        return versions, tuple(map(_change, document["changes"]))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as problem:
        hint = "For example `ib-compat changes ib_async==1.0.3 ib_async==2.1.0 --json > changes.json`."
        raise InputError(f"{file}: is not what `ib-compat changes --json` writes", hint=hint) from problem


def _change(told: Any) -> Change:
    situations = tuple(map(str, told["situations"]))
    if not situations:
        raise ValueError("a change without a situation")
    return Change(
        group=Group(told["group"]),
        what=str(told["what"]),
        before=str(told["before"]),
        after=str(told["after"]),
        situations=situations,
    )
