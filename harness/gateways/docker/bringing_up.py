"""Starts a gateway in a container, or takes over a running one; pulls the image if the engine lacks it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.gateways.docker import container_files, our_containers
from harness.gateways.docker.container import Container
from harness.gateways.docker.container_files import Login, Redactor
from harness.gateways.docker.engine import Engine, Found, Image, State, ToCreate, missing, published_at
from harness.gateways.docker.engine_calls import EngineError, Stream, blocking, endable
from harness.gateways.docker.our_containers import labels_of, name_of
from harness.gateways.docker.waiting import Ended, Exited, Watch, answers
from harness.known.images import BootFailure

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from harness.gateways.docker.waiting import Boot
    from harness.gateways.opened import BootError


class Bringing:
    """The start of one gateway.

    Args:
        boot: the record of the start so far.
        engine: the engine on which it starts.
        login: the login that it uses.
    """

    def __init__(self, boot: Boot, engine: Engine, login: Login) -> None:
        self._boot = boot
        self._engine = engine
        self._login = login
        self._redact = Redactor(login).text
        self._inside = boot.container.profile.port(boot.spec.mode)
        self.host = published_at(engine.place, boot.container.publish)
        self.port = 0

    async def container(self, stack: AsyncExitStack) -> Container:
        """Return a container that answers. The stack ends it, except if it is kept.

        Raises:
            BootError: it does not come up.
            EngineError: the engine does not do what it is asked.
        """
        boot = self._boot
        image = await obtain(self._engine, boot.container.image, pull=boot.container.pull, progress=boot.progress)
        if not image.command:
            raise EngineError(f"{boot.container.image} runs nothing by itself", code=BootFailure.IMAGE_BROKEN)
        boot.image = image
        boot.reached("image")
        kept = await self._kept(image, stack)
        if kept is None:
            await self._free_the_login()
        return kept or await self._new(image, stack)

    async def _kept(self, image: Image, stack: AsyncExitStack) -> Container | None:
        """Take over a container that this run or an earlier one left; remove a matching one that does not answer."""
        boot = self._boot
        for found in await self._left(image):
            container = Container(self._engine, found.name, note=boot.note)
            self.port = await container.port(self._inside) or 0 if found.running else 0
            if self.port and await self.answers():
                await our_containers.take_over(self._engine, found)
                stack.push_async_callback(container.close)
                boot.reused = True
                boot.reached("container")
                following = await container.follow(file=boot.log, redact=self._redact, since=time.time())
                following.stop_listening()
                boot.reached("hello")
                return container
            await container.end()
        return None

    async def _left(self, image: Image) -> tuple[Found, ...]:
        """Return containers of the gateway that earlier parts of this run left, or that an earlier run kept."""
        boot = self._boot
        own = await our_containers.left_by(self._engine, self._login, boot.opening.run, boot.spec.name)
        if not boot.container.reuse:
            return own
        alike = our_containers.fingerprint(boot.spec, boot.container, image)
        kept = await our_containers.find(self._engine, self._login, alike)
        return (*own, *(each for each in kept if each.name not in {mine.name for mine in own}))

    async def _free_the_login(self) -> None:
        """End all containers that were kept or left with this login, because a login has only one session."""
        left = await our_containers.left_by(self._engine, self._login, self._boot.opening.run)
        for found in {
            each.name: each for each in (*left, *await our_containers.find(self._engine, self._login))
        }.values():
            self._boot.note(f"{found.name}, left by an earlier run, holds the same login, and is ended")
            await Container(self._engine, found.name, note=self._boot.note).end()

    async def answers(self) -> bool:
        """Return whether its API answers."""
        return await answers(self.host, self.port, self._boot.spec.client_ids[1])

    async def _new(self, image: Image, stack: AsyncExitStack) -> Container:
        wanted = self._wanted(image)
        container = Container(self._engine, wanted.name, note=self._boot.note)
        profile = self._boot.container.profile
        archive = container_files.archive(profile, self._login, container_files.owner_of(image.user, profile))
        stack.push_async_callback(container.close)  # before it is there: an engine that was asked may be slow to say so
        await container.create(wanted, archive)
        await container.start()
        self._boot.reached("container")
        following = await container.follow(file=self._boot.log, redact=self._redact)
        watch = Watch(profile=profile, following=following, waits=self._waits_for_a_person)
        self._boot.watch = watch
        try:
            await self._wait(container, watch)
        except Ended as ended:
            await container.stop()
            really = watch.settled(ended)
            raise self._boot.failed(really.code, line=self._shown(really.line)) from None
        except Exited as exited:
            if following.problem is not None:
                raise following.problem from None
            raise self._exited(await container.ended(), exited.line) from None
        finally:
            self._boot.progress("")
        following.stop_listening()
        return container

    def _wanted(self, image: Image) -> ToCreate:
        spec, container = self._boot.spec, self._boot.container
        kept = our_containers.fingerprint(spec, container, image) if container.reuse else None
        run = self._boot.opening.run
        return ToCreate(
            name=name_of(run, spec.name),
            image=image.id,
            command=container_files.command(container.profile, image.command),
            environment={**container.environment, **container_files.environment(container.profile)},
            labels=labels_of(run, spec.name, kept),
            port=self._inside,
            publish=container.publish,
            nofile=container.profile.nofile,
        )

    async def _wait(self, container: Container, watch: Watch) -> None:
        boot = self._boot
        boot.progress("waits for its login")
        await watch.until_logged_in(
            start_timeout=boot.container.start_timeout, two_factor_timeout=boot.container.two_factor_timeout
        )
        boot.reached("login")
        boot.progress("waits for its API")
        port = await container.port(self._inside)
        if port is None:
            raise Exited(None)
        self.port = port
        await watch.until_hello(self.host, port, boot.spec.client_ids[1])
        boot.reached("hello")

    def _waits_for_a_person(self) -> None:
        seconds = self._boot.container.two_factor_timeout
        self._boot.note(f"it waits for its second factor: confirm it within {seconds:.0f} s, as on your phone")
        self._boot.progress("waits for its second factor")

    def _shown(self, line: str | None) -> str | None:
        return None if line is None else self._redact(line)

    def _exited(self, state: State, line: str | None) -> BootError:
        """Return the error that the end of a container means; if it is still running, its log was cut off."""
        if state.running or state.exit_code is None:
            return self._boot.stopped_by(EngineError("the engine ended the log of a container that runs"))
        meant = self._boot.container.profile.exits.get(str(state.exit_code))
        code = meant.code if meant else BootFailure.CONTAINER_EXITED
        says = "it ran out of memory" if state.out_of_memory else meant.says if meant else ""
        return self._boot.failed(code, line=self._shown(line), exit_code=state.exit_code, says=says)


async def connected(stack: AsyncExitStack) -> Engine:
    """Return the engine that the environment names; the stack closes it.

    Raises:
        EngineError: it cannot be used.
    """

    def connect() -> Engine:
        engine = Engine.connect(os.environ)
        stack.callback(engine.close)  # here, so that it is also closed if the first call is interrupted
        return engine

    return await blocking(connect)


Progress = Callable[[str, float | None], None]

_UNKNOWN = ("not found", "manifest unknown", "does not exist", "pull access denied", "no such image", "denied")
"""Words of engines and registries about an image that does not exist, or that we may not have."""


async def obtain(engine: Engine, reference: str, *, pull: str, progress: Progress) -> Image:
    """Return an image, after pulling it if necessary and wanted.

    Args:
        engine: the engine.
        reference: repository and tag or digest.
        pull: ``missing``, ``always`` or ``never``.
        progress: is notified of the progress of a pull.

    Raises:
        EngineError: neither engine nor registry has the image, or the registry cannot be reached.
    """
    found = await blocking(engine.image, reference)
    if pull == "always" or (pull == "missing" and found is None):
        await _pull(engine, reference, progress)
        found = await blocking(engine.image, reference)
    if found is None and pull == "never":
        raise EngineError(
            f"the engine has no image {reference}, and pull = 'never' keeps it from being pulled",
            hint=f"`docker pull {reference}`, or pull = 'missing'.",
            code=BootFailure.IMAGE_MISSING,
        )
    if found is None:
        raise missing(reference)
    return found


async def _pull(engine: Engine, reference: str, progress: Progress) -> None:
    loop = asyncio.get_running_loop()
    words = f"pulls {reference}"

    def tell(part: float | None) -> None:
        loop.call_soon_threadsafe(progress, words, part)

    progress(words, None)
    stream = await blocking(engine.pull, reference)
    try:
        await endable(lambda: _read(stream, reference, tell), stream.end)
    except EngineError as error:
        raise _explained(error, reference) from error
    finally:
        progress("", None)


def _read(stream: Stream[Mapping[str, Any]], reference: str, tell: Callable[[float | None], None]) -> None:
    layers = _Layers()
    for line in stream:
        if "error" in line:
            raise EngineError(f"the engine did not pull {reference}: {line['error']}")
        if layers.hear(line):
            tell(layers.part)


def _explained(error: EngineError, reference: str) -> EngineError:
    """Distinguish a missing image from a missing registry."""
    if error.code is not BootFailure.ENGINE_FAILED:
        return error
    if any(words in str(error).lower() for words in _UNKNOWN):
        explained = missing(reference)
        return EngineError(f"{explained}: {error}", hint=explained.hint, code=explained.code)
    return EngineError(
        str(error),
        hint=f"See that the engine's machine reaches the registry; an image that it has is not pulled: "
        f"`docker pull {reference}` once, or `docker load` from a file.",
        code=BootFailure.IMAGE_UNAVAILABLE,
    )


@dataclass(slots=True)
class _Layers:
    """How much of each layer of an image was pulled."""

    _sizes: dict[str, int] = field(default_factory=dict)
    _have: dict[str, int] = field(default_factory=dict)

    def hear(self, line: Mapping[str, Any]) -> bool:
        """Take in a line of the engine's output; return whether it changes anything."""
        layer, status, detail = line.get("id"), line.get("status"), line.get("progressDetail") or {}
        if layer is None:
            return False
        if status == "Downloading" and detail.get("total"):
            self._sizes[layer], self._have[layer] = detail["total"], detail["current"]
        elif status in {"Download complete", "Pull complete"} and layer in self._sizes:
            self._have[layer] = self._sizes[layer]
        else:
            return False
        return True

    @property
    def part(self) -> float | None:
        """The pulled part, from 0 to 1, of the layers whose size is known; ``None`` if none is."""
        total = sum(self._sizes.values())
        return sum(self._have.values()) / total if total else None
