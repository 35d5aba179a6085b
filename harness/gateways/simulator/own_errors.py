"""Says what a client is told where the simulator itself fails: never that the client is at fault."""

from __future__ import annotations

from harness.gateways.simulator.answers.notices import NO_REQUEST
from harness.wire.hello import Hello
from harness.wire.message import Message, UnknownMessage

_TEXT = "The simulator of ib-compat failed when it made an answer, which is its own error: {}"
_LONGEST_REASON = 300
"""Characters of what went wrong that the client is told; the log has all."""


class OwnError(Exception):
    """The simulator could not make what it was to send. It is logged already, and is not the client's fault."""

    def __init__(self, problem: Exception) -> None:
        super().__init__(f"{type(problem).__name__}: {problem}"[:_LONGEST_REASON])


def words_of(failure: OwnError) -> str:
    """Return the text of the error that a client gets."""
    return _TEXT.format(failure)


def name_of(heard: Hello | Message | UnknownMessage) -> str:
    """Return what the log calls what a client sent."""
    if isinstance(heard, UnknownMessage):
        return f"message {heard.id}"
    return heard.name if isinstance(heard, Message) else "hello"


def id_in(heard: Hello | Message | UnknownMessage) -> int:
    """Return the id of a request, or of the order that it is about."""
    values = heard.values if isinstance(heard, Message) else {}
    number = values.get("req_id", values.get("order_id"))
    return number if isinstance(number, int) else NO_REQUEST
