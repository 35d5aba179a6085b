"""Answers requests for the sessions of a contract: bars of a day that show the schedule.

Source: IBKR's documentation. The sessions are those of contract details; the duration is not looked at.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from harness.gateways.simulator.truth import Values
from harness.wire.message import Message


def told(request: Message, contract: Values) -> Message:
    """Return the sessions, by the clock of the exchange; that no end of bars follows is inferred."""
    hours = str(contract["liquid_hours" if request["use_rth"] else "trading_hours"])
    sessions = tuple(_sessions(hours))
    span = {"start": sessions[0]["start"], "end": sessions[-1]["end"]}
    zone = {"time_zone": contract["time_zone_id"]}
    return Message("historical_schedule", {"req_id": request["req_id"], **span, **zone, "sessions": sessions})


def _sessions(hours: str) -> Iterator[Mapping[str, str]]:
    """Read hours such as ``20261120:0930-20261120:1600;20261121:CLOSED``; a session is of the day on which it ends."""
    for part in hours.split(";"):
        start, dash, end = part.partition("-")
        if dash:
            yield {"start": _moment(start), "end": _moment(end), "ref_date": end.partition(":")[0]}


def _moment(text: str) -> str:
    return f"{dt.datetime.strptime(text, '%Y%m%d:%H%M'):%Y%m%d-%H:%M:%S}"  # noqa: DTZ007 - it has no zone
