"""Gateways to bring up in a played container, and how that goes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from harness.gateways.kinds import open_gateway
from harness.gateways.opened import BootError, OpenGateway, Opening
from harness.known.images import load
from harness.plan.matrix.gateway_spec import ContainerSpec, GatewaySpec
from tests.gateways.docker.played import IMAGE, PlayedEngine
from tests.gateways.simulator.talk import run, simulated
from tests.gateways.test_kinds import spec

USERID = "edemouser"
PASSWORD = 's3cr"et pa$$wörd'  # noqa: S105 - nobody's


def container(**changes: Any) -> ContainerSpec:
    ordinary = ContainerSpec(
        image=IMAGE,
        profile=load()["gnzsnz"],
        environment={"TRADING_MODE": "paper", "READ_ONLY_API": "yes"},
        publish="127.0.0.1",
        pull="missing",
        start_timeout=20.0,
        two_factor_timeout=20.0,
        reuse=False,
    )
    return replace(ordinary, **changes)


def docker(**changes: Any) -> GatewaySpec:
    """A gateway in a container; the keys of its container are taken apart from its own."""
    of_container = {key: changes.pop(key) for key in [*changes] if key in ContainerSpec.__dataclass_fields__}
    ordinary = {"name": "gateway-10.45.1j-paper", "kind": "docker", "profile": None, "credential": "TWS"}
    return spec(**{**ordinary, "container": container(**of_container), **changes})


@dataclass
class Told:
    """What is told while a gateway comes up."""

    notes: list[str] = field(default_factory=list)
    progress: list[tuple[str, float | None]] = field(default_factory=list)

    def opening(self, folder: Path | None = None, run_id: str = "run-1") -> Opening:
        return Opening(
            run=run_id,
            folder=folder,
            note=self.notes.append,
            progress=lambda words, part: self.progress.append((words, part)),
        )


@asynccontextmanager
async def behind(engine: PlayedEngine) -> AsyncIterator[None]:
    """A gateway that answers at the port of every container."""
    async with simulated() as gateway:
        engine.port = gateway.port
        yield


def brought_up(engine: PlayedEngine, wanted: GatewaySpec, opening: Opening | None = None) -> OpenGateway:
    """Bring it up, with a gateway behind its port, and let it go again."""

    async def scenario() -> OpenGateway:
        async with behind(engine), open_gateway(wanted, opening or Opening()) as opened:
            return opened

    return run(scenario())


def failing(engine: PlayedEngine, wanted: GatewaySpec, opening: Opening | None = None) -> BootError:
    """Bring it up, which must fail, and leave nothing."""
    with pytest.raises(BootError) as raised:
        brought_up(engine, wanted, opening)
    assert engine.containers == {}
    return raised.value
