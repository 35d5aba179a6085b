"""Imports the row's library once, and reports what was imported and what is installed beside it.

Installed packages are read from the names of the ``.dist-info`` folders. ``importlib.metadata`` says the same, but its
import costs 25 ms of CPU, as much as a whole cell. It is used only if the folders do not say enough (an older kind of
installation).
"""

from __future__ import annotations

import re
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

import adapters
from harness.checks.check import Outcome, describe

if TYPE_CHECKING:
    from adapters.base import Adapter


@dataclass(frozen=True)
class Library:
    """The library of a row: ``adapter`` is None if the import failed; ``check`` says why."""

    check: Outcome
    adapter: Adapter | None
    announced: dict[str, int] | None
    resolved: dict[str, Any]


def import_library(adapter_name: str, distribution: str) -> Library:
    """Import the library behind the adapter; any error becomes the import check's reason.

    Warnings go into the check's detail, so ``-W error`` does not turn them into failures.
    """
    began, busy = perf_counter(), process_time()
    adapter, reason = None, None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            adapter = adapters.load(adapter_name)
            announced = vars(adapter.version_range())
        except Exception as error:  # noqa: BLE001 - a library may raise anything at import
            adapter, announced, reason = None, None, describe(error)
    seconds = perf_counter() - began
    said = [f"{each.category.__name__}: {each.message}" for each in caught]
    detail = {"cpu_seconds": round(process_time() - busy, 6), "warnings": said}
    check = Outcome("import", "fail" if reason else "pass", seconds, reason=reason, detail=detail)
    return Library(check, adapter, announced, _resolve(distribution, adapter))


def _resolve(distribution: str, adapter: Adapter | None) -> dict[str, Any]:
    found = installed()
    version = version_of(distribution, found)
    found.pop(normal(distribution), None)
    return {
        "distribution": distribution,
        "version": version,
        "module_version": adapter.module_version() if adapter is not None else None,
        "requirements": found,
    }


SUFFIX = ".dist-info"
"""Such a folder is called ``<name>-<version>.dist-info``, by the specification of installed projects."""


def installed() -> dict[str, str]:
    """Return the versions of all installed distributions by their normalised names."""
    found: dict[str, str] = {}
    for place in sys.path:
        folder = Path(place)
        if folder.is_dir():
            for entry in folder.glob(f"*{SUFFIX}"):
                name, _, version = entry.name.removesuffix(SUFFIX).rpartition("-")
                found.setdefault(normal(name), version)  # as for imports, the first place counts
    return dict(sorted(found.items()))


def version_of(distribution: str, among: dict[str, str]) -> str | None:
    """Return the version of one distribution, or None if it is not installed."""
    version = among.get(normal(distribution))
    if version is not None:
        return version
    from importlib import metadata  # noqa: PLC0415 - see the top of this module

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def normal(name: str) -> str:
    """Return a name in the form used for comparing: lower case, every run of ``-_.`` one dash."""
    return re.sub(r"[-_.]+", "-", name).lower()
