"""The same evidence with something of it missing, as it is missing from what users have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from harness.diagnose.common_reds import passed_alike, shared_reds
from harness.diagnose.gateway_met import diagnose_met
from harness.results.judge import judge
from harness.shared.evidence import CellOutcome, GatewayOutcome, Search
from harness.shared.moments import NO_ZONE_DATA
from harness.shared.status import Fault
from tests.blame.recording import Met

Lacking = Callable[[CellOutcome, GatewayOutcome], tuple[CellOutcome, GatewayOutcome]]


def _whole(cell: CellOutcome, gateway: GatewayOutcome) -> tuple[CellOutcome, GatewayOutcome]:
    return cell, gateway


def _no_transcript(cell: CellOutcome, gateway: GatewayOutcome) -> tuple[CellOutcome, GatewayOutcome]:
    return replace(cell, wire=None, heard=frozenset()), gateway


def _cut_transcript(cell: CellOutcome, gateway: GatewayOutcome) -> tuple[CellOutcome, GatewayOutcome]:
    wire = cell.wire and replace(cell.wire, whole=False, requests=cell.wire.requests[:1])
    return replace(cell, wire=wire, heard=frozenset()), gateway


def _no_host_view(cell: CellOutcome, gateway: GatewayOutcome) -> tuple[CellOutcome, GatewayOutcome]:
    return cell, replace(gateway, view=None)


def _no_search(cell: CellOutcome, gateway: GatewayOutcome) -> tuple[CellOutcome, GatewayOutcome]:
    return cell, replace(gateway, search=None)


def _no_zone_data(cell: CellOutcome, gateway: GatewayOutcome) -> tuple[CellOutcome, GatewayOutcome]:
    return replace(cell, resolved=cell.resolved and replace(cell.resolved, zone_data=NO_ZONE_DATA)), gateway


def _starved(cell: CellOutcome, gateway: GatewayOutcome) -> tuple[CellOutcome, GatewayOutcome]:
    probes = tuple(replace(each, starved=not each.passed) for each in gateway.probes)
    found = gateway.search
    if found is not None:
        attempts = tuple(replace(each, starved=not each.passed) for each in found.attempts)
        found = Search(attempts=attempts, speaks=found.speaks, highest_answered=found.highest_answered)
    return cell, replace(gateway, probes=probes, search=found)


LACKING: Mapping[str, Sequence[Lacking]] = {
    "whole": [_whole],
    "no transcript": [_no_transcript],
    "transcript cut": [_cut_transcript],
    "no host view": [_no_host_view],
    "no search": [_no_search],
    "no zone data": [_no_zone_data],
    "machine busy": [_starved],
    "no transcript, no host view, no search": [_no_transcript, _no_host_view, _no_search],
    "transcript cut, no zone data": [_cut_transcript, _no_zone_data],
    "machine busy, no transcript": [_starved, _no_transcript],
}
"""What is missing, by name."""

PLAYED_BUSY = frozenset(name for name, lacks in LACKING.items() if _starved in lacks)
"""Where this machine is played as too busy, which may then be named."""


def sides(cells: Sequence[Met], lacking: str) -> Iterator[tuple[str, str, str, Fault]]:
    """Yield cell, check, code of the verdict, and who is at fault, of everything that is red and of the gateway."""
    seen = []
    for met in cells:
        outcome, gateway = met.outcome, met.gateway
        for lack in LACKING[lacking]:
            outcome, gateway = lack(outcome, gateway)
        seen.append(Met(met.cell, outcome, gateway))
    beside = [(each.cell.row.adapter, each.outcome) for each in seen]
    shared = shared_reds(beside)
    verdict = diagnose_met(seen[0].cell.gateway, seen[0].gateway)
    if verdict is not None and verdict.fault is not None:
        yield seen[0].cell.gateway.name, "", verdict.code, verdict.fault
    for each in seen:
        passed = passed_alike(each.cell.row.adapter, beside)
        judged = judge(each.cell, each.outcome, each.gateway, verdict, shared=shared, passed=passed)
        for check, diagnosis in judged.diagnoses.items():
            if diagnosis.fault is not None:
                yield each.cell.id, check, diagnosis.code, diagnosis.fault
