"""Makes the simulated gateway that settings describe."""

from __future__ import annotations

from harness.gateways.simulator.days import files as days
from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.server import SimulatedGateway
from harness.gateways.simulator.timing import FastTime, SteppedTime, Timing
from harness.pytest_plugin.settings import BEGINS, STEPPED, Settings


def simulated(wanted: Settings) -> SimulatedGateway:
    """Return the gateway that settings describe; it does not listen yet."""
    gateway = SimulatedGateway(
        find(wanted.gateway),
        mode=wanted.mode,
        port=wanted.port,
        scenario=wanted.scenario,
        timing=_timing(wanted),
        day=None if wanted.day is None else days.find(wanted.day),
        seed=wanted.seed if wanted.market == "moving" else None,
        fresh=wanted.account == "empty",
        patient=True,  # its client may not be able to read while the test lets hours pass
    )
    gateway.desk.by_hand = wanted.fills == "by hand"
    return gateway


def _timing(wanted: Settings) -> Timing:
    if wanted.clock == STEPPED:
        return SteppedTime((wanted.at or BEGINS).timestamp())
    return FastTime(None if wanted.at is None else wanted.at.timestamp(), wanted.speed)
