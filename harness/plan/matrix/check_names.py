"""The checks that exist, as a matrix file names them; the standard library only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.checks.all import CHECKS as _CHECKS
from harness.checks.all import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable

CHECKS = NAMES

ALWAYS = frozenset(check.name for check in _CHECKS if check.always)
"""Asked whatever the matrix file lists: without them nothing is known, and nothing is left clean."""


def in_order(listed: Iterable[str]) -> tuple[str, ...]:
    """The listed checks and those always asked, each once, in the order in which they are asked."""
    wanted = ALWAYS.union(listed)
    return tuple(check for check in CHECKS if check in wanted)
