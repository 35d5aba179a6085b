"""Finds the rows' environments that the builder made; standard library only.

``harness.plan.environment_builder`` leaves ``ib-compat-row.json`` in each, as ``docs/architecture.md`` describes it.
Folders are found by that file and not by name.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.plan.matrix.rows import LATEST
from harness.shared.bounded_reading import read_json
from harness.shared.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.plan.matrix.rows import Row

MARKER = "ib-compat-row.json"

LOG_LINES = 15
"""How much of the installer's output is kept of a version that cannot be installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowEnvironment:
    """One row's environment.

    ``python`` is its interpreter, or ``None`` if the machine has no such Python. ``installed`` is false where pip
    failed, and ``log`` then holds its last lines. ``seconds`` is what the build took, ``built_at`` when it ended, in
    Unix seconds. ``cached``: it came from the installer's cache, because the package index was not reached.
    """

    row: str
    folder: Path
    requirements: tuple[str, ...]
    python: Path | None
    installed: bool
    seconds: float
    log: str
    built_at: float = 0.0
    cached: bool = False


def is_as_asked(environment: RowEnvironment | None, row: Row, *, newest: bool = False) -> bool:
    """Return whether a row may be asked in an environment as it is; what could not be installed is tried anew.

    Args:
        environment: the existing one, if any.
        row: the row that it was built for.
        newest: it was built just now, so that ``latest`` is still that.
    """
    return (
        environment is not None
        and environment.installed
        and environment.python is not None
        and environment.python.exists()
        and environment.requirements == row.requirements
        and (newest or row.version != LATEST)
    )


def leave_marker(
    folder: Path, row: Row, *, python: str | None, installed: bool, seconds: float, log: str, cached: bool = False
) -> None:
    """Say in an environment's folder what was built there, as ``docs/architecture.md`` shows it.

    Args:
        folder: the environment's; created if necessary.
        row: what was to be installed.
        python: its interpreter; ``None`` if this machine has none.
        installed: whether that could be installed.
        seconds: its duration.
        log: the installer's output; for a failure its last lines are kept.
        cached: it was installed from the installer's cache, because the package index was not reached.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "row": row.id,
        "requirements": list(row.requirements),
        "python": python,
        "installed": installed,
        "seconds": round(seconds, 3),
        "cached": cached,
        "log": "" if installed else "\n".join(log.splitlines()[-LOG_LINES:]),
    }
    (folder / MARKER).write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def find_environments(folder: Path, rows: Iterable[Row] = ()) -> dict[str, RowEnvironment]:
    """The environments under ``folder`` (nox's ``.nox``) by row id; a marker that cannot be read counts as not built.

    If several were built for one row, as from matrix files that install it with something else, the newest counts,
    and of those in which what ``rows`` ask for was to be installed, if there are any.
    """
    markers = sorted(folder.glob(f"*/{MARKER}"), key=lambda marker: marker.stat().st_mtime)
    found = (_read(marker) for marker in markers)
    known = [environment for environment in found if environment]
    asked = {(row.id, row.requirements) for row in rows}
    wanted = [each for each in known if (each.row, each.requirements) in asked]
    return {each.row: each for each in (*known, *wanted)}


def missing_interpreters(environments: Mapping[str, RowEnvironment]) -> dict[str, str]:
    """Row id to the reason why its cells are skipped, for the rows that no interpreter of this machine can run."""
    return {
        row: f"no Python {row.rpartition('/py')[2]} on this machine"
        for row, environment in environments.items()
        if environment.python is None
    }


def installed_in(environment: RowEnvironment) -> dict[str, str]:
    """What is in an environment: name and version of each package, by the names of its folders, and of ``python``."""
    found = {}
    places = ("lib/python*/site-packages", "Lib/site-packages")
    for package in (each for place in places for each in environment.folder.glob(f"{place}/*.dist-info")):
        name, _, version = package.name.removesuffix(".dist-info").partition("-")
        found[name.lower()] = version
    with suppress(OSError):
        for line in (environment.folder / "pyvenv.cfg").read_text("utf-8").splitlines():
            key, _, value = line.partition("=")
            if key.strip() in {"version", "version_info"}:
                found["python"] = value.strip()
    return dict(sorted(found.items()))


def environment_in(folder: Path) -> RowEnvironment | None:
    """The environment in a folder; ``None`` if there is none, or its marker cannot be read."""
    return _read(folder / MARKER)


def _read(marker: Path) -> RowEnvironment | None:
    try:
        return _environment(read_json(marker), marker.parent)
    except (OSError, InputError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _environment(data: Mapping[str, Any], folder: Path) -> RowEnvironment:
    python = data["python"]
    return RowEnvironment(
        row=data["row"],
        folder=folder,
        requirements=tuple(data["requirements"]),
        python=None if python is None else Path(python),
        installed=bool(data["installed"]),
        seconds=float(data.get("seconds", 0)),
        log=str(data.get("log", "")),
        cached=bool(data.get("cached", False)),
        built_at=(folder / MARKER).stat().st_mtime,
    )
