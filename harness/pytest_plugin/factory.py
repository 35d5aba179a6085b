"""Starts the simulated IB Gateways of one test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

import pytest

from harness.pytest_plugin.gateway_thread import GatewayThread
from harness.pytest_plugin.ib_gateway import IBGateway
from harness.pytest_plugin.settings import pairs, settings
from harness.pytest_plugin.simulated import simulated
from harness.shared.errors import IbCompatError

MARKER = "@pytest.mark.ib_gateway"

Given = tuple[str, Mapping[str, object]]
"""Who sets something, in words, and what."""


def settings_of(config: pytest.Config, node: pytest.Item | None = None) -> Sequence[Given]:
    """Return what configuration and command line set, and the markers of a test, those nearest to it last.

    Raises:
        ValueError: something of it is not right; the text says where, key, value, and what was expected.
    """
    given: list[Given] = [
        ("ini option ib_gateway", pairs(config.getini("ib_gateway"), "ini option ib_gateway")),
        ("--ib-gateway", pairs(config.getoption("ib_gateway"), "--ib-gateway")),
    ]
    markers = [] if node is None else list(node.iter_markers("ib_gateway"))
    given += [(MARKER, _of_marker(marker)) for marker in reversed(markers)]
    settings(given)
    return given


def _of_marker(marker: pytest.Mark) -> Mapping[str, object]:
    if len(marker.args) > 1:
        raise ValueError(f"{MARKER}: {marker.args!r}: expected the gateway's version alone, and all else as KEY=VALUE")
    named = {"gateway": marker.args[0]} if marker.args else {}
    if named and "gateway" in marker.kwargs:
        raise ValueError(
            f"{MARKER}: gateway={marker.kwargs['gateway']!r}: expected it once; there is {marker.args[0]!r}"
        )
    return {**named, **marker.kwargs}


class Factory:
    """Starts gateways when it is called; see the fixture ``ib_gateway_factory``.

    Args:
        given: what is set for the test.
        stack: ends them.
    """

    def __init__(self, given: Sequence[Given], stack: ExitStack) -> None:
        self._given = given
        self._stack = stack

    def __call__(self, gateway: str | None = None, **keys: object) -> IBGateway:
        """Start a gateway.

        Args:
            gateway: its version, such as ``10.50``.
            keys: those of the marker ``ib_gateway``.

        Raises:
            ValueError: a key or a value is not right, or the port is in use.
        """
        own = keys if gateway is None else {"gateway": gateway, **keys}
        wanted = settings([*self._given, ("ib_gateway_factory", own)])
        try:
            thread = self._stack.enter_context(GatewayThread(lambda: simulated(wanted)))
        except IbCompatError as problem:
            raise ValueError(f"{problem}; {problem.hint}" if problem.hint else str(problem)) from problem
        return IBGateway(thread)
