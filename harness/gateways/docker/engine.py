"""Finds a container engine as the docker command does, and wraps the docker SDK in a few blocking calls."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from docker import APIClient
from docker.context import ContextAPI
from docker.errors import ImageNotFound, NotFound
from docker.types import HostConfig, LogConfig, Ulimit
from docker.utils import kwargs_from_env

from harness.gateways.docker.engine_calls import EngineError, Stream, StreamingClient, told
from harness.known.images import BootFailure, repository
from harness.shared.hosts import stays_here

_ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not bound to
_LOCAL = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an engine is.

    Args:
        address: its URL, or that it is the usual one, in words for a person.
        arguments: arguments for the SDK's client, ``base_url`` and ``tls``.
        host: the machine on which it runs; ``None`` for this machine.
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
            f"DOCKER_CONTEXT names the docker context {context!r}, which does not exist",
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
        place: the engine's place.
        publish: the address on the engine's machine that the port is bound to.

    Raises:
        EngineError: only the engine's own machine could reach the port.
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


_TIMEOUT = 30
"""Seconds that an engine may take for a call that it should answer at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image that the engine has.

    Args:
        id: its id, independent of its name.
        digest: its digest at the registry of the requested repository; ``None`` if it was made locally.
        environment: the environment variables that it sets.
        user: the user as which it runs; empty for root.
        command: its entry point and arguments.
    """

    id: str
    digest: str | None
    environment: Mapping[str, str]
    user: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToCreate:
    """The request for a new container. It contains no secret."""

    name: str
    image: str
    command: Sequence[str]
    environment: Mapping[str, str]
    labels: Mapping[str, str]
    port: int
    publish: str
    nofile: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The state of a container according to the engine."""

    running: bool
    exit_code: int | None
    out_of_memory: bool
    ports: Mapping[int, int] = field(default_factory=dict)
    """Port inside to port on the engine's machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A container in a list of the engine."""

    name: str
    running: bool
    labels: Mapping[str, str]


