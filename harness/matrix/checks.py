"""The checks that exist, in the order in which they are asked; the standard library only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

CHECKS = (
    "install",
    "import",
    "tcp",
    "version",
    "ready",
    "current_time",
    "account_summary",
    "account_updates",
    "account_updates_multi",
    "positions",
    "open_orders",
    "completed_orders",
    "executions",
    "reconnect",
    "close",
)

ALWAYS = frozenset({"install", "import", "tcp", "version", "ready", "close"})
"""Asked whatever the matrix file lists: without them nothing is known, and nothing is left clean."""


def in_order(listed: Iterable[str]) -> tuple[str, ...]:
    """The listed checks and those always asked, each once, in the order in which they are asked."""
    wanted = ALWAYS.union(listed)
    return tuple(check for check in CHECKS if check in wanted)
