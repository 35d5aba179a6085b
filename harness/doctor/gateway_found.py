"""Finds out about a gateway that was named by its address only, with the reference client."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from adapters.base import is_paper
from harness.diagnose.control import probe
from harness.diagnose.host import usual_ports
from harness.doctor.subject import Subject, at_address
from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.plan.matrix.surroundings import surroundings
from harness.shared.hosts import one_form

if TYPE_CHECKING:
    from harness.shared.evidence import ProbeRecord

_ADDRESS = re.compile(r"\S+:\d{1,5}")
_SECONDS = 4.0


def is_address(text: str) -> bool:
    """Return whether a word is an address, ``HOST:PORT``, not a glob of names: no name has a colon."""
    return _ADDRESS.fullmatch(text) is not None


def gateways_at(addresses: Iterable[str]) -> tuple[GatewaySpec, ...]:
    """Return the gateways at addresses: product by port, mode by accounts, version by the reference client.

    One that is named twice, however it is spelled, is one.

    Raises:
        UsageError: one is not an address.
    """
    once = dict[tuple[str, int], Subject]()
    for each in map(at_address, addresses):
        once.setdefault((one_form(each.host), each.port), each)
    return tuple(spec_at(subject, record) for subject, record in zip(once.values(), met(once.values()), strict=True))


def met(subjects: Iterable[Subject]) -> list[ProbeRecord]:
    """Return what the reference client meets at each address."""
    return asyncio.run(_all(subjects))


async def _all(subjects: Iterable[Subject]) -> list[ProbeRecord]:
    probes = (probe(each.host, each.port, client_id=each.client_id, timeout=_SECONDS) for each in subjects)
    return await asyncio.gather(*probes)


def spec_at(subject: Subject, record: ProbeRecord) -> GatewaySpec:
    """Return the gateway at an address as the reference client met it: asked one cell at a time, like any real one."""
    return GatewaySpec(
        name=f"{subject.product or 'gateway'}-{subject.host}-{subject.port}".replace(":", "."),
        product=subject.product or "gateway",
        version="unknown" if record.server_version is None else f"sv{record.server_version}",
        mode=_mode(subject, record),
        kind="address",
        host=subject.host,
        port=subject.port,
        profile=None,
        client_ids=(min(surroundings().client_ids[0], subject.client_id), subject.client_id),
        concurrency=1,
        account=None,
        named=False,
    )


def _mode(subject: Subject, record: ProbeRecord) -> str:
    """Return whether a gateway is paper or live by its accounts, or by the port if no account was seen."""
    if record.accounts:
        return "paper" if all(map(is_paper, record.accounts)) else "live"
    return next((each.mode for each in usual_ports() if each.number == subject.port), "paper")
