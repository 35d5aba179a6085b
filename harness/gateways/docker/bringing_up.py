"""Brings a gateway up in a container, or takes one that runs."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from harness.gateways.docker import container_files, reuse
from harness.gateways.docker.calls import blocking
from harness.gateways.docker.container import Container
from harness.gateways.docker.engine import Engine, Found, Image, State, ToCreate
from harness.gateways.docker.errors import EngineError
from harness.gateways.docker.labels import labels_of, name_of
from harness.gateways.docker.login import Login, Redactor
from harness.gateways.docker.pulling import obtain
from harness.gateways.docker.waiting import Ended, Exited, Watch, answers
from harness.gateways.docker.which_engine import published_at
from harness.known.images import BootFailure

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from harness.gateways.docker.boot_state import Boot
    from harness.gateways.opened import BootError


class Bringing:
    """One gateway being brought up.

    Args:
        boot: what is known of it.
        engine: where.
        login: as whom.
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
        """Return a container that answers; the stack takes it down until it is told otherwise.

        Raises:
            BootError: it does not come up.
            EngineError: the engine does not do it.
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
        """Take a container that this run or an earlier one left; one that is like it and does not answer goes."""
        boot = self._boot
        for found in await self._left(image):
            container = Container(self._engine, found.name, note=boot.note)
            self.port = await container.port(self._inside) or 0 if found.running else 0
            if self.port and await self.answers():
                await reuse.take_over(self._engine, found)
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
        """Return what this run left of the gateway, and what an earlier one kept of it."""
        boot = self._boot
        own = await reuse.left_by(self._engine, self._login, boot.opening.run, boot.spec.name)
        if not boot.container.reuse:
            return own
        alike = reuse.fingerprint(boot.spec, boot.container, image)
        kept = await reuse.find(self._engine, self._login, alike)
        return (*own, *(each for each in kept if each.name not in {mine.name for mine in own}))

    async def _free_the_login(self) -> None:
        """End what was kept or left with this login, whatever version it is: a login has one session."""
        left = await reuse.left_by(self._engine, self._login, self._boot.opening.run)
        for found in {each.name: each for each in (*left, *await reuse.find(self._engine, self._login))}.values():
            self._boot.note(f"{found.name}, left by an earlier run, holds the same login, and is ended")
            await Container(self._engine, found.name, note=self._boot.note).end()

    async def answers(self) -> bool:
        """Tell whether its API answers."""
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
        kept = reuse.fingerprint(spec, container, image) if container.reuse else None
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
        """Return what a container means that has ended; where it runs on, its log was cut off."""
        if state.running or state.exit_code is None:
            return self._boot.stopped_by(EngineError("the engine ended the log of a container that runs"))
        meant = self._boot.container.profile.exits.get(str(state.exit_code))
        code = meant.code if meant else BootFailure.CONTAINER_EXITED
        says = "it ran out of memory" if state.out_of_memory else meant.says if meant else ""
        return self._boot.failed(code, line=self._shown(line), exit_code=state.exit_code, says=says)


async def connected(stack: AsyncExitStack) -> Engine:
    """Return the engine that the environment names, until the stack ends.

    Raises:
        EngineError: it cannot be used.
    """

    def connect() -> Engine:
        engine = Engine.connect(os.environ)
        stack.callback(engine.close)  # here, so that one goes too whose greeting is interrupted
        return engine

    return await blocking(connect)
