"""Says what a process of ours needs to be started."""

from __future__ import annotations

import os
from pathlib import Path

import harness


def environment() -> dict[str, str]:
    """Return an environment in which our package is found, however it was found here."""
    places = [str(Path(harness.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))}
