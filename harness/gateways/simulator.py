"""The simulated kind: a gateway of our own, in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from harness.gateways.base import OpenGateway
from harness.gateways.truth import ground_truth
from harness.matrix.gateway import GatewaySpec
from harness.simulator.profiles import find
from harness.simulator.server import SimulatedGateway


@asynccontextmanager
async def simulated(spec: GatewaySpec) -> AsyncIterator[OpenGateway]:
    """Simulate a gateway for as long as the context lasts.

    Raises:
        SelectionError: no profile has the name that the matrix file gives.
        GatewayError: its port is in use.
    """
    profile = find(spec.profile or spec.name)
    async with SimulatedGateway(profile, mode=spec.mode, host=spec.host, port=spec.port) as gateway:
        evidence = f"{profile.evidence}: {profile.source}"
        truth = ground_truth(gateway.truth)
        yield OpenGateway(host=gateway.host, port=gateway.port, evidence=evidence, truth=truth)
