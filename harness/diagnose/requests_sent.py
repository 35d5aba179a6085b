"""The requests that a check sent, and what became of them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from harness.checks.all import CHECKS
from harness.checks.check import Phase
from harness.shared.evidence import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.shared.evidence import CellOutcome, CheckRecord, Further, Request, WireFacts

GRAIN = 0.016 if sys.platform == "win32" else 0.0
"""Seconds by which two readings of the clock at one moment may differ: Windows moves it in steps. One check follows
another within less than a millisecond, so that there is nothing to give away elsewhere."""

_BY_NAME = {check.name: check for check in CHECKS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a check asks with.

    Args:
        name: of the request; empty where the check asks with several, or with none.
        ends: of each that was sent, the seconds until its answer ended; ``None`` where it never did.
        refused: of those that never ended, each met an error.
        why: that error, and what of the request it names.
        invalid: what is wrong with those that never ended; ``None`` where that is known of none.
        fields: those of them that are wrong, with what was sent in them.
        whole: nothing is missing of the transcript, and all of it can be read.
        indexed: of what is missing it is known which messages came, but not what they said.
        left_out: something is missing of it, or that was sent cannot be read, and nobody knows what.
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
        """Whether it was sent; a transcript of which something is missing cannot tell that it was not."""
        if self.ends:
            return True
        return False if self.name and not self.left_out else None

    @property
    def slowest(self) -> float | None:
        """Seconds after which all answers had ended; ``None`` where one never did."""
        return None if None in self.ends else max((end for end in self.ends if end is not None), default=None)

    def answered(self, timeout: float) -> str | None:
        """How it was answered: ``in-time``, ``late``, ``never``, or ``refused``; ``None`` where nobody knows.

        ``ended``: the end came in time, but of what came before not all was kept, so that it may be unreadable.
        """
        if not self.ends or not (self.whole or self.indexed):
            return None
        if self.slowest is None:
            return "refused" if self.refused else "never"
        if self.slowest >= timeout:
            return "late"
        return "in-time" if self.whole else "ended"


def sent_by(check: CheckRecord, outcome: CellOutcome, wire: WireFacts) -> Sent:
    """Find what a check sent, by when: other checks, and the library while it starts, send such requests, too.

    Where the times tell nothing, it is every request of that name.
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
    """Name the requests that were sent while a check lasted, and whose answers did not end while it did, or too late.

    Those on the connections that the check made count, too.

    A library may wait for one answer longer than for another, so that an answer may end while the check lasts and come
    too late all the same.
    """
    _, until = _lasted(check, outcome)
    beside = (request for each in connected(check, outcome, wire) for request in each.requests)
    sent = _sent_during(check, outcome, (*wire.requests, *beside))
    waits = (
        each for each in sent if each.after is None or each.after >= timeout or each.at + each.after > until + GRAIN
    )
    return list(dict.fromkeys(each.name for each in waits))


def barely(check: CheckRecord, outcome: CellOutcome, wire: WireFacts, timeout: float) -> bool:
    """Tell whether something that a library waited for while a check lasted came late, though in time.

    That is so long after it was asked for, or so shortly before the library had waited long enough, that less than half
    of its patience was left. The tap sees an answer before the library does, and between them lies a way, too, on which
    packets are delayed and lost: what came so late may have come too late, and nobody saw.
    """
    since, until = _lasted(check, outcome)
    beside = (request for each in connected(check, outcome, wire) for request in each.requests)
    sent = _sent_during(check, outcome, (*wire.requests, *beside))
    spans = [(each.at, each.at + each.after) for each in sent if each.after is not None]
    spans += [(wire.hello_at, wire.answered_at)] if starts(check) and wire.answered_at else []
    half, waited = timeout / 2, until - since
    return any(came - asked >= half or (waited >= half and until - came < half) for asked, came in spans)


def starts(check: CheckRecord) -> bool:
    """Tell whether a check is of the connect, and of what a library asks while it starts."""
    known = _BY_NAME.get(check.name)
    return known is not None and known.phase in {Phase.TCP, Phase.VERSION, Phase.READY}


def sent_broken(check: CheckRecord, outcome: CellOutcome, wire: WireFacts) -> bool:
    """Tell whether a request that nobody can read went out while a check lasted, and was not answered.

    Who does not answer that need not be at fault, and what the program waited for may be just this.
    """
    beside = (request for each in connected(check, outcome, wire) for request in each.requests)
    sent = _sent_during(check, outcome, (*wire.requests, *beside))
    return any(each.after is None and each.invalid in {Invalid.TYPE, Invalid.LAYOUT} for each in sent)


def flooded(check: CheckRecord, outcome: CellOutcome, wire: WireFacts) -> bool:
    """Tell whether the gateway had sent more than any does before a check was over."""
    return bool(wire.flood) and wire.flooded_at <= _lasted(check, outcome)[1]


def connected(check: CheckRecord, outcome: CellOutcome, wire: WireFacts) -> list[Further]:
    """Return the further connections that were opened while a check lasted."""
    since, until = _lasted(check, outcome)
    return [each for each in wire.further if since - GRAIN <= each.at <= until + GRAIN]


def _sent_during(check: CheckRecord, outcome: CellOutcome, requests: Iterable[Request]) -> Iterator[Request]:
    """Yield the requests that were sent between begin and end of a check; all where those are not known."""
    since, until = _lasted(check, outcome)
    yield from (each for each in requests if since - GRAIN <= each.at <= until + GRAIN)


def _lasted(check: CheckRecord, outcome: CellOutcome) -> tuple[float, float]:
    """Give when the check began and ended, in Unix seconds; the one that hung did not end."""
    if check.name == outcome.began and outcome.began_at is not None:
        return outcome.began_at, inf
    return (-inf, inf) if check.began is None else (check.began, check.began + check.seconds)
