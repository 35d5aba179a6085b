"""Reads the rules of trading: the files of ``data/trading/``."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import tomllib


@cache
def document(name: str) -> dict[str, Any]:
    """Return the tables of a file of ``data/trading/``."""
    file = resources.files("harness.gateways.simulator") / "data" / "trading" / f"{name}.toml"
    return tomllib.loads(file.read_text("utf-8"))
