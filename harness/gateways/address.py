"""The kind that runs already: we connect to it, and neither start nor stop it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from harness.gateways.opened import OpenGateway
from harness.gateways.opening import Opening
from harness.plan.matrix.gateway_spec import GatewaySpec


@asynccontextmanager
async def at_address(spec: GatewaySpec, _: Opening) -> AsyncIterator[OpenGateway]:
    """Yield the address as the matrix file gives it."""
    yield OpenGateway(host=spec.host, port=spec.port, delicate=True)
