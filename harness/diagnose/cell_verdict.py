"""Finds the verdict on a cell from its checks, its transcript and the reference client."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import tomllib

from harness.checks.all import CHECKS
from harness.checks.check import CONNECTS, Phase
from harness.diagnose.install_failures import why_not_imported, why_not_installed
from harness.diagnose.red_cell import CellFacts, Red
from harness.diagnose.requests_sent import barely, connected, flooded, sent_broken, sent_by, starts, unanswered
from harness.diagnose.rule_words import way
from harness.diagnose.verdict_rules import Setting, decide
from harness.shared.amounts import duration
from harness.shared.evidence import Became, Ended, WireFacts, killed_from_outside
from harness.shared.moments import NO_ZONE_DATA
from harness.shared.status import Fault, Status

if TYPE_CHECKING:
    from harness.diagnose.verdict import Diagnosis
    from harness.shared.evidence import ProbeRecord

_PHASES = {
    Phase.INSTALL: "install",
    Phase.IMPORT: "import",
    Phase.TCP: "connect",
    Phase.VERSION: "connect",
    Phase.READY: "connect",
    Phase.CLOSE: "close",
}
_BY_NAME = {check.name: check for check in CHECKS}
_IN_USE, _READ_ONLY, _FRACTIONS = 326, 321, 10285
_FRACTIONS_SINCE = 163
"""The lowest server version that has fractional sizes; error 10285 names it."""
_READ_ONLY_WORDS = "read-only mode"
LATE = 0.25
"""Seconds by which our event loop may be late until a library's timeout proves nothing; libraries wait at least 3."""

_SHARE = 4
"""If our loop was late by more than one part in this many of a timeout, the timeout proves nothing about a gateway."""

_OF_TIME = frozenset({Status.TIMEOUT, Status.FAIL, Status.DEGRADED})
_UNWELL = "gateway-unwell"
"""The code of the cell's verdict that repeats the gateway's verdict."""
_MISNAMED = "other-version"
"""A healthy gateway with a wrong name: no cell is red because of that."""
_NOT_IN_TIME = frozenset({"never", "late"})
_NOT_ANSWERED = _NOT_IN_TIME | {"refused"}
_UNTOLD = "untold"
"""The installer failed with a message that does not explain why."""

_NO_SUCH_ZONE = "No time zone found with key"
"""What Python's zoneinfo says if it finds no data for a zone."""


def diagnose_cell(red: Red) -> Diagnosis:
    """Return the verdict on a cell that did not pass.

    A library is at fault only if the reference client passed on the same gateway before and after.
    """
    facts = facts_of(red)
    setting, words = Setting(product=red.product, system=""), _words(red)
    verdict = decide("cell", asdict(replace(facts, starved=False)), words, setting)
    told = facts.errors or facts.answered == "refused"  # the gateway said why, so time does not matter
    if (
        facts.starved
        and not told
        and (verdict.fault is Fault.LIBRARY or red.outcome.late >= red.connect_timeout / _SHARE)
    ):
        return decide("cell", asdict(facts), words, setting)
    unwell = facts.control in {"fails", "unstarted"} or verdict.code == _UNWELL
    if unwell and verdict.fault is Fault.GATEWAY:
        return replace(verdict, fault=(red.verdict and red.verdict.fault) or Fault.GATEWAY)
    return verdict


def facts_of(red: Red) -> CellFacts:
    """Return the facts about the cell."""
    probes = red.gateway.probes if red.gateway else ()
    failed = next((probe for probe in probes if not probe.passed), None)
    check = _BY_NAME.get(red.check.name)
    facts = CellFacts(
        status=red.check.status.value,
        stage=red.check.name,
        phase=_PHASES.get(check.phase, "request") if check else "",
        why=_why(red),
        control=_control(red),
        same_stage=failed is not None and _same_stage(failed, red.check.name),
        in_pieces=any(pieces > 1 for pieces in (*(probe.reply_pieces for probe in probes), _reply_pieces(red))),
        early=any(probe.early_frames for probe in probes),
        gateway=red.verdict.code if red.verdict and red.verdict.fault else "",
        unwell=red.verdict is not None and red.verdict.fault is not None and red.verdict.code != _MISNAMED,
        shared=red.shared,
        alike_passed=red.alike_passed,
        seen=_seen(red),
        starved=_starved(red),
        crowded=red.outcome.crowded,
        wrong=_wrong(red),
        errors=_errors(red),
        zones=_zones(red),
        ending=_ending(red),
        unproven=_unproven(red),
    )
    wire = red.outcome.wire
    return facts if wire is None else _with_wire(facts, wire, red)


