"""Where a gateway comes from. Each kind is an asynchronous context manager that yields an address."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from harness.errors import UsageError
from harness.gateways.address import at_address
from harness.gateways.base import OpenGateway
from harness.gateways.simulator import simulated
from harness.matrix.gateway import GatewaySpec

__all__ = ["OpenGateway", "open_gateway"]

_KINDS = {"address": at_address, "simulator": simulated}


def open_gateway(spec: GatewaySpec) -> AbstractAsyncContextManager[OpenGateway]:
    """Return what brings a gateway up on entering, and takes down on leaving what it brought up.

    Raises:
        UsageError: the kind is not known.
        GatewayError: on entering, the gateway cannot be brought up.
    """
    if spec.kind not in _KINDS:
        raise UsageError(f"gateway {spec.name}: kind {spec.kind!r} is not one of {', '.join(_KINDS)}")
    return _KINDS[spec.kind](spec)
