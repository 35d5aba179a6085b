"""The simulated kind: a gateway of our own, in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from harness.checks.all import CHECKS
from harness.gateways.opened import GroundTruth, OpenGateway
from harness.gateways.opening import Opening
from harness.gateways.simulator.profiles import find
from harness.gateways.simulator.server import SimulatedGateway
from harness.gateways.simulator.truth import Truth, told_by
from harness.known.scenarios import Behaviour
from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.shared.desupport_text import Desupport


@asynccontextmanager
async def simulated(spec: GatewaySpec, _: Opening) -> AsyncIterator[OpenGateway]:
    """Simulate a gateway for as long as the context lasts.

    Raises:
        SelectionError: no profile has the name that the matrix file gives.
        GatewayError: its port is in use, or this system cannot play its scenario.
    """
    profile = find(spec.profile or spec.name)
    async with SimulatedGateway(
        profile, mode=spec.mode, host=spec.host, port=spec.port, scenario=spec.scenario, behaviour=_behaviour(spec)
    ) as gateway:
        evidence = f"{profile.evidence}: {profile.source}"
        truth = _expected(spec.mode, spec.scenario, profile.desupport, gateway.behaviour.clock_ahead)
        yield OpenGateway(host=gateway.told_host, port=gateway.port, evidence=evidence, truth=truth)


def _behaviour(spec: GatewaySpec) -> Behaviour:
    """Return what it is to do; it is logged in where the libraries run.

    Below 174 times name no zone: were it logged in elsewhere, no library could tell which moment they mean.
    """
    return spec.behaviour.under(Behaviour(login_zone=spec.timezone))


@cache
def _expected(mode: str, scenario: str | None, desupport: Desupport | None, clock_ahead: float) -> GroundTruth:
    """Give the same object to all gateways that tell the same: it is large."""
    return ground_truth(told_by(mode, scenario, desupport, clock_ahead))


def ground_truth(truth: Truth) -> GroundTruth:
    """What every check should read from a gateway that answers with ``truth``."""
    return {check.name: check.expected(truth) for check in CHECKS if check.expected is not None}
