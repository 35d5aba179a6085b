"""Starts gateways in containers, one container for each, through the docker SDK."""

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
    """Run a gateway in its own container for as long as the context lasts.

    With ``reuse``, a container that answers is left running, except if the context ends with an error.

    Raises:
        BootError: the gateway does not come up; its record says how far it came, and why not further.
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
    """Return the record of a container that came up, after looking whether it still runs.

    Raises:
        EngineError: the engine does not answer.
    """
    state = await container.state()
    if state.running:
        return boot.record()
    if container.following is not None:
        await container.following.finish()  # its log may still be on the way
    return boot.ended_by_itself(state.exit_code)