def _why(red: Red) -> str | None:
    """Return why the library cannot be installed or imported, from the installer's or Python's message."""
    if red.check.name != "install":
        return why_not_imported(red.check.reason or "")
    if all(check.name != "install" for check in red.outcome.checks):
        return None  # a cell of which nothing came back is laid at its first check
    cause = why_not_installed(red.check.reason or "")
    return cause.name if cause else _UNTOLD


def _unproven(red: Red) -> bool:
    """Return whether the check is an error only because nothing says which version should have been negotiated."""
    check = _BY_NAME.get(red.check.name)
    of_version = check is not None and check.phase is Phase.VERSION and red.check.status is Status.ERROR
    return of_version and red.outcome.negotiated is not None and red.outcome.worker_error is None


def _zones(red: Red) -> str:
    if red.outcome.resolved is None or red.outcome.resolved.zone_data != NO_ZONE_DATA:
        return ""
    if _NO_SUCH_ZONE in (red.check.reason or ""):
        return "missing"
    check = _BY_NAME.get(red.check.name)
    return "perhaps" if check is not None and check.times and red.check.status is Status.TIMEOUT else ""


def _same_stage(failed: ProbeRecord, stage: str) -> bool:
    """Return whether the reference client stopped where a cell did.

    If the gateway ends connections at once, chance decides whether a client sees it at ``tcp`` or at ``version``.
    """
    at_once = {failed.stage, stage} <= {"tcp", "version"} and failed.ended in {Ended.CLOSED, Ended.RESET}
    return failed.stage == stage or at_once


def _reply_pieces(red: Red) -> int:
    return red.outcome.wire.reply_pieces if red.outcome.wire else 0


def _seen(red: Red) -> str:
    """Return how much was recorded of the first connection, and of those that the check made."""
    wire = red.outcome.wire
    if wire is None:
        return "none"
    further = all(each.whole for each in connected(red.check, red.outcome, wire))
    if wire.unread or wire.unread_sent or not further or not (wire.whole or wire.indexed):
        return "cut"
    return "whole" if wire.whole else "index"


def _control(red: Red) -> str:
    """Return how the reference client fared; it did not run if the gateway did not start."""
    probes = red.gateway.probes if red.gateway else ()
    if red.gateway is not None and red.gateway.boot is not None and red.gateway.boot.failure is not None:
        return "unstarted"
    if not probes:
        return "none"
    return "passes" if all(probe.passed for probe in probes) else "fails"


def _with_wire(facts: CellFacts, wire: WireFacts, red: Red) -> CellFacts:
    sent = sent_by(red.check, red.outcome, wire)
    answered = sent.answered(_patience(red))
    broken = sent_broken(red.check, red.outcome, wire)
    names = _unanswered(red, wire)
    tells_more = bool(names) and wire.started and sent.asked is not False and answered != "in-time"
    further = _further(red, wire)
    late = {answered, further} & _NOT_IN_TIME or (names and answered != "refused")  # what was refused was answered
    waited = bool(late) or not wire.reply
    return replace(
        facts,
        zones="" if facts.zones == "perhaps" and answered in _NOT_ANSWERED else facts.zones,
        hello=wire.hello,
        reply=wire.reply,
        started=wire.started,
        accounts=wire.accounts,
        next_valid_id=wire.next_valid_id,
        ended_by_gateway=wire.ended_by_gateway,
        asked=sent.asked,
        answered=answered,
        invalid=(sent.invalid or "") if answered in {"never", "refused"} else "",
        endless=flooded(red.check, red.outcome, wire),
        further=further,
        unanswered=None if broken else _some_unanswered(facts.seen, names),
        barely=not tells_more and barely(red.check, red.outcome, wire, _timeout(red)),
        far_library=not tells_more and not wire.to_client.is_good,
        far_gateway=waited and wire.to_gateway.may_cost >= _timeout(red) / 2,
    )


def _some_unanswered(seen: str, names: list[str]) -> bool | None:
    """Return whether some request was not answered in time; ``None`` if the transcript is too incomplete to tell."""
    if names and seen in {"whole", "index"}:
        return True
    return False if seen == "whole" else None


def _further(red: Red, wire: WireFacts) -> str | None:
    """Return the worst outcome of the connections that a check made beside or after the first."""
    check = _BY_NAME.get(red.check.name)
    made = connected(red.check, red.outcome, wire)
    if check is None or check.phase not in CONNECTS or not made:
        return None
    became = {each.became for each in made}
    for worst in (Became.ENDED, Became.NEVER, Became.IN_USE):
        if worst in became:
            return worst.value
    late = any(each.after is not None and each.after >= red.connect_timeout / 2 for each in made)
    return "late" if late else Became.READY.value


