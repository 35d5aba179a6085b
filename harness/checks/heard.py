"""Reads from a cell's transcript what the gateway answered, so that a check can say what the library should have read.

A check declares which messages answer its request and how its detail follows from them (`Check.heard`), in the shape
of `Check.expected`. This works with every gateway, because it is what the gateway really sent.
`harness.results.answers.truth_sent` has the transcript.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from harness.checks.expected import UNKNOWN, AnyOf, Instant, Records
from harness.shared.moments import moment as moment_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from harness.checks.expected import Expected, Unknown
    from harness.checks.truth import Values


class NotHeardError(Exception):
    """The transcript does not show what a check should have read; the message says why."""


@dataclass(frozen=True)
class Answer:
    """A request that a check sent, and the gateway's answer; rows are the values of messages, by name.

    ``rows`` came between the request and the end of its answer, in their order, and bear its number where such messages
    bear one. ``beside`` may be read as part of the answer and need not be: what came right before the request, after
    the end, or with another number while the check lasted.
    """

    request: Values
    rows: Mapping[str, Sequence[Values]]
    beside: Mapping[str, Sequence[Values]]

    def only(self, name: str) -> Values:
        """Return the first message of a name; raise `NotHeardError` if none came."""
        if not self.rows.get(name):
            raise NotHeardError(f"no {name} arrived")
        return self.rows[name][0]


class Heard(Protocol):
    """What was sent during a check, on the connection of its requests."""

    def answers(self, request: str) -> list[Answer]:
        """Return the answers to the requests of a name that the check sent, in their order.

        `NotHeardError` if it sent none, if an answer did not end, or if it could not be read completely.
        """

    def requests(self, name: str) -> list[Values]:
        """Return the requests of a name that the check sent, whatever became of them."""

    def feeds(self, request: str, cancel: str) -> list[Answer]:
        """Return what came to the subscriptions that the check made with one request and ended with another.

        What came too late for the library to read it, before it ended the subscription or after, is ``beside``.
        """

    def session(self, name: str) -> list[Values]:
        """Return the messages of a name from the hello until the end of the check."""

    def during(self, name: str) -> list[Values]:
        """Return the messages of a name that came during the check."""


def told(
    key: tuple[str, ...], answers: Iterable[Answer], name: str, make: Callable[[Values], Mapping[str, Expected]]
) -> Records:
    """Make the records of the messages of one name; ``make`` makes one of them."""
    given = list(answers)
    return Records(
        key=key,
        rows=tuple(make(row) for answer in given for row in answer.rows.get(name, ())),
        beside=tuple(make(row) for answer in given for row in answer.beside.get(name, ())),
        repeats=True,
    )


def account_value(row: Values) -> Mapping[str, Expected]:
    """Make the record of a value of an account; the summary calls its key a tag."""
    tag = row["tag"] if "tag" in row else row["key"]
    return {
        "account": str(row.get("account", "")),
        "tag": str(tag),
        "value": str(row.get("value", "")),
        "currency": str(row.get("currency", "")),
    }


def any_of(values: Iterable[Expected]) -> Expected:
    """Return a truth that an answer meets if it equals any of the values."""
    different = list(dict.fromkeys(values))
    return different[0] if len(different) == 1 else AnyOf(tuple(different))


def accounts_of(messages: Iterable[Values]) -> Iterator[tuple[str, ...]]:
    """Yield the accounts of each list of accounts."""
    for message in messages:
        yield tuple(account for account in str(message.get("accounts", "")).split(",") if account)


def moment(wire: str) -> Instant | Unknown:
    """Return the moment of a time that the gateway wrote.

    A clock without a zone belongs to an unknown computer: nothing that the gateway sent says whose. A zone of which
    this computer has no data cannot be placed either.
    """
    here, elsewhere = (moment_of(wire, dt.timezone(dt.timedelta(hours=hours))) for hours in (0, 1))
    return UNKNOWN if here is None or here != elsewhere else Instant(here, wire)
