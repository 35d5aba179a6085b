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
"""How many lines of the installer's output are kept if a version cannot be installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowEnvironment:
    """One row's environment.

    ``python`` is its interpreter, or ``None`` if the machine has no such Python. ``installed`` is false if the
    installer failed; ``log`` then has its last lines. ``seconds`` is the duration of the build, ``built_at`` when it
    ended, in Unix seconds. ``cached`` says that the packages came from the installer's cache, because the package index
    could not be reached.
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
    """Return whether a row can use an environment as it is; after a failed installation it cannot.

    Args:
        environment: the existing environment, if any.
        row: the row.
        newest: whether it was built just now, so that its ``latest`` is still the latest.
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
    """Write into an environment's folder what was built there, in the format of ``docs/architecture.md``.

    Args:
        folder: the folder of the environment; created if necessary.
        row: the row that it is for.
        python: its interpreter; ``None`` if this machine has none.
        installed: whether the installation succeeded.
        seconds: the duration of the build.
        log: the installer's output; after a failure, its last lines are kept.
        cached: whether the packages came from the installer's cache, because the index could not be reached.
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
    """Return the environments under ``folder``, such as ``.nox``, by row id; without those whose marker is unreadable.

    Several may be there for one row, for example from matrix files that install other packages beside the library. Then
    the newest that has what ``rows`` ask for counts, or if none has, the newest.
    """
    markers = sorted(folder.glob(f"*/{MARKER}"), key=lambda marker: marker.stat().st_mtime)
    found = (_read(marker) for marker in markers)
    known = [environment for environment in found if environment]
    asked = {(row.id, row.requirements) for row in rows}
    wanted = [each for each in known if (each.row, each.requirements) in asked]
    return {each.row: each for each in (*known, *wanted)}


def missing_interpreters(environments: Mapping[str, RowEnvironment]) -> dict[str, str]:
    """Return row id to the reason why its cells are skipped, for rows whose Python this machine lacks."""
    return {
        row: f"no Python {row.rpartition('/py')[2]} on this machine"
        for row, environment in environments.items()
        if environment.python is None
    }


def installed_in(environment: RowEnvironment) -> dict[str, str]:
    """Return the version of each package in an environment, from the names of its folders, and that of ``python``."""
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
