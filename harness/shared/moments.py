"""Converts times to moments, however a gateway wrote them or a library passed them on, and knows a Python's time zones.

`moment` is for the host: a row's environment may have no time zone data, and reports with `zone_data` whether it has.
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from pathlib import Path

USUAL_ZONE = "US/Eastern"
"""The zone that gateways write most. Debian 13 and Ubuntu 24.04 keep it in a package of its own, ``tzdata-legacy``."""

NO_ZONE_DATA = "none"

_WIRE = re.compile(r"(\d{8})(-|\s+)(\d\d:\d\d:\d\d)\s*(\S.*)?")
"""As gateways write a time: day, clock, and perhaps a zone; a dash between day and clock means UTC."""

_ISO = re.compile(r"\d{4}-\d\d-\d\dT")


def moment(text: str, local: dt.tzinfo | None = None) -> dt.datetime | None:
    """Return the moment in UTC that a time means, or None if it is not a time or its zone is unknown.

    Args:
        text: ``20260824 10:00:00 US/Eastern``, ``20260824-14:00:00`` (UTC), ``20260824  10:00:00``, or ISO 8601 with or
            without an offset.
        local: the zone of a clock that names none: the zone of the computer on which the library runs, as Python and
            the documentation of ib_insync and ib_async have it. None: this computer's.
    """
    try:
        clock = _read(text.strip())
        if clock is None:
            return None
        return _placed(clock, local).astimezone(dt.timezone.utc)
    except (ValueError, LookupError, OverflowError):  # no such moment, or a zone that nobody knows
        return None


def _read(text: str) -> dt.datetime | None:
    """Read day and clock, with the zone that follows them."""
    if _ISO.match(text):
        return dt.datetime.fromisoformat(text)
    found = _WIRE.fullmatch(text)
    if found is None:
        return None
    day, dash, clock, zone = found.groups()
    when = dt.datetime.strptime(f"{day} {clock}", "%Y%m%d %H:%M:%S")  # noqa: DTZ007 - the zone follows
    name = "UTC" if dash == "-" else zone
    return when.replace(tzinfo=zone_of(name)) if name else when


def _placed(clock: dt.datetime, local: dt.tzinfo | None) -> dt.datetime:
    return clock if clock.tzinfo is not None or local is None else clock.replace(tzinfo=local)


def zone_of(name: str) -> dt.tzinfo:
    """Return the zone of that name; raise `LookupError` or `ValueError` if there is none."""
    if name == "UTC":
        return dt.timezone.utc
    return zoneinfo.ZoneInfo(name)


def zone_data() -> str:
    """Return the folder of the zone data, else ``tzdata`` for the PyPI package of that name, else `NO_ZONE_DATA`."""
    for folder in zoneinfo.TZPATH:
        if Path(folder, *USUAL_ZONE.split("/")).is_file():
            return folder
    try:
        zoneinfo.ZoneInfo.no_cache(USUAL_ZONE)
    except (LookupError, ValueError, OSError):
        return NO_ZONE_DATA
    return "tzdata"
