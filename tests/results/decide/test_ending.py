"""Nobody upgrades safely to a gateway that IBKR is known to end."""

from __future__ import annotations

import pytest

from harness.known.gateway_versions import end_of
from harness.results.decide.row_judging import Required, Standing
from harness.views.terminal.style import Style
from harness.views.terminal.upgrade_page import draw_upgrade, headline
from tests.conftest import ENDED
from tests.results.decide.making import ALL, MATRIX, Making, making, upgraded

__all__ = ["making"]

ENDING = "gateway-10.45-paper"
SAME = MATRIX.replace('version = "10.50"\nkind', 'version = "10.45"\nkind')


@pytest.mark.parametrize(
    ("wanted", "standing"),
    [
        (ALL, Standing.BREAKS),
        (Required(allowed=frozenset({"positions"})), Standing.BREAKS),
        (Required(allowed=frozenset({"desupport_notice"})), Standing.WORKS),
        (Required(named=frozenset({"positions"})), Standing.WORKS),
        (Required(named=frozenset({"desupport_notice"})), Standing.BREAKS),
    ],
)
def test_it_is_not_safe_unless_the_user_does_not_mind(making: Making, wanted: Required, standing: Standing) -> None:
    upgrade = upgraded(making.evidence(making.run(matrix=SAME)), after=ENDING, wanted=wanted)
    assert upgrade.standing is standing


def test_day_minimum_and_source_are_told(making: Making) -> None:
    end = end_of("10.45")
    upgrade = upgraded(making.evidence(making.run(matrix=SAME)), after=ENDING)
    page = draw_upgrade(upgrade, now=ENDED, width=2000, style=Style())
    assert end is not None
    assert f"{ENDING} ends on {end.day}" in headline(upgrade)
    assert f"{end.minimum} or newer works then (source: {end.source}; seen {end.seen})" in page
