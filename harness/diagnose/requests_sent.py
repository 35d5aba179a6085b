"""Lists the requests that a check sent and what became of them, and knows which errors refuse which request.

``warnings.toml`` has the codes and their sources.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import inf
from typing import TYPE_CHECKING, Any

import tomllib

from harness.checks.all import CHECKS
from harness.checks.check import Phase
from harness.shared.evidence import Invalid
from harness.wire.message import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.shared.evidence import CellOutcome, CheckRecord, Further, Request, WireFacts

GRAIN = 0.016 if sys.platform == "win32" else 0.0
"""Seconds by which two readings of the clock at one moment may differ, because Windows moves it in steps. Elsewhere it
must be 0: one check follows another within less than a millisecond."""

_BY_NAME = {check.name: check for check in CHECKS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The requests of a check.

    Args:
        name: the name of the request; empty if the check sends several kinds, or none.
        ends: for each request that was sent, the seconds until its answer ended; ``None`` if it never did.
        refused: whether each request whose answer never ended met an error.
        why: that error, and the field that it names.
        invalid: what is wrong with the requests whose answer never ended; ``None`` if nothing is known to be.
        fields: their invalid fields, with the values that were sent.
        whole: whether the transcript is complete and readable.
        indexed: whether the names of the messages in its missing part are known, though not their values.
        left_out: whether unknown messages are missing from it, or the client sent something that cannot be read.
    """

    name: str
    ends: tuple[float | None, ...]
    refused: bool
    why: str
    invalid: Invalid | None
    fields: tuple[str, ...]
    whole: bool
    left_out: bool
    indexed: bool = False

    @property
    def asked(self) -> bool | None:
        """Whether the request was sent; ``None`` if it is not in a transcript that is incomplete."""
        if self.ends:
            return True
        return False if self.name and not self.left_out else None

    @property
    def slowest(self) -> float | None:
        """Seconds until the last answer ended; ``None`` if one never did."""
        return None if None in self.ends else max((end for end in self.ends if end is not None), default=None)

    def answered(self, timeout: float) -> str | None:
        """Return how the request was answered: ``in-time``, ``late``, ``never``, or ``refused``; ``None`` if unknown.

        ``ended`` means that the end came in time, but not all of the answer was kept, so that it may be unreadable.
        """
        if not self.ends or not (self.whole or self.indexed):
            return None
        if self.slowest is None:
            return "refused" if self.refused else "never"
        if self.slowest >= timeout:
            return "late"
        return "in-time" if self.whole else "ended"


def sent_by(check: CheckRecord, outcome: CellOutcome, wire: WireFacts) -> Sent:
    """Return the requests that a check sent.

    Other checks, and the library while it starts, send the same requests, so the time of the check selects them. If
    that selects none, every request of the name counts.
    """
    known = _BY_NAME.get(check.name)
    named = tuple(each for each in wire.requests if known is not None and each.name == known.asks)
    sent = tuple(_sent_during(check, outcome, named)) or named
    waiting = [each for each in sent if each.after is None]
    return Sent(
        name=known.asks if known else "",
        ends=tuple(each.after for each in sent),
        refused=all(each.refused is not None for each in waiting),
        why="; ".join(dict.fromkeys(each.why for each in waiting if each.why)),
        invalid=next((each.invalid for each in waiting if each.invalid), None),
        fields=tuple(dict.fromkeys(field for each in waiting for field in each.fields)),
        whole=wire.whole and not wire.unread,
        left_out=not (wire.whole or wire.indexed) or wire.unread_sent > 0,
        indexed=wire.indexed and not wire.unread,
    )


def unanswered(check: CheckRecord, outcome: CellOutcome, wire: WireFacts, timeout: float) -> list[str]:
    """Return the names of requests that were sent during a check and not answered in time.

    An answer is not in time if it ended after the check, or took ``timeout`` seconds or longer: a library may wait
    longer for one answer than for another, so an answer can be late although the check still lasts. Requests on
    connections that the check made count, too.
    """
    _, until = _lasted(check, outcome)
    beside = (request for each in connected(check, outcome, wire) for request in each.requests)
    sent = _sent_during(check, outcome, (*wire.requests, *beside))
    waits = (
        each for each in sent if each.after is None or each.after >= timeout or each.at + each.after > until + GRAIN
    )
    return list(dict.fromkeys(each.name for each in waits))


def barely(check: CheckRecord, outcome: CellOutcome, wire: WireFacts, timeout: float) -> bool:
    """Return whether something that a library waited for during a check came in time, but only just.

    That means that less than half of the timeout was left when the tap saw it. Packets may be delayed or lost between
    tap and library, so it may have reached the library too late.
    """
    since, until = _lasted(check, outcome)
    beside = (request for each in connected(check, outcome, wire) for request in each.requests)
    sent = _sent_during(check, outcome, (*wire.requests, *beside))
    spans = [(each.at, each.at + each.after) for each in sent if each.after is not None]
    spans += [(wire.hello_at, wire.answered_at)] if starts(check) and wire.answered_at else []
    half, waited = timeout / 2, until - since
    return any(came - asked >= half or (waited >= half and until - came < half) for asked, came in spans)


