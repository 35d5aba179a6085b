"""A matrix of two rows, and the environment of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.plan.matrix.environments import MARKER

if TYPE_CHECKING:
    from harness.plan.plan_model import Plan

MATRIX = """
[[library]]
adapter = "ib_async"
versions = ["2.1.0", "1.0.3"]
pythons = ["3.10"]

[[gateway]]
product = "gateway"
version = "10.45"
kind = "simulator"
"""
NEW, OLD = "ib_async==2.1.0/py3.10", "ib_async==1.0.3/py3.10"

Asked = list[tuple["Plan", Path, Path]]
"""What a scheduler was asked: each plan, the folder of environments, and the folder of the run."""


def build(row: str, **changes: Any) -> None:
    marker = {"row": row, "requirements": [], "python": "/python", "installed": True, "seconds": 1, "log": ""}
    environment = Path(".nox", row.replace("/", "-"))
    environment.mkdir(parents=True, exist_ok=True)
    (environment / MARKER).write_text(json.dumps({**marker, **changes}), encoding="utf-8")
