"""Finds the verdict on a gateway that a run met, or failed to start."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.diagnose.control import search as tries
from harness.diagnose.gateway_case import Case, diagnose
from harness.diagnose.gateway_facts import has_lost_ibkr
from harness.known.scenarios import ORDINARY
from harness.shared.evidence import ProbeRecord, Search

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.diagnose.verdict import Diagnosis
    from harness.plan.matrix.gateway_spec import GatewaySpec
    from harness.shared.evidence import BootRecord, GatewayOutcome


def diagnose_met(spec: GatewaySpec, met: GatewayOutcome) -> Diagnosis | None:
    """Return the verdict on a gateway of a run; ``None`` if the reference client never met it and it did not fail."""
    if met.boot is not None and met.boot.failure is not None:
        return diagnose_boot(spec, met.boot)
    if not met.probes:
        return None
    worst = _worst(met.probes)
    case = Case(
        host=met.host or spec.host,
        port=met.port or spec.port,
        found=_found(met, worst),
        view=met.view,
        product=spec.product,
        client_id=worst.client_id or spec.client_ids[1],
        declared=spec.machine.declared,
        system=spec.machine.system,
        answered_before=_passed_before(worst, met.probes),
        boot=met.boot,
        credential=spec.credential,
        called=called_by(spec, met.boot),
    )
    return diagnose(case)


def called_by(spec: GatewaySpec, boot: BootRecord | None) -> str | None:
    """Return a gateway's version, from its container or else the matrix file; ``None`` if it simulates another one."""
    if spec.kind == "simulator" and (spec.scenario is not None or spec.behaviour != ORDINARY):
        return None
    return boot.build if boot is not None and boot.build else spec.version


def _worst(probes: tuple[ProbeRecord, ...]) -> ProbeRecord:
    """Return the attempt that decides the verdict.

    That is one that failed, else one that reported a lost connection to IBKR, else one with requests, else the first.
    If several failed, it is the first after which none passed, else the first that failed.
    """
    last_passed = max((number for number, probe in enumerate(probes) if probe.passed), default=-1)
    failed = (probe for probe in (*probes[last_passed + 1 :], *probes) if not probe.passed)
    lost = (probe for probe in probes if has_lost_ibkr(probe))
    asked = (probe for probe in probes if probe.asked)
    return next(failed, None) or next(lost, None) or next(asked, probes[0])


def _found(met: GatewayOutcome, worst: ProbeRecord) -> Search:
    """Return the attempts of the reference client, with one that failed in the run as the plain one.

    A later attempt that passed does not undo the failure, so it counts as a further attempt. So does a search, which
    began a moment later with another client id.
    """
    if met.search is None:
        return Search(attempts=(replace(worst, when=tries.PLAIN), *_later(met.probes, worst)))
    if worst.passed or not met.search.plain.passed:
        return met.search
    more = tries.OTHER_IDS[0] if worst.stage == "ready" else tries.AGAIN
    plain, *rest = met.search.attempts
    return replace(met.search, attempts=(replace(worst, when=tries.PLAIN), replace(plain, when=more), *rest))


def _later(probes: tuple[ProbeRecord, ...], worst: ProbeRecord) -> Iterator[ProbeRecord]:
    """Yield the attempts after the one that failed, for example one that passed."""
    if worst.passed:
        return
    later = probes[probes.index(worst) + 1 :]
    if (shows := next((probe for probe in later if probe.passed), next(iter(later), None))) is not None:
        yield replace(shows, when=tries.AGAIN if shows.client_id == worst.client_id else tries.OTHER_IDS[0])


def _passed_before(worst: ProbeRecord, probes: tuple[ProbeRecord, ...]) -> bool:
    return not worst.passed and any(probe.passed for probe in probes[: probes.index(worst)])


_NEVER = ProbeRecord(when="before", passed=False, reason="it was never asked, because it did not start")


def diagnose_boot(spec: GatewaySpec, boot: BootRecord) -> Diagnosis:
    """Return the verdict on a gateway whose boot failed."""
    return diagnose(
        Case(
            host=spec.host,
            port=spec.port,
            found=Search(attempts=(_NEVER,)),
            product=spec.product,
            client_id=spec.client_ids[1],
            boot=boot,
            credential=spec.credential,
        )
    )
