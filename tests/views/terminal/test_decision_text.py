"""When a gateway's support ends, in words."""

from __future__ import annotations

from datetime import date

import pytest

from harness.results.results_model import DesupportInfo
from harness.views.terminal.decision_text import desupport_line


@pytest.mark.parametrize(
    ("today", "when"),
    [
        (date(2026, 12, 13), "in 2 days"),
        (date(2026, 12, 14), "in 1 day"),
        (date(2026, 12, 15), "today"),
        (date(2026, 12, 16), "1 day ago"),
        (date(2026, 12, 17), "2 days ago"),
    ],
)
def test_days_are_counted(today: date, when: str) -> None:
    notice = DesupportInfo(version="10.45", date="2026-12-15", minimum="1050.1")

    said = desupport_line("gateway-10.45-paper", notice, today)

    assert said == f"gateway-10.45-paper: stops working on 2026-12-15 ({when}); 1050.1 or newer works then"
