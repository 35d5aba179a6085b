"""Containers that an earlier run left running, for this one to take."""

from __future__ import annotations

import hashlib
import json

from harness.gateways.docker import files
from harness.gateways.docker.calls import blocking
from harness.gateways.docker.engine import Engine, Found, Image
from harness.gateways.docker.labels import REUSE, owner_of
from harness.gateways.docker.secrets import Login
from harness.matrix.container import ContainerSpec
from harness.matrix.gateway import GatewaySpec


def fingerprint(spec: GatewaySpec, container: ContainerSpec, image: Image) -> str:
    """Return what two containers have in common that are the same to whoever connects; nothing of the login is in it.

    Whose session it is stands in a file inside, salted and hashed: see ``harness.gateways.docker.files``.
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
        wanted: the fingerprint that they have to have; any unless given.

    Raises:
        EngineError: the engine does not tell.
    """
    alike = await blocking(engine.containers, REUSE if wanted is None else f"{REUSE}={wanted}")
    ours = [each for each in alike if await _is_ours(engine, each, login)]
    return tuple(sorted(ours, key=lambda each: not each.running))


async def _is_ours(engine: Engine, found: Found, login: Login) -> bool:
    owner = owner_of(found.labels)
    if owner is not None and owner.alive:
        return False
    taken = await blocking(engine.take, found.name, files.WHO)
    return taken is not None and files.is_of(login, taken)
