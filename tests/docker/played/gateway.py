"""The Gateway itself: ours."""

from __future__ import annotations

from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.server import SimulatedGateway
from harness.known.scenarios import Behaviour
from tests.docker.played.contract import PORTS, Login


def gateway(login: Login, scenario: str | None) -> SimulatedGateway:
    """Return the gateway of a login, on the port where the real one listens.

    One whose setting was never touched is read-only, as IBKR delivers it.
    """
    port, _ = PORTS[login.mode]
    behaviour = Behaviour() if login.read_only is False else Behaviour(read_only=True)
    return SimulatedGateway(find(login.profile), mode=login.mode, port=port, scenario=scenario, behaviour=behaviour)
