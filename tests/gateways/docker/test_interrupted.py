"""Ctrl-C and SIGTERM cancel the task that brings a gateway up: nothing is left, at whatever step that comes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from harness.gateways.kinds import open_gateway
from harness.gateways.opened import Opening
from tests.gateways.docker.bringing import Told, behind, docker
from tests.gateways.docker.played import ASKS, BOOTING, IMAGE, LOGGED_IN, PATIENCE, Held, PlayedEngine, Script
from tests.gateways.simulator.talk import run

STEPS = ("version", "image", "create", "put", "start", "log", "state")


async def reached(held: Held) -> None:
    assert await asyncio.to_thread(held.reached.wait, PATIENCE)


async def bring_up(opening: Opening, **changes: Any) -> None:
    async with open_gateway(docker(**changes), opening):
        await asyncio.Event().wait()


async def interrupted(task: asyncio.Task[None]) -> None:
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("step", STEPS)
def test_it_is_interrupted_while_the_engine_works(step: str, times: int, engine: PlayedEngine) -> None:
    held = engine.hold(step)

    async def scenario() -> None:
        task = asyncio.create_task(bring_up(Opening()))
        await reached(held)
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0)
        held.release.set()
        await interrupted(task)

    run(scenario())
    assert engine.containers == {}
    assert ("remove" in engine.calls()) == (step not in {"version", "image"})


@pytest.mark.parametrize("step", ["pull", "pull line"])
def test_a_pull_that_does_not_move_is_given_up_at_once(step: str, engine: PlayedEngine) -> None:
    engine.images.clear()
    engine.pulling = [{"status": "Downloading", "id": "abc", "progressDetail": {"current": 1, "total": 2}}]
    held = engine.hold(step)
    told = Told()

    async def scenario() -> None:
        task = asyncio.create_task(bring_up(told.opening()))
        await reached(held)
        task.cancel()
        await interrupted(task)

    run(scenario())
    assert "create" not in engine.calls()
    assert told.progress[0] == (f"pulls {IMAGE}", None)
    assert told.progress[-1] == ("", None)


@pytest.mark.parametrize("lines", [BOOTING, (*BOOTING, ASKS), (*BOOTING, LOGGED_IN)])
@pytest.mark.parametrize("reuse", [False, True])
def test_it_is_interrupted_while_it_waits(
    lines: tuple[str, ...],
    reuse: bool,  # noqa: FBT001
    engine: PlayedEngine,
) -> None:
    engine.script = Script(lines)
    held = engine.hold("log")
    held.release.set()

    async def scenario() -> None:
        task = asyncio.create_task(bring_up(Opening(), reuse=reuse))
        await reached(held)
        task.cancel()
        await interrupted(task)

    run(scenario())
    assert engine.containers == {}


@pytest.mark.parametrize("reuse", [False, True])
def test_it_is_interrupted_while_it_is_up(
    reuse: bool,  # noqa: FBT001
    engine: PlayedEngine,
) -> None:
    held = engine.hold("remove")

    async def scenario() -> None:
        up = asyncio.Event()

        async def cells() -> None:
            async with open_gateway(docker(reuse=reuse)):
                up.set()
                await asyncio.Event().wait()

        async with behind(engine):
            task = asyncio.create_task(cells())
            await up.wait()
            task.cancel()
            await reached(held)
            task.cancel()  # whoever is impatient does not cut the ending short
            held.release.set()
            await interrupted(task)

    run(scenario())
    assert engine.containers == {}