class Engine:
    """An engine that answers.

    Args:
        place: its place.

    Raises:
        EngineError: it cannot be reached, or may not be used. Every method raises this, too, also if the call fails.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        with told("greet it", place.address):
            self._client = APIClient(version="auto", timeout=_TIMEOUT, **place.arguments)

    @classmethod
    def connect(cls, environment: Mapping[str, str]) -> Engine:
        """Return the engine that this environment names."""
        return cls(find(environment))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _told(self, doing: str) -> contextlib.AbstractContextManager[None]:
        return told(doing, self.place.address)

    def _streaming(self) -> StreamingClient:
        """Return a separate client for a stream, so that a blocked stream blocks nothing else."""
        return StreamingClient(version=self._client.api_version, timeout=_TIMEOUT, **self.place.arguments)

    def image(self, reference: str) -> Image | None:
        """Return an image that the engine has; ``None`` if it has none of that name."""
        with self._told(f"look for {reference}"):
            try:
                return _image(self._client.inspect_image(reference), repository(reference))  # type: ignore[no-untyped-call]
            except ImageNotFound:
                return None

    def pull(self, reference: str) -> Stream[Mapping[str, Any]]:
        """Begin to pull an image; yield the engine's progress line by line, until it ends."""
        client = self._streaming()
        begin = partial(client.pull, reference, stream=True, decode=True)
        return Stream(client, begin, partial(self._told, f"pull {reference}"))

    def create(self, wanted: ToCreate) -> None:
        """Create a container; it is known by its name."""
        limits = [Ulimit(name="nofile", soft=wanted.nofile, hard=wanted.nofile)] if wanted.nofile else []
        host = HostConfig(
            version=self._client.api_version,
            port_bindings={wanted.port: (wanted.publish,)},
            restart_policy={"Name": "no"},
            init=False,
            ulimits=limits,
            log_config=LogConfig(type=LogConfig.types.JSON, config={}),  # others cannot all be followed
        )
        first, *arguments = wanted.command
        with self._told(f"create a container of {wanted.image}"):
            self._client.create_container(
                wanted.image,
                name=wanted.name,
                entrypoint=[first],
                command=arguments,
                environment=dict(wanted.environment),
                labels=dict(wanted.labels),
                ports=[wanted.port],
                host_config=host,
                use_config_proxy=False,
            )

    def put(self, name: str, folder: str, archive: bytes) -> None:
        """Put the files of a tar archive into a container."""
        with self._told(f"put files into {name}"):
            self._client.put_archive(name, folder, archive)

    def take(self, name: str, path: str) -> bytes | None:
        """Return the tar archive of a file in a container; ``None`` if the file does not exist."""
        with self._told(f"read a file of {name}"):
            try:
                chunks, _ = self._client.get_archive(name, path)
            except NotFound:
                return None
            return b"".join(chunks)

    def start(self, name: str) -> None:
        """Start a container."""
        with self._told(f"start {name}"):
            self._client.start(name)

    def state(self, name: str) -> State:
        """Return the current state of a container."""
        with self._told(f"look at {name}"):
            return _state(self._client.inspect_container(name))

    def log(self, name: str, since: float | None = None) -> Stream[bytes]:
        """Follow a container's log, both streams of it, until the container ends.

        The log begins at the container's only start, or at ``since``, in seconds since the epoch.
        """
        client = self._streaming()
        begin = partial(client.logs, name, stream=True, follow=True, since=since)
        return Stream(client, begin, partial(self._told, f"follow the log of {name}"))

    def stop(self, name: str, grace: int) -> None:
        """Stop a container, and kill it after ``grace`` seconds; a missing one is not an error."""
        with self._told(f"stop {name}"), contextlib.suppress(NotFound):
            self._client.stop(name, timeout=grace)

    def remove(self, name: str) -> None:
        """Remove a container with its volumes, running or not; a missing one is not an error."""
        with self._told(f"remove {name}"), contextlib.suppress(NotFound):
            self._client.remove_container(name, v=True, force=True)

    def containers(self, label: str) -> tuple[Found, ...]:
        """Return the containers with a label, running or not."""
        with self._told("list its containers"):
            listed = self._client.containers(all=True, filters={"label": [label]})
        return tuple(
            Found(name=each["Names"][0].lstrip("/"), running=each["State"] == "running", labels=each["Labels"] or {})
            for each in listed
        )


def _image(told_of_it: Mapping[str, Any], asked: str) -> Image:
    config = told_of_it.get("Config") or {}
    pairs = (entry.partition("=") for entry in config.get("Env") or ())
    digests = [entry.partition("@") for entry in told_of_it.get("RepoDigests") or ()]
    wanted = [digest for name, _, digest in digests if asked == name or asked.endswith(f"/{name}")]
    return Image(
        id=told_of_it["Id"],
        digest=next(iter(wanted), None),
        environment={name: value for name, _, value in pairs},
        user=config.get("User") or "",
        command=(*(config.get("Entrypoint") or ()), *(config.get("Cmd") or ())),
    )


def _state(told_of_it: Mapping[str, Any]) -> State:
    state = told_of_it["State"]
    bound = (told_of_it.get("NetworkSettings") or {}).get("Ports") or {}
    return State(
        running=bool(state["Running"]),
        exit_code=None if state["Running"] else int(state["ExitCode"]),
        out_of_memory=bool(state.get("OOMKilled")),
        ports={int(inside.partition("/")[0]): int(each[0]["HostPort"]) for inside, each in bound.items() if each},
    )


def missing(reference: str) -> EngineError:
    """Return the error of an image that nobody has."""
    return EngineError(
        f"image {reference} does not exist, here or in its registry",
        hint="Look for its tag: old versions stay published as exact builds only, as 10.37.1r.",
        code=BootFailure.IMAGE_MISSING,
    )
