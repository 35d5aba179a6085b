"""Contains the checks: every module here is one check, with its ``CHECK``, and is found by scanning.

CONTRIBUTING.md lists what else changes if a check needs a request that no adapter has yet.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.checks.check import Check


def _found() -> Iterator[Check]:
    for module in pkgutil.iter_modules(__path__):
        check: Check = importlib.import_module(f"{__name__}.{module.name}").CHECK
        yield check


CHECKS: tuple[Check, ...] = tuple(sorted(_found(), key=lambda check: (check.phase, check.name)))
"""Every check in the order in which a cell is asked."""

BY_NAME = {check.name: check for check in CHECKS}
NAMES = tuple(BY_NAME)
