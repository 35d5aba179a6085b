"""Where this Python finds the data of time zones; slim images and Windows have none."""

from __future__ import annotations

import zoneinfo
from pathlib import Path

KEY = "US/Eastern"
"""The zone that gateways write most. Debian 13 and Ubuntu 24.04 keep it in a package of its own, ``tzdata-legacy``."""

NONE = "none"


def zone_data() -> str:
    """Give the folder that has it, else ``tzdata`` for the package of that name on PyPI, else `NONE`."""
    for folder in zoneinfo.TZPATH:
        if Path(folder, *KEY.split("/")).is_file():
            return folder
    try:
        zoneinfo.ZoneInfo.no_cache(KEY)
    except (LookupError, ValueError, OSError):
        return NONE
    return "tzdata"