def _starved(red: Red) -> bool:
    """Return whether our own lateness may have caused what was seen, so that no timeout proves anything.

    A check that continued, and took less time than we were late, did not wait for us.
    """
    probes = red.gateway.probes if red.gateway else ()
    answered = bool(probes) and probes[0].passed
    went_on = red.check.status is Status.DEGRADED and red.check.seconds < red.outcome.late
    return (
        answered
        and red.outcome.late >= LATE
        and red.check.status in _OF_TIME
        and not went_on
        and "differences" not in red.check.detail
    )


def _unanswered(red: Red, wire: WireFacts) -> list[str]:
    return unanswered(red.check, red.outcome, wire, red.connect_timeout if starts(red.check) else _patience(red))


def _patience(red: Red) -> float:
    """Return the seconds after which an answer to a request of this check is too late."""
    check = _BY_NAME.get(red.check.name)
    return red.request_timeout * (check.waits if check else 1)


def _timeout(red: Red) -> float:
    """Return the seconds that a library waits for each answer while this check lasts, or for some of them longer."""
    return red.connect_timeout if starts(red.check) else red.request_timeout


def _wrong(red: Red) -> str:
    """Return what the answer differs from; empty if it is right or was not compared."""
    return str(red.check.detail.get("against", ""))


def _errors(red: Red) -> str:
    """Return the error that explains the failure: one that came during this check, or that only the transcript shows.

    An error during another check explains nothing here: a read-only API, for example, refuses only some requests.
    """
    own = [each.notice for each in red.outcome.notices if each.check in {None, red.check.name}]
    codes = {notice.code for notice in own} | (red.outcome.wire.errors if red.outcome.wire else set())
    if _IN_USE in codes:
        return "in-use"
    told = {(notice.code, notice.message) for notice in own} | set(_errors_beside(red))
    if any(code == _READ_ONLY and _READ_ONLY_WORDS in text.lower() for code, text in told):
        return "read-only"
    announced = red.outcome.announced
    too_old = announced is not None and announced.max < _FRACTIONS_SINCE
    return "fractions" if too_old and any(code == _FRACTIONS for code, _ in told) else ""


def _errors_beside(red: Red) -> Iterator[tuple[int, str]]:
    """Yield code and text of errors on the check's own connections, which no error callback of the cell reports."""
    wire = red.outcome.wire
    for each in connected(red.check, red.outcome, wire) if wire is not None else ():
        yield from each.errors


@cache
def _machine() -> tuple[tuple[str, re.Pattern[str]], ...]:
    tables = tomllib.loads((resources.files("harness.diagnose") / "machine.toml").read_text("utf-8"))["lacks"]
    return tuple((table["name"], re.compile(table["says"])) for table in tables)


def _ending(red: Red) -> str:
    """Return what ended the cell during this check, if neither library nor gateway did; empty otherwise."""
    lacks = next((name for name, pattern in _machine() if pattern.search(red.check.reason or "")), "")
    recorded = {(check.name, check.status) for check in red.outcome.checks}
    if lacks or (red.check.name, red.check.status) in recorded:
        return lacks
    if red.outcome.killed:
        return "deadline"
    return "killed" if killed_from_outside(red.outcome.exit_code) else ""


def _words(red: Red) -> Mapping[str, str]:
    wire = red.outcome.wire
    sent = sent_by(red.check, red.outcome, wire or WireFacts())
    return {
        "cell": f'"{red.cell}"',
        "reason": red.check.reason or "no reason was given",
        "stage": red.check.name,
        "client_id": str(red.client_id),
        "client_max": str(red.outcome.announced.max) if red.outcome.announced else "an unknown version",
        "gateway": f"{red.verdict.title} [{red.verdict.code}]" if red.verdict else "there is none",
        "asks": sent.name,
        "flood": wire.flood if wire else "",
        "unanswered": ", ".join(_unanswered(red, wire)) if wire else "",
        "late": duration(red.outcome.late),
        "to_library": way(wire.to_client) if wire else "",
        "to_gateway": way(wire.to_gateway) if wire else "",
        "refusal": sent.why or red.check.reason or "no reason was given",
        "fields": "; ".join(sent.fields) or "fewer fields than it should have",
        "after": "no time" if sent.slowest is None else duration(sent.slowest),
    }
