"""Real libraries at every fault, once by kind of gateway: what they met is the evidence that tests then take from."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.gateways.simulator.gateway_profiles import find as profile
from harness.gateways.simulator.server import SimulatedGateway
from harness.plan.build_plan import build_plan
from harness.plan.matrix.load import load_matrix
from harness.plan.plan_model import PlannedCell
from harness.run.scheduler import execute
from harness.shared.evidence import CellOutcome, GatewayOutcome
from tests.run.fakes import Recorder

VERSION = "10.45"
CHECKS = (
    *("account_summary", "account_updates", "completed_orders", "current_time", "executions", "open_orders"),
    *("positions", "reconnect", "second_client"),
)
"""What every gateway is asked."""

MORE = ("account_updates_multi", "contract_details", "historical_bars", "option_chain", "snapshot_quote")
"""What those of ours are asked, too: a real one is asked for the same bars but once in fifteen seconds."""

ROWS = frozenset({"ib_async==2.1.0", "ib_insync==0.9.86", "nautilus-ibapi==10.45.1"})
"""The libraries, as rows begin."""

LIBRARIES = """
[defaults]
pythons = ["host"]
checks = [{checks}]
request_timeout = 2.0

[[library]]
adapter = "ib_async"
versions = ["2.1.0"]

[[library]]
adapter = "ib_insync"
versions = ["0.9.86"]

[[library]]
adapter = "ibapi"
distribution = "nautilus-ibapi"
versions = ["10.45.1"]
extra = ["protobuf>=5.29.5"]
"""
GATEWAY = """
[[gateway]]
name = "{name}"
product = "gateway"
version = "{version}"
{more}
"""


@dataclass(frozen=True)
class Met:
    """A cell, with all that was seen of it and of its gateway."""

    cell: PlannedCell
    outcome: CellOutcome
    gateway: GatewayOutcome


Recorded = dict[tuple[str, str], list[Met]]
"""Cells by fault and kind of gateway."""


@contextmanager
def _elsewhere(faults: tuple[str, ...]) -> Iterator[dict[str, int]]:
    """Have gateways in a loop of their own, as somebody else's would be; gives their ports."""
    up: Future[dict[str, int]] = Future()
    loop, over = asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        async with AsyncExitStack() as stack:
            played = {name: SimulatedGateway(profile(f"gateway-{VERSION}"), scenario=name) for name in faults}
            for each in played.values():
                await stack.enter_async_context(each)
            up.set_result({name: each.port for name, each in played.items()})
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        yield up.result(60)
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


def simulated(faults: Sequence[str], environments: Path, folder: Path) -> Recorded:
    """Run every library at gateways of ours, one for each fault."""
    more = [(f"simulator.{name}", f'kind = "simulator"\nscenario = "{name}"') for name in faults]
    return _recorded(more, (*CHECKS, *MORE), environments, folder)


def addressed(faults: Sequence[str], environments: Path, folder: Path) -> Recorded:
    """Run every library at gateways that somebody else might run, one for each fault."""
    with _elsewhere(tuple(faults)) as ports:
        more = [
            (f"address.{name}", f'kind = "address"\nhost = "127.0.0.1"\nport = {port}\nmode = "paper"')
            for name, port in ports.items()
        ]
        return _recorded(more, CHECKS, environments, folder)


def _recorded(gateways: Iterable[tuple[str, str]], checks: Iterable[str], environments: Path, folder: Path) -> Recorded:
    """Run the product once; gives its cells by fault and kind of gateway."""
    text = LIBRARIES.format(checks=", ".join(f'"{each}"' for each in checks))
    text += "".join(GATEWAY.format(name=name, version=VERSION, more=more) for name, more in gateways)
    folder.mkdir(exist_ok=True)
    file = folder / "faults.toml"
    file.write_text(text, encoding="utf-8")
    plan = build_plan(load_matrix(file))
    seen = execute(plan, environments, folder, Recorder())
    outcomes = {each.cell: each for each in seen.outcomes}
    met_there = {each.name: each for each in seen.gateways}
    met: Recorded = {}
    for cell in plan.asked:
        kind, _, name = cell.gateway.name.partition(".")
        if cell.id in outcomes:
            one = Met(cell, outcomes[cell.id], met_there[cell.gateway.name])
            met.setdefault((name, kind), []).append(one)
    return met
