"""Holds each answer of a cell against all that is known of what it should be, and says which of that it differs from.

There are three: what the gateway sent, by the transcript (`harness.run.heard`); the truth of a simulated gateway; and
what was asked for (`Check.wanted`), such as the order that was placed. A library is at fault where it differs from what
it was sent. Where it does not, whoever sent that is the suspect: our simulator, or a real gateway.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.cell.checks import BY_NAME
from harness.cell.expected import HostClock, Records, Shape, Unknown
from harness.evidence import Against, CheckRecord
from harness.gateways.base import GroundTruth
from harness.run.compare import Difference, degraded, differences
from harness.run.same import Asked
from harness.status import Status

_WHY = {
    Against.BOTH: "not what the gateway sent",
    Against.WIRE: "not what the gateway sent",
    Against.CODEC: "not what the transcript seems to say",
    Against.SIMULATOR: "not the truth, and yet what the simulated gateway sent",
    Against.TRUTH: "not the truth",
    Against.ASKED: "not what was asked for",
    Against.CLOCK: "not what was asked for",
    Against.ASKED_UNSEEN: "not what was asked for",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of the answers that a cell should give; by check.

    Args:
        truth: of a simulated gateway; ``None`` where nobody can know.
        heard: what the gateway sent, where the transcript tells.
    """

    truth: GroundTruth | None
    heard: Mapping[str, Shape]


def held(checks: Iterable[CheckRecord], known: Known, asked: Asked) -> list[CheckRecord]:
    """Return the checks, ``degraded`` where they passed and their answer is not what it should be.

    The reason names the first difference; the detail has all of them (``differences``), the names of the fields that
    differ (``fields``), and what they differ from (``against``, one of `Against`).
    """
    given = list(checks)
    accounts = next((check.detail.get("accounts", ()) for check in given if check.name == "ready"), ())
    return [_held(check, known, asked, list(accounts)) for check in given]


def _held(check: CheckRecord, known: Known, asked: Asked, accounts: Sequence[str]) -> CheckRecord:
    if check.status is not Status.PASS or check.name not in BY_NAME:
        return check
    against, found = _found(check, known, asked, accounts)
    if not found:
        return check
    fields = sorted({each.field for each in found})
    return degraded(check, found, _WHY[against], fields=fields, against=against.value)


def blamed(check: CheckRecord, against: Against) -> CheckRecord:
    """Return a check whose answer was found wrong, as one that differs from something else than it seemed to."""
    reason = (check.reason or "").replace(_WHY[Against(check.detail["against"])], _WHY[against], 1)
    return replace(check, reason=reason, detail={**check.detail, "against": against.value})


def _found(check: CheckRecord, known: Known, asked: Asked, accounts: Sequence[str]) -> tuple[Against, list[Difference]]:
    """Return what an answer differs from, and its differences from that."""
    sent = known.heard.get(check.name)
    by_wire = [] if sent is None else list(differences(sent, check.detail, replace(asked, heard=True)))
    if known.truth is None:
        return (Against.WIRE, by_wire) if by_wire else _unlike_asked(check, sent, asked, accounts)
    by_truth = list(differences(known.truth.get(check.name, {}), check.detail, asked))
    if not by_truth:
        return (Against.CODEC, by_wire) if by_wire else _unlike_asked(check, sent, asked, accounts)
    both = [each for each in by_truth if each.fact in {other.fact for other in by_wire}]
    if both:
        return Against.BOTH, by_truth
    return (Against.SIMULATOR if sent is not None and _tells(sent, by_truth) else Against.TRUTH), by_truth


def _tells(sent: Shape, found: Iterable[Difference]) -> bool:
    """Tell whether what was sent says something of every fact: then an answer that agrees with it was read rightly."""
    return all(_tells_of(sent, each) for each in found)


def _tells_of(sent: Shape, difference: Difference) -> bool:
    if not difference.where:
        return not isinstance(sent.get(difference.field, Unknown()), Unknown)
    return not any(
        isinstance(row.get(difference.field), Unknown)
        for value in sent.values()
        if isinstance(value, Records)
        for row in value.rows
    )


def _unlike_asked(
    check: CheckRecord, sent: Shape | None, asked: Asked, accounts: Sequence[str]
) -> tuple[Against, list[Difference]]:
    """Return what of an answer is not as it was asked for."""
    wanted = BY_NAME[check.name].wanted
    expected = wanted(accounts, check.detail) if wanted is not None else {}
    found = list(differences(expected, check.detail, asked))
    if sent is None or not _tells(sent, (each for each in found if each.field in sent)):
        return Against.ASKED_UNSEEN, found
    clock = any(isinstance(expected.get(each.field), HostClock) for each in found)
    return (Against.CLOCK if clock else Against.ASKED), found
