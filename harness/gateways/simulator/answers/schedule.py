"""Answers requests for the sessions of a contract: bars of a day that show the schedule.

Source: IBKR's documentation: those before the end that is asked for, as far back as the duration goes, each whole
(inferred). In a market that stands still they are those of contract details, and the duration is not looked at.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from harness.gateways.simulator.answers import moments
from harness.gateways.simulator.answers.historical_refusals import no_data
from harness.gateways.simulator.bar_times import since
from harness.gateways.simulator.client import Client
from harness.gateways.simulator.sessions import Session
from harness.gateways.simulator.truth import Values
from harness.wire.message import Message


def told(request: Message, contract: Values, client: Client) -> Message:
    """Return the sessions, by the clock of the exchange; that no end of bars follows is inferred."""
    sessions = tuple(_before(request, contract, client))
    if not sessions:
        return no_data(request, contract)
    span = {"start": sessions[0]["start"], "end": sessions[-1]["end"]}
    zone = {"time_zone": contract["time_zone_id"]}
    return Message("historical_schedule", {"req_id": request["req_id"], **span, **zone, "sessions": sessions})


def _before(request: Message, contract: Values, client: Client) -> Iterator[Mapping[str, str]]:
    liquid = bool(request["use_rth"])
    session = client.prices.session(contract)
    if session is None:
        yield from _told_as_hours(str(contract["liquid_hours" if liquid else "trading_hours"]))
        return
    ends = moments.read(request.text("end")).timestamp() if request["end"] else client.now()
    begins = since(session, request.text("duration"), ends, liquid=liquid)
    yield from _traded(session, begins, ends, liquid=liquid)


def _traded(session: Session, begins: float, ends: float, *, liquid: bool) -> Iterator[Mapping[str, str]]:
    zone = ZoneInfo(session.zone)
    for span in session.spans(begins, ends, liquid=liquid):
        first, last = (dt.datetime.fromtimestamp(when, zone) for when in (span.begins, span.ends))
        yield {"start": _written(first), "end": _written(last), "ref_date": f"{span.day:%Y%m%d}"}


def _told_as_hours(hours: str) -> Iterator[Mapping[str, str]]:
    """Read hours such as ``20261120:0930-20261120:1600;20261121:CLOSED``; a session is of the day on which it ends."""
    for part in hours.split(";"):
        start, dash, end = part.partition("-")
        if dash:
            yield {"start": _moment(start), "end": _moment(end), "ref_date": end.partition(":")[0]}


def _moment(text: str) -> str:
    return _written(dt.datetime.strptime(text, "%Y%m%d:%H%M"))  # noqa: DTZ007 - it has no zone


def _written(moment: dt.datetime) -> str:
    return f"{moment:%Y%m%d-%H:%M:%S}"
