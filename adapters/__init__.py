"""Drives the three libraries through one interface; runs inside a row's environment.

Imports only the standard library and the library under test: any other dependency would change what is measured.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapters.base import Adapter

NAMES = ("ib_async", "ib_insync", "ibapi")
"""The names of the adapters; each is named after the module that it drives."""


def load(name: str) -> Adapter:
    """Import the library that ``name`` stands for, and return its adapter.

    Raises:
        ValueError: the name is not in `NAMES`.
        Exception: whatever the library raises when it is imported.
    """
    if name not in NAMES:
        raise ValueError(f"unknown adapter {name!r}; there are: {', '.join(NAMES)}")
    module = importlib.import_module(f"adapters.{name}")
    adapter: Adapter = module.create()
    return adapter
