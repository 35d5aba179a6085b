"""Every library reads bars kept up to date, depth, past ticks, scans, news and the like as the gateway has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.shared.status import Status
from tests.checks.conftest import VERSIONS

if TYPE_CHECKING:
    from tests.checks.conftest import AskAll
    from tests.rows import LibraryRow

DATA = (
    *("head_timestamp", "historical_ticks", "kept_up_to_date_bars", "market_depth", "market_rule"),
    *("matching_symbols", "news", "pnl_single", "real_time_bars", "scanner"),
)
"""Asked in one cell, which takes a tenth of the time of ten."""


@pytest.mark.parametrize("gateway", VERSIONS)
def test_every_library_reads_them(ask_all: AskAll, row: LibraryRow, gateway: str) -> None:
    asked = [name for name in DATA if not (name == "pnl_single" and row.library == "ib_insync==0.9.70")]
    read = ask_all(asked, row, gateway)
    told = {name: (record.status, record.reason) for name, record in read.items()}
    assert told == dict.fromkeys(asked, (Status.PASS, None))
