"""Says what the clients of a gateway asked, and what came of it: for a person, and as data."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from harness.programs.asked import Outcome
from harness.programs.remarks import remarks_of_asked
from harness.shared.amounts import counted
from harness.views.terminal.style import paragraph
from harness.wire.message import Sender

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.programs.asked import Asked, Connection, Notice

_NEEDS_WORDS = frozenset(
    {Outcome.REFUSED, Outcome.NOT_SIMULATED, Outcome.NOT_RECORDED, Outcome.KEPT_BACK, Outcome.UNREADABLE}
)
"""Outcomes that have an explanation."""


def asked_lines(asked: Asked, width: int) -> Iterator[str]:
    """What was asked, by client and request."""
    for connection in asked.connections:
        yield from _connection(connection, width)
    if asked.others:
        yield f"{counted(asked.others, 'connection')} said no hello of the TWS API"
    if asked.refused:
        yield f"the gateway took no connection, {counted(asked.refused, 'time')}"
    if not (asked.connections or asked.others or asked.refused):
        yield "nobody connected"
    for remark in remarks_of_asked(asked):
        yield from paragraph(remark.words, width)
    if not asked.whole:
        yield "it was too much to keep all, so there was more than is counted here"


def _connection(connection: Connection, width: int) -> Iterator[str]:
    spoke = f"server version {connection.server_version}" if connection.server_version else "no server version"
    client = "a client that named no id" if connection.client_id is None else f"client {connection.client_id}"
    ended = ", and the gateway ended the connection" if connection.ended_by is Sender.GATEWAY else ""
    yield from paragraph(f"{client}: speaks {_range(connection.speaks)}, {spoke}{ended}", width, hanging=0)
    if connection.held_back:
        yield from paragraph(f"ended: {connection.held_back}", width, indent=2, hanging=2)
    counts = Counter((request.name, request.outcome) for request in connection.requests)
    rows = [(name, str(count), outcome.value) for (name, outcome), count in counts.items()]
    drawn = tabulate(rows, tablefmt="plain", disable_numparse=True).splitlines() if rows else ()
    yield from (f"  {line}" for line in drawn)
    explained = (each for each in connection.requests if each.outcome in _NEEDS_WORDS)
    for words in dict.fromkeys(f"{each.name}{said(each.errors)}" for each in explained):
        yield from paragraph(words, width, indent=2, hanging=2)


def said(errors: Sequence[Notice]) -> str:
    """What a gateway said of a request, to be put behind its name."""
    return "".join(f": {error.code} {error.text}" for error in errors[:1])


def _range(versions: tuple[int, int]) -> str:
    return str(versions[0]) if versions[0] == versions[1] else f"{versions[0]}-{versions[1]}"


def asked_document(asked: Asked) -> dict[str, Any]:
    """The same as data."""
    return {
        "connections": [
            {
                "client_id": connection.client_id,
                "speaks": list(connection.speaks),
                "server_version": connection.server_version,
                "ready": connection.ready,
                "ended_by": None if connection.ended_by is None else connection.ended_by.value,
                "held_back": connection.held_back or None,
                "requests": list(_requests(connection)),
                "notices": [asdict(notice) for notice in connection.notices],
            }
            for connection in asked.connections
        ],
        "remarks": [asdict(each) for each in remarks_of_asked(asked)],
        "others": asked.others,
        "refused": asked.refused,
        "whole": asked.whole,
    }


def _requests(connection: Connection) -> Iterator[dict[str, Any]]:
    counts = Counter((each.name, each.outcome) for each in connection.requests)
    for (name, outcome), count in counts.items():
        errors = (
            error
            for each in connection.requests
            if (each.name, each.outcome) == (name, outcome)
            for error in each.errors
        )
        told = [asdict(error) for error in dict.fromkeys(errors)]
        yield {"name": name, "outcome": outcome.value, "count": count, "errors": told}
