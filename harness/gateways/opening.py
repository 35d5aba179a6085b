"""What a gateway is given while it is brought up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def _silent(_: str) -> None:
    """Tell nobody."""


def _unseen(_: str, __: float | None) -> None:
    """Show nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Where a gateway leaves what it has to show, and whom it tells how it comes up.

    Args:
        run: the id of the run, for what is started to be known by.
        folder: the run's folder; a gateway writes below ``gateways/<name>/``. ``None`` keeps nothing.
        note: told what a person should know, one line each.
        progress: told what takes long, in words, and how much of it is done, from 0 to 1 (``None`` where nobody knows);
            words that are empty say that it is over.
    """

    run: str = ""
    folder: Path | None = None
    note: Callable[[str], None] = _silent
    progress: Callable[[str, float | None], None] = _unseen
