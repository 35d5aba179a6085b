"""Contains the situations: every module here is one, with its ``SITUATION``, and is found by scanning.

One script uses what ib_insync and ib_async share, so it can be played with every version of both; another one, if there
is one, does the same with ibapi. Few have only that.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.situations.situation import Situation


def named(name: str) -> Situation:
    """Return one situation, with its name and what it does; imports no other."""
    module = importlib.import_module(f"{__name__}.{name}")
    situation: Situation = module.SITUATION
    return replace(situation, name=name, does=(module.__doc__ or "").strip().splitlines()[0])


def _found() -> Iterator[Situation]:
    for module in pkgutil.iter_modules(__path__):
        yield named(module.name)


def situations(adapter: str | None = None) -> tuple[Situation, ...]:
    """Return all, or those that a library can play, by name."""
    found = sorted(_found(), key=lambda situation: situation.name)
    return tuple(each for each in found if adapter is None or each.is_for(adapter))
