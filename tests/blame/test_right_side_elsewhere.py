"""The same at the addresses of gateways that somebody else might run, and by Pythons without data of time zones."""

from __future__ import annotations

import pytest

from tests.blame.test_right_side import (
    ADDRESSED,
    ZONELESS,
    Meet,
    met,  # noqa: F401 - a fixture
    wrong_sides,
)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("kind", "fault"), [*(("address", fault) for fault in ADDRESSED), *(("no zone data", fault) for fault in ZONELESS)]
)
def test_elsewhere_the_side_is_right_or_unknown_too(kind: str, fault: str, met: Meet) -> None:  # noqa: F811
    assert wrong_sides(fault, kind, met) == set()
