"""What a Gateway answers to each request; one module a family of requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.protocol.message import Message, UnknownMessage
from harness.simulator.answers import accounts, orders, session
from harness.simulator.answers.notices import error
from harness.simulator.client import Answer, Client
from harness.simulator.truth import Truth, Values

UNREADABLE = 320
"""Error code: the server could not read an API client's request."""

_FAMILIES = (session, accounts, orders)
_ANSWERS: Mapping[str, Answer] = {name: answer for family in _FAMILIES for name, answer in family.ANSWERS.items()}


def answer(request: Message | UnknownMessage, client: Client) -> Iterator[Message]:
    """Yield the messages that a Gateway sends back, in order; none for a cancellation."""
    if isinstance(request, UnknownMessage) or request.name not in _ANSWERS:
        what = request.id if isinstance(request, UnknownMessage) else request.name
        text = f"Server error when reading an API client request: message {what} is not simulated"
        return iter((error(UNREADABLE, text),))
    return _ANSWERS[request.name](request, client)


def greeting(truth: Truth, extra_notices: tuple[Values, ...]) -> Iterator[Message]:
    """Yield what follows START_API: accounts, next valid id, then the notices."""
    yield truth.managed_accounts
    yield Message("next_valid_id", {"order_id": truth.next_order_id})
    for notice in (*truth.notices, *extra_notices):
        yield error(int(str(notice["code"])), str(notice["text"]))
