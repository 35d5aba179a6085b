"""Connect times by library version and by gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.views.page.page_table import table_of
from harness.views.page.write import by_column, by_row
from tests.views.page.making import results

if TYPE_CHECKING:
    from tests.conftest import Maker


def test_of_a_library_version_from_its_fastest_to_its_slowest_square(make: Maker) -> None:
    first = by_row(table_of(results(make)))[0]
    assert first.name == "ib_async 2.1.0 py3.10"
    assert (first.fastest, first.median, first.slowest) == pytest.approx((0.006, 0.012, 0.018))


def test_a_square_that_did_not_connect_has_no_time(make: Maker) -> None:
    tws = by_column(table_of(results(make)))[2]
    assert tws.name == "tws-10.37-paper"
    assert (len(tws.seconds), tws.without) == (4, 1)
