"""Parses a worker's ready line: what the import of the row's library gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.results.evidence_file import check_record
from harness.shared.errors import WorkerError
from harness.shared.evidence import CheckRecord, Resolved, VersionRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The ready line, checked.

    Args:
        imported: the import check; if it did not pass, the worker takes no jobs.
        announced: the protocol versions that the library announces.
        resolved: what is installed, its Python, and where that finds time zone data
            (`harness.shared.moments`).
        exclusive: the worker cannot share its import, so every cell needs one of its own.
    """

    imported: CheckRecord
    announced: VersionRange | None
    resolved: Resolved | None
    exclusive: bool


def read_ready(message: Mapping[str, Any]) -> Ready:
    """Read the line's JSON form.

    Raises:
        KeyError, TypeError, ValueError: it is not a ready line as ``docs/architecture.md`` describes it.
        WorkerError: no package of the row's name is installed.
    """
    if message["event"] != "ready":
        raise ValueError(message["event"])
    announced = message["announced"]
    return Ready(
        imported=check_record(message["import"]),
        announced=None if announced is None else VersionRange(**announced),
        resolved=_resolved(message),
        exclusive=bool(message["exclusive"]),
    )


def _resolved(message: Mapping[str, Any]) -> Resolved | None:
    python, zone_data, resolved = message["python"], message["zone_data"], message["resolved"]
    if resolved is None:
        return None
    if resolved["version"] is None:  # a file, folder or repository may hold a package of another name
        name = resolved["distribution"]
        hint = "Give the name of its package as `distribution` of the [[library]] in the matrix file."
        raise WorkerError(f"no package called {name} is installed in this environment", hint=hint)
    return Resolved(**resolved, python=python, zone_data=zone_data)
