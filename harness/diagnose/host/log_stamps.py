"""When a line of a log was written."""

from __future__ import annotations

from datetime import datetime, timedelta

from harness.known.local_gateways import known

_AHEAD = 60.0
"""Seconds that a line may be later than its file: clocks of file systems are coarse."""


def written_at(line: str, file_time: float) -> float | None:
    """Seconds since the epoch of a line's own time, ``None`` where it has none.

    The logs write the wall clock of the program without an offset; it is taken for the clock of this machine. A time
    without a day is of the day on which its file was last written (``file_time``, seconds since the epoch), or of the
    one before.
    """
    for pattern in known().logs.stamps:
        if match := pattern.match(line):
            said = match.groupdict()
            return _moment(said.get("date"), f"{said['time']}.{said['fraction'] or '000'}", file_time)
    return None


def _moment(date: str | None, time: str, file_time: float) -> float | None:
    day = date or datetime.fromtimestamp(file_time).astimezone().date().isoformat()
    try:
        moment = datetime.fromisoformat(f"{day} {time}")
    except ValueError:
        return None
    late = date is None and moment.timestamp() > file_time + _AHEAD
    return (moment - timedelta(days=1) if late else moment).timestamp()
