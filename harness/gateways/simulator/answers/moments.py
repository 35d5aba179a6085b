"""Reads the moments that clients write, and refuses those that are none.

Source of forms and texts: users' logs of 2024 to 2026, and IBKR's release notes of 10.18.
"""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

from harness.gateways.simulator.answers.notices import error
from harness.wire.message import Message

NO_MOMENT, NO_ZONE = 10314, 2174
_FORM = (
    " Date/Time: The date, time, or time-zone entered is invalid.\n"
    "The correct format is yyyymmdd hh:mm:ss xx/xxxx\n"
    "where yyyymmdd and xx/xxxx are optional.\n"
    "E.g.: 20031126 15:59:00 US/Eastern\n\n"
    "Note that there is a space between the date and time,\n"
    "and between the time and time-zone.\n\n"
    "If no date is specified, current date is assumed.\n"
    "If no time-zone is specified, local time-zone is assumed(deprecated).\n\n"
    "You can also provide yyyymmddd-hh:mm:ss time is in UTC.\n"
    "Note that there is a dash between the date and time in UTC notation."
)
_WITHOUT_ZONE = (
    "Warning: You submitted request with date-time attributes without explicit time zone. "
    "Please switch to use yyyymmdd-hh:mm:ss in UTC or use instrument time zone, like US/Eastern. "
    "Implied time zone functionality will be removed in the next API release"
)
_MOMENT = re.compile(
    r"(?P<date>\d{8})(?:(?P<dash>-)| +)(?P<time>\d{1,2}:\d{2}:\d{2})(?: +(?P<zone>[A-Za-z][A-Za-z0-9_+/-]*))?"
)


def read(text: str) -> dt.datetime:
    """Return the moment that a client wrote: ``20261120-20:30:00`` is UTC; without a zone it is this computer's.

    Raises:
        ValueError: it is none. A zone may be missing, a folder of zones, or longer than a file's name; a moment may be
            beyond what this computer can tell.
    """
    try:
        return _read(text)
    except (KeyError, OSError, OverflowError) as problem:
        raise ValueError(text) from problem


def _read(text: str) -> dt.datetime:
    found = _MOMENT.fullmatch(text.strip())
    if found is None or (found["dash"] and found["zone"]):
        raise ValueError(text)
    moment = dt.datetime.strptime(f"{found['date']} {found['time']}", "%Y%m%d %H:%M:%S")  # noqa: DTZ007 - its zone follows
    if found["dash"]:
        return moment.replace(tzinfo=dt.UTC)
    if found["zone"]:
        return moment.replace(tzinfo=ZoneInfo(found["zone"]))
    return moment.astimezone()


def refusal(request: Message, field: str, name: str) -> Message | None:
    """Return the refusal of a field that is no moment; ``None`` if it is one, or empty."""
    try:
        if text := request.text(field):
            read(text)
    except ValueError:
        return error(NO_MOMENT, f"{name}{_FORM}", request.number("req_id"))
    return None


def warning(request: Message, field: str) -> Message | None:
    """Return the warning of a moment that names no zone; ``None`` of any other. The request goes on."""
    found = _MOMENT.fullmatch(request.text(field).strip())
    if found is None or found["dash"] or found["zone"]:
        return None
    return error(NO_ZONE, _WITHOUT_ZONE, request.number("req_id"))
