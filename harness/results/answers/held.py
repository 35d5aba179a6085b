"""Compares each answer of a cell with everything that is known about it, and says what it contradicts.

There are three sources: what the gateway sent, according to the transcript (`harness.results.answers.truth_sent`); the
truth of a simulated gateway; and what was asked for (`Check.wanted`), such as the order that was placed. A library is
at fault if its answer differs from what it was sent. Otherwise the sender is the suspect: our simulator, or a real
gateway.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from harness.checks.all import BY_NAME
from harness.checks.check import NOTHING_CAME
from harness.checks.expected import AnyOf, Expected, HostClock, Instant, Records, Shape, Unknown
from harness.gateways.opened import GroundTruth
from harness.known.zones_of_times import ZONES_SINCE
from harness.results.answers.comparison import RECORD, Difference, degraded, differences, reason_of
from harness.results.answers.same import Asked
from harness.shared import not_recorded
from harness.shared.evidence import Against, CheckRecord
from harness.shared.status import Status

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
    """The right answers of a cell, as far as they are known.

    Args:
        truth: check to its right answer at a simulated gateway; ``None`` if unknown.
        heard: check to what the gateway sent, as far as the transcript shows it.
    """

    truth: GroundTruth | None
    heard: Mapping[str, Shape]


def held(checks: Iterable[CheckRecord], known: Known, asked: Asked) -> list[CheckRecord]:
    """Return the checks; one that passed with a wrong answer becomes ``degraded``.

    One that was skipped because nothing came is a ``timeout`` if the transcript shows that it did come.

    The reason names the first difference; the detail has all of them (``differences``), the names of the fields that
    differ (``fields``), and what they differ from (``against``, one of `Against`).
    """
    given = list(checks)
    accounts = _accounts(given, known)
    return [_held(check, known, asked, accounts) for check in given]


def _accounts(checks: Iterable[CheckRecord], known: Known) -> list[str]:
    """Return the accounts of the connection, from the transcript if it has them, else as the library read them."""
    sent = _plain(known.heard.get("ready", {}).get("accounts"), 0)
    told = next((check.detail.get("accounts") for check in checks if check.name == "ready"), None)
    found = sent or told
    return [str(each) for each in found] if isinstance(found, (list, tuple)) else []


def _held(check: CheckRecord, known: Known, asked: Asked, accounts: Sequence[str]) -> CheckRecord:
    if NOTHING_CAME in check.detail and check.name in known.heard:
        reason = f"{check.detail[NOTHING_CAME]}; the transcript shows that the gateway sent it"
        return replace(check, status=Status.TIMEOUT, reason=reason, detail={})
    if check.status is not Status.PASS or check.name not in BY_NAME:
        return check
    against, found = _found(check, known, asked, accounts)
    if not found:
        return check
    if asked.replayed and against is Against.WIRE:
        found, not_as_written = _without_times(known.heard[check.name], found, asked)
        if not found:
            return replace(check, status=Status.SKIPPED, reason=not_as_written, detail={})
    fields = sorted({each.field for each in found})
    return degraded(check, found, _WHY[against], fields=fields, against=against.value)


def _without_times(sent: Shape, found: Iterable[Difference], asked: Asked) -> tuple[list[Difference], str]:
    """Leave out differences in times that no gateway of this version writes as a replay does; say what is missing.

    A replay writes times as they were recorded. Below `ZONES_SINCE` they name no zone, so a library that old may read
    the name of one wrongly and be right at a gateway of its own version.
    """
    if asked.server_version is None or asked.server_version >= ZONES_SINCE:
        return list(found), ""
    why = f"times as a gateway of server version {asked.server_version} writes them"
    return [each for each in found if not _is_of_times(sent, each)], not_recorded.text_of(why)


def _is_of_times(sent: Shape, difference: Difference) -> bool:
    """Return whether a difference is in a time, or in a record that has one in its key."""
    if not difference.where:
        return isinstance(sent.get(difference.field), Instant)
    for value in sent.values():
        if isinstance(value, Records):
            names = value.key if difference.field == RECORD else (difference.field,)
            if any(isinstance(row.get(name), Instant) for row in value.rows for name in names):
                return True
    return False


def blamed(check: CheckRecord, against: Against) -> CheckRecord:
    """Return a check with a wrong answer after its ``against`` was replaced."""
    reason = reason_of(_WHY[against], check.detail["differences"])
    return replace(check, reason=reason, detail={**check.detail, "against": against.value})


def _found(check: CheckRecord, known: Known, asked: Asked, accounts: Sequence[str]) -> tuple[Against, list[Difference]]:
    """Return what an answer differs from, and the differences.

    What the gateway sent is examined first. If it is not what was asked for, it does not matter how it was read.
    """
    sent, truth = known.heard.get(check.name), (known.truth or {}).get(check.name, {})
    if sent is not None and (unlike := _sent_unlike(check.name, sent, asked, accounts, _clocks(truth))):
        return _of_the_gateway(check.name, unlike, ours=known.truth is not None), unlike
    by_wire = [] if sent is None else list(differences(sent, check.detail, replace(asked, heard=True)))
    by_truth = list(differences(truth, check.detail, asked))
    if by_wire and known.truth is None:
        return Against.WIRE, by_wire
    if by_wire and not by_truth:
        return Against.CODEC, by_wire
    if not by_truth:
        return Against.ASKED_UNSEEN, [] if sent is not None else _unlike(check.name, check.detail, asked, accounts)
    if {each.fact for each in by_truth} & {each.fact for each in by_wire}:
        return Against.BOTH, by_truth
    return (Against.SIMULATOR if sent is not None and _tells(sent, by_truth) else Against.TRUTH), by_truth


def _of_the_gateway(name: str, found: Iterable[Difference], *, ours: bool) -> Against:
    if ours:
        return Against.SIMULATOR
    wanted = BY_NAME[name].wanted
    clocks = _clocks(wanted([], {}) if wanted else {})
    return Against.CLOCK if any(each.field in clocks for each in found) else Against.ASKED


def _clocks(shape: Shape) -> set[str]:
    return {key for key, value in shape.items() if isinstance(value, HostClock)}


def _sent_unlike(
    name: str, sent: Shape, asked: Asked, accounts: Sequence[str], known: Collection[str] = ()
) -> list[Difference]:
    """Return where the gateway's answer differs from what was asked for; a field that it lacks is no difference.

    ``known`` names fields that the truth defines more precisely, such as the clock that a simulated gateway plays.
    """
    untold = {*known, *(key for key, value in sent.items() if isinstance(value, Unknown))}
    each = (one for detail in _as_details(sent) for one in _unlike(name, detail, asked, accounts))
    return list({one.fact: one for one in each if one.where or one.field in sent.keys() - untold}.values())


def _unlike(name: str, detail: Mapping[str, object], asked: Asked, accounts: Sequence[str]) -> list[Difference]:
    """Return where an answer differs from what was asked for."""
    wanted = BY_NAME[name].wanted
    return [] if wanted is None else list(differences(wanted(accounts, detail), detail, asked))


def _as_details(sent: Shape) -> Iterator[dict[str, object]]:
    """Yield what was sent in the form of a check's detail; several if the gateway sent several values."""
    several = max((len(value.values) for value in sent.values() if isinstance(value, AnyOf)), default=1)
    for place in range(several):
        yield {
            name: [_as_record(row) for row in value.rows] if isinstance(value, Records) else _plain(value, place)
            for name, value in sent.items()
        }


def _as_record(row: Mapping[str, Expected]) -> dict[str, object]:
    return {name: _plain(value, 0) for name, value in row.items()}


def _plain(value: object, place: int) -> object:
    if isinstance(value, AnyOf):
        return _plain(value.values[min(place, len(value.values) - 1)], place)
    if isinstance(value, Instant):
        return value.moment.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value


def _tells(sent: Shape, found: Iterable[Difference]) -> bool:
    """Return whether what was sent covers every fact, so that an answer that agrees with it was read correctly."""
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
