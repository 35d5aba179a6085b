"""Examinations of simulated gateways, side by side, since most of each is waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from harness.doctor.examine import Examination, examine
from harness.doctor.subject import Subject, at_address, of_gateway
from harness.doctor.subjects import Asked, subjects
from harness.gateways.kinds import open_gateway
from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.server import SimulatedGateway
from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.plan.matrix.load import load_matrix
from harness.plan.matrix.tables import CLIENT_IDS
from tests.virtual import run_virtually

SEEDS = Path(__file__).parents[2] / "matrices" / "seeds.toml"
AT_ONCE = 12
"""More at once would keep each other waiting, and a gateway that is kept waiting answers late."""


async def side_by_side(looks: Iterable[Coroutine[Any, Any, Examination]], at_once: int = AT_ONCE) -> list[Examination]:
    """Wait for all, a few at a time; in their order."""
    places = asyncio.Semaphore(at_once)

    async def placed(look: Coroutine[Any, Any, Examination]) -> Examination:
        async with places:
            return await look

    return await asyncio.gather(*map(placed, looks))


async def look_at(asked: Asked) -> Examination:
    """Examine the one gateway that is asked."""
    async with subjects(asked) as (subject,):
        return await examine(subject)


async def look_at_port(port: int, host: str = "127.0.0.1") -> Examination:
    """Examine whatever is at a port."""
    return await examine(at_address(f"{host}:{port}"))


@cache
def seed_names() -> tuple[str, ...]:
    """The gateways of ``matrices/seeds.toml``."""
    return tuple(spec.name for spec in load_matrix(SEEDS).gateways)


@cache
def seed(name: str) -> Examination:
    """Examine a gateway of ``matrices/seeds.toml``, once for all tests of a process."""
    return run_virtually(look_at(Asked(matrix=SEEDS, gateways=(name,))))


@cache
def scenario(name: str) -> Examination:
    """Examine a gateway that plays a scenario, once for all tests of a process."""
    return run_virtually(look_at(Asked(scenario=name)))


def spec_of(profile: str = "gateway-10.45", mode: str = "paper", **changes: Any) -> GatewaySpec:
    """A simulated gateway of a matrix file."""
    plain: dict[str, Any] = {
        "name": f"{profile}-{mode}",
        "product": find(profile).product,
        "version": find(profile).version,
        "mode": mode,
        "kind": "simulator",
        "host": "127.0.0.1",
        "port": 0,
        "profile": profile,
        "client_ids": CLIENT_IDS,
        "concurrency": 1,
        "account": None,
    }
    return GatewaySpec(**{**plain, **changes})


@asynccontextmanager
async def up(spec: GatewaySpec) -> AsyncIterator[Subject]:
    """Have a simulated gateway for as long as the context lasts."""
    async with open_gateway(spec) as opened:
        yield of_gateway(spec, opened)


def playing(scenario: str | None = None, port: int = 0, **changes: Any) -> SimulatedGateway:
    """A simulated Gateway, not up yet."""
    return SimulatedGateway(find("gateway-10.45"), scenario=scenario, port=port, **changes)
