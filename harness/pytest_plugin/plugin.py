"""Registers the fixtures ``ib_gateway`` and ``ib_gateway_factory``, their marker and their settings with pytest.

pytest imports this module in every project that has ib-compat installed. So it imports nothing else of ours, and none
of our dependencies, until a test asks for a gateway or somebody gives a setting.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.pytest_plugin.factory import Factory
    from harness.pytest_plugin.ib_gateway import IBGateway

T = TypeVar("T")

_MARKER = (
    "ib_gateway(gateway='10.45', *, mode='paper', market='moving', seed=1, clock='stepped', at=None, speed=1, "
    "fills='market', account='empty', scenario=None, day=None, port=0): how the simulated IB Gateway of this test is"
)
_INI_HELP = "settings of simulated IB Gateways for all tests, one KEY=VALUE a line; the keys are those of the marker"
_OPTION_HELP = "set a key of simulated IB Gateways for all tests that do not set it by a marker, such as gateway=10.50"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--ib-gateway`` and the ini option ``ib_gateway``."""
    group = parser.getgroup("ib-compat", "simulated IB Gateway: fixtures ib_gateway and ib_gateway_factory")
    group.addoption("--ib-gateway", action="append", default=[], metavar="KEY=VALUE", help=_OPTION_HELP)
    parser.addini("ib_gateway", type="linelist", default=[], help=_INI_HELP)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and refuse settings that are not right before any test runs."""
    config.addinivalue_line("markers", _MARKER)
    if config.getini("ib_gateway") or config.getoption("ib_gateway"):
        from harness.pytest_plugin.factory import settings_of  # noqa: PLC0415 - only where it is used

        try:
            settings_of(config)
        except ValueError as problem:
            raise pytest.UsageError(str(problem)) from None


@pytest.fixture
def ib_gateway_factory(request: pytest.FixtureRequest) -> Iterator[Factory]:
    """Start simulated IB Gateways: ``ib_gateway_factory(gateway="10.50", seed=2)``, as many as the test needs.

    What a call does not set is as the test's marker ``ib_gateway`` has it. All of them end with the test.
    """
    from harness.pytest_plugin.factory import Factory, settings_of  # noqa: PLC0415 - only where it is used

    settings = _right(lambda: settings_of(request.config, request.node))
    with ExitStack() as stack:
        yield Factory(settings, stack)


@pytest.fixture
def ib_gateway(ib_gateway_factory: Factory) -> IBGateway:
    """A live simulated IB Gateway at ``ib_gateway.host`` and ``ib_gateway.port``, which ends with the test."""
    return _right(ib_gateway_factory)


def _right(make: Callable[[], T]) -> T:
    """Return what is made; a wrong setting fails the test with a sentence, and without a traceback."""
    try:
        return make()
    except ValueError as problem:
        wrong = str(problem)
    pytest.fail(wrong, pytrace=False)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say which settings hold for all tests, if there are any."""
    given: list[Any] = [*config.getini("ib_gateway"), *config.getoption("ib_gateway")]
    return f"ib_gateway: {', '.join(given)}" if given else None
