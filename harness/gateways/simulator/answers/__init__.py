"""Answers requests as a Gateway does; one module for each family of requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.gateways.simulator.answers import (
    accounts,
    clock_and_ids,
    contracts,
    depth,
    exercise,
    historical_bars,
    interruptions,
    market,
    news,
    option_computations,
    orders,
    past_ticks,
    placing,
    real_time_bars,
    reference,
    scanner,
    services,
    settings,
    sizes,
    summary,
    tick_by_tick,
)
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.answers.refusals import RefusedError, not_valid
from harness.gateways.simulator.client import Answer, Client
from harness.shared import desupport_text
from harness.wire.message import Message, UnknownMessage

UNREADABLE = 320
UNREADABLE_TEXT = "Error reading request. "
"""Error code: a request could not be read; how its text begins is captured."""

READ_ONLY_CAUSE = "The API interface is currently in Read-Only mode."
REFUSED_READ_ONLY = frozenset(
    {
        *("place_order", "cancel_order", "req_global_cancel", "exercise_options"),
        *("req_all_open_orders", "req_auto_open_orders", "req_completed_orders", "req_open_orders", "req_ids"),
    }
)
"""What a Gateway in read-only mode refuses (captured, or seen by users; an exercise: inferred)."""

_FAMILIES = (
    *(clock_and_ids, accounts, summary, contracts, orders, placing, reference, scanner, services, settings),
    *(market, tick_by_tick, depth, real_time_bars, historical_bars, past_ticks, option_computations, news, exercise),
)
_ANSWERS: Mapping[str, Answer] = {name: answer for family in _FAMILIES for name, answer in family.ANSWERS.items()}


def answer(request: Message | UnknownMessage, client: Client) -> Iterator[Message]:
    """Yield the messages that a Gateway sends back, in order; none for a cancellation."""
    if isinstance(request, UnknownMessage) or request.name not in _ANSWERS:
        what = request.id if isinstance(request, UnknownMessage) else request.name
        text = f"{UNREADABLE_TEXT}Message {what} is not simulated"
        return iter((error(UNREADABLE, text),))
    if client.behaviour.read_only and request.name in REFUSED_READ_ONLY:
        return iter((not_valid(request, client, READ_ONLY_CAUSE),))
    refused = sizes.refusal(request, client)
    if refused is not None:
        return iter((refused,))
    return _answered(request, client)


def _answered(request: Message, client: Client) -> Iterator[Message]:
    try:
        yield from _said_first(request, client)
        if (yield from interruptions.before(request, client)):
            yield from _ANSWERS[request.name](request, client)
    except RefusedError as refused:
        yield refused.message


def _said_first(request: Message, client: Client) -> Iterator[Message]:
    if request.name == client.behaviour.loses_connectivity_on:
        yield from (error(int(str(row["code"])), str(row["text"])) for row in client.truth.connectivity)


def greeting(client: Client) -> Iterator[Message]:
    """Yield what follows START_API: working orders, accounts, next valid id, then the notices, desupport last."""
    truth = client.truth
    yield from orders.at_start(client)
    yield clock_and_ids.managed_accounts(client)
    yield clock_and_ids.next_valid_id(client)
    if client.conditions is None:
        yield from (error(int(str(notice["code"])), str(notice["text"])) for notice in truth.notices)
    else:
        yield from client.conditions.notices()
    yield from (error(notice.code, notice.text) for notice in client.behaviour.notices)
    ends = (client.conditions.desupport if client.conditions else None) or truth.desupport
    if ends is not None:
        yield error(desupport_text.CODE, ends.text)
