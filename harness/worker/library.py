"""Imports the row's library once, and tells what was imported."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

import adapters
from harness.checks.outcome import Outcome, describe
from harness.worker.installed import installed, normal, version_of

if TYPE_CHECKING:
    from adapters.base import Adapter


@dataclass(frozen=True)
class Library:
    """The library of a row: ``adapter`` is None where the import failed; ``check`` says why."""

    check: Outcome
    adapter: Adapter | None
    announced: dict[str, int] | None
    resolved: dict[str, Any]


def import_library(adapter_name: str, distribution: str) -> Library:
    """Import the library behind the adapter; whatever goes wrong is the import check's reason.

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
