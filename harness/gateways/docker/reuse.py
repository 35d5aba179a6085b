"""Containers that an earlier run left running, or this one before somebody ended it, for this one to take."""

from __future__ import annotations

import hashlib
import json

from harness.gateways.docker import container_files
from harness.gateways.docker.calls import blocking
from harness.gateways.docker.engine import Engine, Found, Image
from harness.gateways.docker.labels import GATEWAY, REUSE, RUN, Owner, owner_of, read_owner, this_process
from harness.gateways.docker.login import Login
from harness.plan.matrix.container_spec import ContainerSpec
from harness.plan.matrix.gateway_spec import GatewaySpec


def fingerprint(spec: GatewaySpec, container: ContainerSpec, image: Image) -> str:
    """Return what two containers have in common that are the same to whoever connects; nothing of the login is in it.

    Whose session it is stands in a file inside, salted and hashed: see ``harness.gateways.docker.container_files``.
    """
    same = [
        image.id,
        container.profile.name,
        spec.product,
        spec.mode,
        spec.credential,
        container.publish,
        container.profile.port(spec.mode),
        sorted(container.environment.items()),
    ]
    return hashlib.sha256(json.dumps(same).encode()).hexdigest()[:32]


async def find(engine: Engine, login: Login, wanted: str | None = None) -> tuple[Found, ...]:
    """Return the containers that are kept with this login and whose run is over, running ones first.

    Args:
        engine: where.
        login: whose session they have to hold.
        wanted: the fingerprint that they have to have [default: any]

    Raises:
        EngineError: the engine does not tell.
    """
    alike = await blocking(engine.containers, REUSE if wanted is None else f"{REUSE}={wanted}")
    ours = [each for each in alike if await _is_ours(engine, each, login)]
    return tuple(sorted(ours, key=lambda each: not each.running))


async def left_by(engine: Engine, login: Login, run: str, gateway: str | None = None) -> tuple[Found, ...]:
    """Return what a run with this login left when it was ended before its time, of one gateway or of all.

    Raises:
        EngineError: the engine does not tell.
    """
    alike = await blocking(engine.containers, f"{RUN}={run}") if run else ()
    named = [each for each in alike if gateway in (None, each.labels.get(GATEWAY))]
    return tuple([each for each in named if await _is_ours(engine, each, login)])


def owner_now(engine: Engine, found: Found) -> Owner | None:
    """Return the process that a container belongs to: who took it since, else who created it.

    Raises:
        EngineError: the engine does not tell.
    """
    created = owner_of(found.labels)
    if created is not None and created.alive:
        return created
    taken = engine.take(found.name, container_files.OWNER)
    return read_owner(container_files.owner_in(taken)) if taken is not None else created


async def take_over(engine: Engine, found: Found) -> None:
    """Write into a container that it is this process's now, so that nobody else takes it or cleans it up.

    Raises:
        EngineError: the engine does not.
    """
    await blocking(engine.put, found.name, "/", container_files.owner_archive(this_process()))


async def _is_ours(engine: Engine, found: Found, login: Login) -> bool:
    owner = await blocking(owner_now, engine, found)
    if owner is not None and owner.alive:
        return False
    taken = await blocking(engine.take, found.name, container_files.WHO)
    return taken is not None and container_files.is_of(login, taken)
