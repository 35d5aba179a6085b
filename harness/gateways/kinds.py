"""Where a gateway comes from. Each kind is an asynchronous context manager that yields an address."""

from __future__ import annotations

import os
from contextlib import AbstractAsyncContextManager

from harness.gateways.address import at_address
from harness.gateways.opened import OpenGateway
from harness.gateways.opening import Opening
from harness.gateways.simulated import simulated
from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.shared.errors import GatewayError, UsageError

__all__ = ["OpenGateway", "Opening", "boots", "login_of", "open_gateway"]

_BOOTED = frozenset({"docker"})
_ALONE = Opening()


def boots(spec: GatewaySpec) -> bool:
    """Tell whether a gateway is started for the run and takes its time to come up, maybe with a login of its own."""
    return spec.kind in _BOOTED


def login_of(spec: GatewaySpec) -> str | None:
    """Return what tells one login from another: the user id, or its credential's name where nobody can read that.

    Two credentials may be the same user, who has one session. For comparing only: it is never shown.
    """
    if spec.credential is None:
        return None
    from harness.gateways.docker.login import read_login  # noqa: PLC0415 - as below

    try:
        return f"user {read_login(spec.credential, os.environ).userid.casefold()}"
    except GatewayError:
        return f"credential {spec.credential}"


def _in_container(spec: GatewaySpec, opening: Opening) -> AbstractAsyncContextManager[OpenGateway]:
    """Import the docker SDK only where a gateway needs it: that takes as long as most of the program."""
    from harness.gateways.docker import in_container  # noqa: PLC0415

    return in_container(spec, opening)


_KINDS = {"address": at_address, "docker": _in_container, "simulator": simulated}


def open_gateway(spec: GatewaySpec, opening: Opening = _ALONE) -> AbstractAsyncContextManager[OpenGateway]:
    """Return what brings a gateway up on entering, and takes down on leaving what it brought up.

    Args:
        spec: what the matrix file says of it.
        opening: where it leaves what it has to show, and whom it tells how it comes up.

    Raises:
        UsageError: the kind is not known.
        GatewayError: on entering, the gateway cannot be brought up.
    """
    if spec.kind not in _KINDS:
        raise UsageError(f"gateway {spec.name}: kind {spec.kind!r} is not one of {', '.join(_KINDS)}")
    return _KINDS[spec.kind](spec, opening)
