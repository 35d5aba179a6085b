"""Which engine: as the docker command finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from docker.context import ContextAPI
from docker.utils import kwargs_from_env

from harness.gateways.docker.errors import EngineError, told
from harness.known.images import BootFailure
from harness.shared.hosts import stays_here

_ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not bound to
_LOCAL = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an engine is.

    Args:
        address: for a person: its URL, or that it is the usual one.
        arguments: what the SDK's client takes: ``base_url`` and ``tls``.
        host: the machine that it runs on; ``None`` where that is this one.
    """

    address: str
    arguments: Mapping[str, Any]
    host: str | None


def find(environment: Mapping[str, str]) -> Place:
    """Return the engine that DOCKER_HOST names, else DOCKER_CONTEXT, else the current context, else the usual one.

    Raises:
        EngineError: the context that is named does not exist.
    """
    with told("read how it is reached", environment.get("DOCKER_HOST") or "the docker context"):
        arguments = kwargs_from_env(environment=dict(environment)) if environment.get("DOCKER_HOST") else {}
        arguments = arguments or ContextAPI.kwargs_from_context(environment=environment)
    context = environment.get("DOCKER_CONTEXT", "")
    if not arguments and context not in {"", "default"}:
        raise EngineError(
            f"there is no docker context {context!r}, which DOCKER_CONTEXT names",
            hint="`docker context ls` lists those that there are.",
            code=BootFailure.ENGINE_UNREACHABLE,
        )
    url = str(arguments.get("base_url", ""))
    return Place(address=url or "its usual address", arguments=arguments, host=_host(url))


def _host(url: str) -> str | None:
    parts = urlsplit(url)
    if parts.scheme in {"", "unix", "npipe", "http+unix"} or not parts.hostname:
        return None
    return None if stays_here(parts.hostname) else parts.hostname


def published_at(place: Place, publish: str) -> str:
    """Return the host at which a port is reached that the engine publishes.

    Args:
        place: where the engine is.
        publish: the address on the engine's machine that the port is bound to.

    Raises:
        EngineError: nobody but the engine's own machine could reach it.
    """
    if publish in _ANYWHERE:
        return place.host or _LOCAL
    if place.host is not None and stays_here(publish):
        raise EngineError(
            f"the engine runs on {place.host}, and the gateway's port would be published at {publish} there, "
            "where this machine cannot reach it",
            hint=f"Give the gateway `publish` with an address of {place.host} that only you can reach, or "
            "make a tunnel to the engine and its ports, and set DOCKER_HOST=tcp://127.0.0.1:PORT. Never publish it to "
            "everybody.",
            code=BootFailure.PORT_OUT_OF_REACH,
        )
    return publish
