"""Opens a gateway of any kind, as an asynchronous context manager that yields an address.

Three of the four kinds are here: a gateway that already runs, which ib-compat neither starts nor stops, and a simulated
and a replayed one, which run in this process. The fourth is in `harness.gateways.docker`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING

from harness.checks.all import CHECKS
from harness.gateways.opened import GroundTruth, OpenGateway, Opening
from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.truth import Truth, of_its_own, told_by
from harness.known.scenarios import Behaviour
from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.shared.desupport_text import Desupport
from harness.shared.errors import GatewayError, UsageError
from harness.shared.secrets_taken import whole_environment

if TYPE_CHECKING:
    from harness.recordings.archive import RecordingFile


@asynccontextmanager
async def at_address(spec: GatewaySpec, _: Opening) -> AsyncIterator[OpenGateway]:
    """Yield the address from the matrix file."""
    yield OpenGateway(host=spec.host, port=spec.port, delicate=True)


@asynccontextmanager
async def simulated(spec: GatewaySpec, _: Opening) -> AsyncIterator[OpenGateway]:
    """Simulate a gateway for as long as the context lasts.

    Raises:
        SelectionError: no profile has the name from the matrix file.
        GatewayError: its port is in use, or this system cannot play its scenario.
    """
    from harness.gateways.simulator.server import SimulatedGateway  # noqa: PLC0415 - memory that real gateways need not

    profile = find(spec.profile or spec.name)
    async with SimulatedGateway(
        profile,
        mode=spec.mode,
        host=spec.host,
        port=spec.port,
        scenario=spec.scenario,
        behaviour=_behaviour(spec),
        apart=True,
    ) as gateway:
        evidence = f"{profile.evidence}: {profile.source}"
        truth = _expected(spec.mode, of_its_own(spec.scenario), profile.desupport, gateway.behaviour.clock_ahead)
        yield OpenGateway(
            host=gateway.told_host,
            port=gateway.port,
            evidence=evidence,
            truth=truth,
            tappable=gateway.behaviour.restarts_on is None,
            forget=gateway.forget,
        )


def _behaviour(spec: GatewaySpec) -> Behaviour:
    """Return the behaviour of a simulated gateway, which is logged in with the time zone of the libraries.

    Below server version 174, times have no zone. With another zone, no library could know which moment they mean.
    """
    return spec.behaviour.under(Behaviour(login_zone=spec.timezone))


@cache
def _expected(mode: str, scenario: str | None, desupport: Desupport | None, clock_ahead: float) -> GroundTruth:
    """Return one shared object for all gateways with the same truth, because it is large."""
    return ground_truth(told_by(mode, scenario, desupport, clock_ahead))


def ground_truth(truth: Truth) -> GroundTruth:
    """Return what every check should read from a gateway that answers with ``truth``."""
    return {check.name: check.expected(truth) for check in CHECKS if check.expected is not None}


@asynccontextmanager
async def replayed(spec: GatewaySpec, _: Opening) -> AsyncIterator[OpenGateway]:
    """Replay a recording for as long as the context lasts.

    Raises:
        ResultsError: the recording is gone, or is not as it was written.
        GatewayError: there is nothing to replay in it, or its port is in use.
    """
    from harness.gateways.replay.server import ReplayedGateway  # noqa: PLC0415 - as above
    from harness.recordings.archive import RecordingFile  # noqa: PLC0415
    from harness.recordings.indexed import indexed_file  # noqa: PLC0415

    if spec.recording is None:
        raise UsageError(f"gateway {spec.name}: recording: is missing")
    with RecordingFile(spec.recording.file) as file:
        await asyncio.to_thread(_check_small, file)
        recorded = await asyncio.to_thread(indexed_file, file)
        async with ReplayedGateway(
            recorded, name=spec.name, host=spec.host, port=spec.port, speed=spec.recording.speed
        ) as gateway:
            evidence = spec.recording.evidence
            yield OpenGateway(host=gateway.host, port=gateway.port, evidence=evidence, forget=gateway.forget)


_SMALL = 2**20
"""Bytes of lines that are read in a moment."""


def _check_small(file: RecordingFile) -> None:
    """Read all of a small recording, so that one which is not as it was written is refused before anybody asks it.

    A large one is checked piece by piece when it is told, or reading it would take longer than the run.

    Raises:
        InputError: it is not as it was written.
    """
    if sum(segment.size for segment in file.manifest.segments) <= _SMALL:
        for _ in file.entries():
            pass


_BOOTED = frozenset({"docker"})
_ALONE = Opening()


def boots(spec: GatewaySpec) -> bool:
    """Return whether a gateway is started for the run and takes long to come up, perhaps with a login."""
    return spec.kind in _BOOTED


def login_of(spec: GatewaySpec) -> str | None:
    """Return what identifies a login: the user id, or its credential's name if the id cannot be read.

    Two credentials may be of the same user, who has one session. The result is only compared, and never shown.
    """
    if spec.credential is None:
        return None
    from harness.gateways.docker.container_files import read_login  # noqa: PLC0415 - as below

    try:
        return f"user {read_login(spec.credential, whole_environment()).userid.casefold()}"
    except GatewayError:
        return f"credential {spec.credential}"


def _in_container(spec: GatewaySpec, opening: Opening) -> AbstractAsyncContextManager[OpenGateway]:
    """Return a context for a container. It imports the docker SDK only now, because that takes long."""
    from harness.gateways.docker import in_container  # noqa: PLC0415

    return in_container(spec, opening)


Opens = Callable[[GatewaySpec, Opening], AbstractAsyncContextManager[OpenGateway]]
"""Opens a gateway, as `open_gateway` does."""

_KINDS: Mapping[str, Opens] = {
    "address": at_address,
    "docker": _in_container,
    "replay": replayed,
    "simulator": simulated,
}


def open_gateway(spec: GatewaySpec, opening: Opening = _ALONE) -> AbstractAsyncContextManager[OpenGateway]:
    """Return a context that opens a gateway, and at its end stops what it has started.

    Args:
        spec: the gateway's table in the matrix file.
        opening: receives its files and its progress.

    Raises:
        UsageError: the kind is not known.
        GatewayError: on entering, the gateway cannot be brought up.
    """
    if spec.kind not in _KINDS:
        raise UsageError(f"gateway {spec.name}: kind {spec.kind!r} is not one of {', '.join(_KINDS)}")
    return _KINDS[spec.kind](spec, opening)
