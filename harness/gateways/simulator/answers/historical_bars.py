"""Answers requests for historical bars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.gateways.simulator.answers import sizes
from harness.gateways.simulator.answers.clock_and_ids import nothing
from harness.gateways.simulator.answers.contracts import no_such_contract
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.client import Answer, Client
from harness.gateways.simulator.truth import Values, meant
from harness.wire.message import Message

NO_DATA = 162
"""Error code: the historical data service has an error message, this one being that it has nothing."""

END_SINCE = 196
"""Server version from which the end of bars is a message of its own."""


def no_data(request: Message, contract: Values) -> Message:
    """Return the refusal of history that there is none of."""
    shown = str(request.values.get("what_to_show", "TRADES")).title()
    what = f"{contract['symbol']}@{contract['exchange']} {shown}"
    text = f"Historical Market Data Service error message:HMDS query returned no data: {what}"
    return error(NO_DATA, text, request.number("req_id"))


def _bars(request: Message, client: Client) -> Iterator[Message]:
    """Yield all bars of the contract and the size; end and duration of the request are not looked at."""
    contract = next(meant(request, client.truth.contract_details), None)
    if contract is None:
        yield no_such_contract(request)
        return
    con_id, bar_size = contract["con_id"], request["bar_size"]
    series = next((one for one in client.truth.bars if (one.con_id, one.bar_size) == (con_id, bar_size)), None)
    if series is None:
        yield no_data(request, contract)
        return
    if client.server_version < sizes.SINCE:
        yield from sizes.warnings(series, request)
        series = series.without_fractions()
    clock = client.clock
    ends = (("start", series.start), ("end", series.end))
    span = {name: clock.text(when, series.time_zone) for name, when in ends}
    told = {**span, "req_id": request["req_id"]}
    yield Message("historical_data", {**told, "bars": series.written(clock, request.number("format_date"))})
    if client.server_version >= END_SINCE:
        yield Message("historical_data_end", told)


ANSWERS: Mapping[str, Answer] = {
    "cancel_historical_data": nothing,
    "req_historical_data": _bars,
}
