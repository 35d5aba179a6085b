"""Says what becomes of a request to which nothing was recorded."""

from __future__ import annotations

from harness.wire.catalogue import catalogue
from harness.wire.message import Message


def wants_answer(request: Message) -> bool:
    """Return whether a client would wait for what is not recorded."""
    kind = catalogue().by_name[request.name]
    if kind.cancels == "place_order":
        return True
    return bool(kind.ends or kind.answers) and not kind.is_cancel(request.values)


def bare_end(request: Message, version: int) -> Message | None:
    """Return the message that ends the answer to a request and says nothing else, such as `open_orders_end`.

    ``None`` if there is none: the time and a list of providers are answers themselves, and nobody may make them up.
    """
    kind = catalogue().by_name[request.name]
    if not kind.has_end(request.values):
        return None
    for name in kind.ends_at(version):
        fields = [field for field in catalogue().by_name[name].fields if field.const is None]
        if all(field.name in request.values for field in fields):
            return Message(name, {field.name: request[field.name] for field in fields})
    return None
