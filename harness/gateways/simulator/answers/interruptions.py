"""Says what becomes of requests while a gateway's day interrupts it: no link, a broken or idle farm, another session.

Nothing of this happens without a day. Sources: users' logs and recordings of 2025 and 2026, where it is not said that
something is inferred.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping

from harness.gateways.simulator.answers.contracts import no_such_contract
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.answers.refusals import RefusedError
from harness.gateways.simulator.client import Client
from harness.gateways.simulator.days.conditions import Conditions, Waiting
from harness.gateways.simulator.days.farms import Farm, FarmKind, State, connecting, farm_of
from harness.gateways.simulator.streams import Kind
from harness.gateways.simulator.truth import meant
from harness.wire.message import Message

COMPETING, COMPETING_TEXT = 10197, "No market data during competing live session"
NO_HISTORY = 162
ELSEWHERE = "Historical Market Data Service error message:Trading TWS session is connected from a different IP address"
"""Captured: a request for bars while another session has the data."""
DISCONNECTED = (
    "Historical Market Data Service error message:HMDS server disconnect occurred.  Attempting reconnection..."
)
"""The code of a request without its farm is captured; the words are those of 165, in users' logs."""

_LINES: Mapping[str, Kind] = {
    "req_market_data": Kind.QUOTES,
    "req_market_depth": Kind.DEPTH,
    "req_real_time_bars": Kind.REAL_TIME_BARS,
    "req_tick_by_tick": Kind.TICKS,
}
_CANCELS: Mapping[str, Kind] = {name.replace("req_", "cancel_"): kind for name, kind in _LINES.items()}
_HISTORY = frozenset({"req_head_timestamp", "req_histogram", "req_historical_data", "req_historical_ticks"})
_DEFINITIONS = frozenset({"req_contract_data", "req_matching_symbols", "req_sec_def_opt_params"})


def before(request: Message, client: Client) -> Generator[Message, None, bool]:
    """Yield what comes before an answer, and return whether it comes now.

    Raises:
        RefusedError: it cannot be had.
    """
    conditions = client.conditions
    if conditions is None:
        return True
    if request.name in _CANCELS:
        return not conditions.forget(client, _CANCELS[request.name], request["req_id"])
    elif request.name in _DEFINITIONS:
        _refuse_definitions(request, conditions)
    elif request.name in _LINES or request.name in _HISTORY:
        return (yield from _of_farm(request, client, conditions))
    return True


def _refuse_definitions(request: Message, conditions: Conditions) -> None:
    """Know no contract while definitions cannot be had: 200 came for contracts that were known (users' logs)."""
    broken = any(farm.kind is FarmKind.DEFINITIONS for farm in conditions.farms(State.BROKEN))
    if not conditions.linked or broken:
        raise RefusedError(no_such_contract(request))


def _of_farm(request: Message, client: Client, conditions: Conditions) -> Generator[Message, None, bool]:
    contract = next(meant(request, client.truth.contract_details), None)
    if contract is None:
        return True
    kind = _LINES.get(request.name)
    farm = farm_of(contract, FarmKind.HISTORY if kind is None else FarmKind.MARKET)
    if not conditions.flows(farm.name):
        if kind is None:
            text = ELSEWHERE if conditions.taken and conditions.linked else DISCONNECTED
            raise RefusedError(error(NO_HISTORY, text, request.number("req_id")))
        yield from _waits(Waiting(client, kind, request, farm.name), conditions)
        return False
    yield from _woken(farm, client, conditions)
    if not request.values.get("snapshot") and (kind or request.values.get("keep_up_to_date")):
        client.streams.farms[kind or Kind.BARS, request.number("req_id")] = farm.name
    return True


def _waits(waiting: Waiting, conditions: Conditions) -> Generator[Message, None, None]:
    """Let a line wait; while another session has the data it is told so, and stays (captured)."""
    conditions.forget(waiting.client, waiting.kind, waiting.request["req_id"])
    conditions.waiting.append(waiting)
    if conditions.linked and conditions.taken:
        yield error(COMPETING, COMPETING_TEXT, waiting.request.number("req_id"))


def _woken(farm: Farm, client: Client, conditions: Conditions) -> Generator[Message, None, None]:
    """Wake an idle farm; everybody hears of it (captured: 2119 and 2104, or 2106 alone, before the answer)."""
    if conditions.state(farm) is not State.IDLE:
        return
    said = [connecting(farm)] if farm.kind is FarmKind.MARKET else []
    said.append(conditions.become(farm, State.OK))
    for other in client.desk.clients.values():
        if other is not client:
            other.outbox.put(said)
    yield from said
