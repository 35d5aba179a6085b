"""Brings up gateways as containers, one for each, on an engine, through the docker SDK."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from harness.gateways.docker.bringing_up import Bringing, connected
from harness.gateways.docker.container import Container
from harness.gateways.docker.container_files import read_login
from harness.gateways.docker.engine_calls import EngineError
from harness.gateways.docker.waiting import Boot
from harness.gateways.opened import OpenGateway, Opening
from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.shared.errors import UsageError
from harness.shared.evidence import BootRecord
from harness.shared.secrets_taken import whole_environment

__all__ = ["in_container"]


@asynccontextmanager
async def in_container(spec: GatewaySpec, opening: Opening) -> AsyncIterator[OpenGateway]:
    """Bring a gateway up in a container of its own for as long as the context lasts.

    With ``reuse``, a container that answers is left running, unless the context ends with an error.

    Raises:
        BootError: it does not come up; its record says how far it came and why.
        UsageError: the gateway has no container.
    """
    if spec.container is None:
        raise UsageError(f"gateway {spec.name}: it has no container")
    boot = Boot(spec, spec.container, opening)
    async with AsyncExitStack() as stack:
        try:
            login = read_login(spec.credential or "", whole_environment())
            bringing = Bringing(boot, await connected(stack), login)
            container = await bringing.container(stack)
        except EngineError as error:
            raise boot.stopped_by(error) from error
        yield OpenGateway(
            host=bringing.host,
            port=bringing.port,
            delicate=True,
            boot=boot.record(),
            artifacts=boot.artifacts,
            again=partial(_again, boot, container),
        )
        container.kept = boot.container.reuse and await bringing.answers()


async def _again(boot: Boot, container: Container) -> BootRecord:
    """Look whether a container that came up still runs.

    Raises:
        EngineError: the engine does not answer.
    """
    state = await container.state()
    if state.running:
        return boot.record()
    if container.following is not None:
        await container.following.finish()  # its log may still be on the way
    return boot.ended_by_itself(state.exit_code)