def starts(check: CheckRecord) -> bool:
    """Return whether a check is about the connection, including what a library requests while it starts."""
    known = _BY_NAME.get(check.name)
    return known is not None and known.phase in {Phase.TCP, Phase.VERSION, Phase.READY}


def sent_broken(check: CheckRecord, outcome: CellOutcome, wire: WireFacts) -> bool:
    """Return whether an unreadable request was sent during a check and not answered.

    The gateway need not be at fault if it does not answer such a request, and the library may have waited for it.
    """
    beside = (request for each in connected(check, outcome, wire) for request in each.requests)
    sent = _sent_during(check, outcome, (*wire.requests, *beside))
    return any(each.after is None and each.invalid in {Invalid.TYPE, Invalid.LAYOUT} for each in sent)


def flooded(check: CheckRecord, outcome: CellOutcome, wire: WireFacts) -> bool:
    """Return whether the gateway sent more than any gateway does, before a check was over or before it answered one.

    A library can give up before that much has come, if little processor time is left for the stream. What the gateway
    had not answered by then was not held up by this machine: all that it sent instead was read.
    """
    if not wire.flood:
        return False
    beside = (request for each in connected(check, outcome, wire) for request in each.requests)
    sent = _sent_during(check, outcome, (*wire.requests, *beside))
    waited = any(each.after is None and each.refused is None and each.invalid is None for each in sent)
    return waited or wire.flooded_at <= _lasted(check, outcome)[1]


def connected(check: CheckRecord, outcome: CellOutcome, wire: WireFacts) -> list[Further]:
    """Return the further connections that were opened during a check."""
    since, until = _lasted(check, outcome)
    return [each for each in wire.further if since - GRAIN <= each.at <= until + GRAIN]


def _sent_during(check: CheckRecord, outcome: CellOutcome, requests: Iterable[Request]) -> Iterator[Request]:
    """Yield the requests that were sent during a check; all of them if its times are unknown."""
    since, until = _lasted(check, outcome)
    yield from (each for each in requests if since - GRAIN <= each.at <= until + GRAIN)


def _lasted(check: CheckRecord, outcome: CellOutcome) -> tuple[float, float]:
    """Return when the check began and ended, in Unix seconds; a check that hung did not end."""
    if check.name == outcome.began and outcome.began_at is not None:
        return outcome.began_at, inf
    return (-inf, inf) if check.began is None else (check.began, check.began + check.seconds)


_SHOWN = 60
"""Most characters of a value that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One table of ``warnings.toml``; the file's head explains its keys."""

    code: int
    says: str
    requests: frozenset[str]
    unless: str | None

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Rule:
        """Read a table."""
        return cls(
            code=table["code"],
            says=table.get("says", "").lower(),
            requests=frozenset(table.get("requests", ())),
            unless=table.get("unless"),
        )

    def speaks_of(self, code: int, text: str) -> bool:
        """Return whether an error is of this rule."""
        return code == self.code and self.says in text.lower()

    def is_of(self, request: str) -> bool:
        """Return whether a request is of this rule, by its name."""
        return not self.requests or request in self.requests


@dataclass(frozen=True, slots=True)
class _Rules:
    notices: range
    invalid: frozenset[int]
    warns: tuple[Rule, ...]
    unnumbered: tuple[Rule, ...]


@cache
def _rules() -> _Rules:
    tables = tomllib.loads((resources.files("harness.diagnose") / "warnings.toml").read_text("utf-8"))
    return _Rules(
        range(tables["first"], tables["last"] + 1),
        frozenset(tables["invalid"]),
        tuple(map(Rule.of, tables["warns"])),
        tuple(map(Rule.of, tables["unnumbered"])),
    )


def only_warns(code: int, text: str, request: str, values: Mapping[str, Value]) -> bool:
    """Return whether an error with the number of a request is a warning, so that an answer follows."""
    if code in _rules().notices:
        return True
    return any(
        rule.speaks_of(code, text) and rule.is_of(request) and not (rule.unless and values.get(rule.unless))
        for rule in _rules().warns
    )


def may_refuse_unnumbered(code: int, text: str, request: str) -> bool:
    """Return whether an error with id -1 may refuse a request that has no number."""
    rule = next((rule for rule in _rules().unnumbered if rule.speaks_of(code, text)), None)
    return rule is not None and rule.is_of(request)


def is_invalid(code: int) -> bool:
    """Return whether an error says that a request cannot be read, or that something in it is wrong."""
    return code in _rules().invalid


def as_sent(name: str, value: Value) -> str:
    """Return a field with what was sent in it."""
    return f"{name} = {value!r:.{_SHOWN}}"


def named(text: str, values: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the fields of a request that an error names, with what was sent in them, as ``bar_size = '4 mins'``.

    A Gateway names a field in words ("bar size"), or quotes the value that it could not read.
    """
    said = " ".join(re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower()))
    found = [name for name in values if f" {name.replace('_', ' ')} " in f" {said} "]
    found += [name for name, value in values.items() if name not in found and _is_told(value, text)]
    whole = [name for name in found if not any(name != other and name in other.split("_") for other in found)]
    return tuple(as_sent(name, values[name]) for name in whole)


def _is_told(value: Value, text: str) -> bool:
    return isinstance(value, str) and len(value) > 1 and any(f"{mark}{value}{mark}" in text for mark in "'\"")
